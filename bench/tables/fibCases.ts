/** What the tables bench measures of policy routing: look-ups by numbers of rules and routes, and adding one route to many. */
import { DEFAULT_RULES, type RuleConfig } from '../../src/config/routingConfig.js';
import { compileRules } from '../../src/control/routing/compileRules.js';
import { FibStore } from '../../src/control/routing/fibStore.js';
import type { FibRouteSpec } from '../../src/control/routing/routeSpec.js';
import { fibLookup } from '../../src/routing/fibLookup.js';
import { type Fib, FibKey, FibResult, FibType, MultipathPolicy, RIF_ANY } from '../../src/tables/fib.js';
import { maskOf, wireOrder } from '../../src/types/ipv4.js';
import type { TableCase } from './cases.js';

/** Next hops that the routes share. */
const GATEWAYS = 64;
const TABLE_OF_RULES = 1000;

export function fibCases(): TableCase[] {
  return [
    ...[10, 1000, 10_000].flatMap((rules) => [
      lookupCase(`policy look-up, ${rules} rules by source`, storeOf(10_000, rules, true)),
      lookupCase(`policy look-up, ${rules} rules by mark`, storeOf(10_000, rules, false), rules < 1000 ? 1 : rules / 10),
    ]),
    lookupCase('policy look-up, 3 rules, 10 k routes', storeOf(10_000, 0, true)),
    ...largeCases(),
  ];
}

/** One table of a million routes for all three: it takes some seconds to make. */
function largeCases(): TableCase[] {
  const store = storeOf(1_000_000, 0, true);
  const name = `1 M routes of ${(store.octets / store.size).toFixed(0)} octets`;
  let added = 0;
  const change = (): Fib => {
    const spec = routeAt(1_000_000 + (added >> 1));
    if ((added++ & 1) === 0) store.add(spec);
    else store.remove(spec);
    const fib = store.snapshot();
    store.retire(store.generation);
    return fib;
  };
  const adopted: { fib: Fib } = { fib: store.snapshot() };
  const snapshots: Fib[] = [];
  return [
    lookupCase(`policy look-up, 3 rules, ${name}`, store),
    {
      name: 'add or remove one of 1 M routes, with the snapshot: main',
      fewer: 256,
      run: (count) => {
        let sum = 0;
        for (let i = 0; i < count; i++) sum += change().roots.length;
        return sum;
      },
    },
    {
      name: 'the same: worker, taking over references and one look-up',
      fewer: 256,
      prepare: (count) => {
        snapshots.length = 0;
        for (let i = 0; i < count; i++) {
          const spec = routeAt(1_000_000 + i);
          store.add(spec);
          snapshots.push(store.snapshot());
          store.remove(spec);
        }
        store.snapshot();
        store.retire(store.generation);
      },
      run: (count) => {
        let sum = 0;
        for (let i = 0; i < count; i++) {
          adopted.fib = snapshots[i]!;
          sum = (sum + lookup(adopted.fib, i)) | 0;
        }
        return sum;
      },
    },
  ];
}

const key = new Int32Array(FibKey.Words);
const result = new Int32Array(FibResult.Words);

/** Source and destination differ from one to the next; every destination has a route. */
function lookup(fib: Fib, i: number): number {
  const mixed = Math.imul(i, 0x9e37_79b1);
  key[FibKey.Source] = wireOrder((0x0a00_0000 | (mixed >>> 16)) >>> 0);
  key[FibKey.Destination] = mixed ^ (mixed >>> 15);
  return fibLookup(fib, key, result);
}

function lookupCase(name: string, store: FibStore, fewer = 1): TableCase {
  key[FibKey.Oif] = RIF_ANY;
  const fib = store.snapshot();
  return {
    name,
    fewer,
    run: (count) => {
      let sum = 0;
      for (let i = 0; i < count; i++) sum = (sum + lookup(fib, i)) | 0;
      return sum;
    },
  };
}

/** Routes in main, with a default route; `rules` before the usual ones, each with a table of one route that does not fit. */
function storeOf(routes: number, rules: number, bySource: boolean): FibStore {
  const store = new FibStore();
  store.add({ ...routeAt(0), destination: 0, length: 0 });
  for (let i = 1; i < routes; i++) store.add(routeAt(i));
  const before = Array.from({ length: rules }, (_, i): RuleConfig => {
    const from = { address: wireOrder(0x0a00_0000 + i), mask: maskOf(32), length: 32 };
    const selector = bySource ? { from } : { mark: { value: i + 1, mask: -1 } };
    return { ...DEFAULT_RULES[1]!, ...selector, priority: i + 1, action: { type: 'lookup', table: TABLE_OF_RULES } };
  });
  store.setRules(compileRules([...DEFAULT_RULES, ...before], new Map(), (table) => store.tableIndex(table)));
  store.setSettings({ groups: new Int32Array(1), policy: MultipathPolicy.Addresses, ignoreLinkdown: true });
  return store;
}

/** A /24 mostly, as in tables of the Internet, all different up to 2^24 of them; every eighth is shorter or longer. */
function routeAt(i: number): FibRouteSpec {
  const length = i % 8 === 0 ? 16 + ((i >> 3) % 17) : 24;
  const gateway = wireOrder(0x0a00_0001 + (i % GATEWAYS));
  return {
    table: 254,
    destination: wireOrder((Math.imul(i, 0x9e_3779) << 8) >>> 0) & maskOf(length),
    length,
    type: FibType.Unicast,
    tos: 0,
    metric: i,
    scope: 0,
    source: 0,
    mtu: 0,
    mtuLocked: false,
    flags: 0,
    pool: 0,
    ways: [{ rif: 0, gateway, weight: 1, onlink: false, scope: 253 }],
  };
}
