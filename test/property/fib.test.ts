import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RuleConfig } from '../../src/config/routingConfig.js';
import { compileRules } from '../../src/control/routing/compileRules.js';
import { FibStore } from '../../src/control/routing/fibStore.js';
import type { FibRouteSpec } from '../../src/control/routing/routeSpec.js';
import { fibLookup } from '../../src/routing/fibLookup.js';
import { type Fib, FibResult, FibRoute, FibRule, FibType, RIF_ANY } from '../../src/tables/fib.js';
import { Random } from '../../src/tables/hash.js';
import { maskOf, wireOrder } from '../../src/types/ipv4.js';
import { type FibModel, key, modelLookup, route, rule, way } from '../support/fibModel.js';
import { SEED } from './seed.js';

const random = new Random({ k0: SEED, k1: 7 });
const below = (n: number): number => (random.next() >>> 0) % n;
const pick = <T>(list: readonly T[]): T => list[below(list.length)]!;
const often = (percent: number): boolean => below(100) < percent;

const RIFS = new Map([
  ['a', 0],
  ['b', 1],
  ['c', 2],
]);
const GROUPS = [0, 5, 9];
const TABLES = [254, 255, 1, 4_000_000_000, 77];

/** Addresses that lie close together, so that prefixes cover and meet them. */
function address(): number {
  return wireOrder(
    (pick([0x0a00_0000, 0x0a00_8000, 0x0a01_0000, 0xc0a8_0000, 0, 0xffff_ff00]) | below(pick([2, 16, 300, 70_000]))) >>> 0,
  );
}

function someRule(): RuleConfig {
  const from = pick([0, 8, 15, 16, 24, 30, 31, 32]);
  const to = below(33);
  const priority = 1 + below(20);
  return rule(priority, {
    not: often(10),
    from: often(60) ? { address: address() as never, mask: maskOf(from), length: from } : undefined,
    to: often(15) ? { address: address() as never, mask: maskOf(to), length: to } : undefined,
    tos: often(10) ? pick([0, 4, 8, 16, 28]) : undefined,
    dscp: often(5) ? { value: below(64), mask: pick([63, 1, 32]) } : undefined,
    iif: often(15) ? pick(['a', 'b', 'lo', 'nobody']) : undefined,
    oif: often(5) ? pick(['a', 'b', 'nobody']) : undefined,
    mark: often(10) ? { value: below(4), mask: pick([1, 3, -1, 0]) } : undefined,
    ipProtocol: often(10) ? pick([6, 17]) : undefined,
    sport: often(8)
      ? pick([
          { low: 1, high: 3 },
          { value: 2, mask: 0xfffe },
          { value: 0xffff, mask: 0xffff },
        ])
      : undefined,
    dport: often(8)
      ? pick([
          { low: 2, high: 2 },
          { low: 1, high: 65_535 },
          { value: 1, mask: 1 },
        ])
      : undefined,
    uids: often(5)
      ? pick([
          { low: 0, high: 0 },
          { low: 1, high: 4_294_967_294 },
        ])
      : undefined,
    tunnelId: often(4) ? pick([1n, 0x8000_0000_0000_0001n]) : undefined,
    action: often(60)
      ? { type: 'lookup', table: pick(TABLES) }
      : pick<RuleConfig['action']>([
          { type: 'goto', priority: priority + 1 + below(8) },
          { type: 'nop' },
          { type: 'unreachable' },
          { type: 'prohibit' },
          { type: 'blackhole' },
          { type: 'nat', address: address() as never, table: pick(TABLES) },
        ]),
    suppressPrefixLength: often(10) ? below(33) : undefined,
    suppressGroup: often(10) ? pick([0, 5, 9]) : undefined,
  });
}

function someRoute(): FibRouteSpec {
  const type = often(80)
    ? FibType.Unicast
    : pick([FibType.Local, FibType.Blackhole, FibType.Unreachable, FibType.Prohibit, FibType.Throw]);
  const refuses = [FibType.Blackhole, FibType.Unreachable, FibType.Prohibit, FibType.Throw].includes(type);
  const ways = Array.from({ length: pick([1, 1, 1, 2, 3]) }, () => way(below(3), often(50) ? address() : 0, 1 + below(3)));
  return route(address(), pick([0, 1, 3, 4, 7, 8, 12, 15, 16, 17, 22, 24, 25, 28, 29, 30, 31, 32]), {
    table: pick(TABLES),
    type,
    tos: often(15) ? pick([4, 8, 16, 0xb8]) : 0,
    metric: often(30) ? pick([1, 2, 4_294_967_295]) : 0,
    scope: pick([0, 0, 253, 254]),
    flags: often(10) ? 2 : 0,
    ways: refuses ? [] : ways,
  });
}

function someKey(): Int32Array {
  return key({
    source: address(),
    destination: address(),
    tos: often(40) ? below(256) : 0,
    iif: pick([0, 1, 2, -1]),
    oif: often(10) ? pick([0, 1, 2]) : RIF_ANY,
    mark: below(5),
    protocol: pick([0, 1, 6, 17]),
    sport: pick([-1, 1, 2, 3, 65_535]),
    dport: pick([-1, 1, 2, 80]),
    scope: often(10) ? 253 : 0,
    uid: pick([0, 0, 1000]),
    tunnelLow: below(3),
    tunnelHigh: pick([0, 0, 0x8000_0000 | 0]),
  });
}

/** What the compiled tables answer, in the model's words. */
function said(fib: Fib, k: Int32Array): Record<string, number | undefined> {
  const result = new Int32Array(FibResult.Words);
  const found = fibLookup(fib, k, result);
  const rule = result[FibResult.Rule]!;
  const common = { priority: rule < 0 ? undefined : fib.rules[rule * FibRule.Words + FibRule.Priority]! };
  if (found < 0) return { ...common, error: found };
  const at = found * FibRoute.Words;
  return {
    ...common,
    table: fib.routes[at + FibRoute.Table]! >>> 0,
    destination: fib.routes[at + FibRoute.Destination],
    length: fib.routes[at + FibRoute.Length],
    tos: fib.routes[at + FibRoute.Tos],
    metric: fib.routes[at + FibRoute.Metric]! >>> 0,
    type: fib.routes[at + FibRoute.Type],
    scope: fib.routes[at + FibRoute.Scope],
    ways: fib.routes[at + FibRoute.Nexthops],
    way: result[FibResult.Nexthop]! < 0 ? undefined : result[FibResult.Nexthop]! - fib.routes[at + FibRoute.Nexthop]!,
    source: result[FibResult.NatMask] === 0 ? undefined : result[FibResult.NatAddress],
  };
}

function expected(model: FibModel, k: Int32Array): Record<string, number | undefined> {
  const { error, route: r, priority, way: chosen, source } = modelLookup(model, k);
  if (error !== undefined) return { priority, error };
  const { table, destination, length, tos, metric, type, scope, ways } = r!;
  return { priority, table, destination, length, tos, metric, type, scope, ways: ways.length, way: chosen, source };
}

test(`F75 F76 look-ups answer as plain lists do while routes, rules and links change; snapshots in use stay as they were, seed ${SEED}`, () => {
  let lookups = 0;
  for (let world = 0; lookups < 50_000; world++) {
    const store = new FibStore();
    let routes: FibRouteSpec[] = [];
    let rules: RuleConfig[] = [];
    let links = new Map<number, { dead: boolean; linkdown: boolean }>();
    let ignoreLinkdown = true;
    /** Snapshots some worker may still use, with what they should answer. */
    let used: { fib: Fib; model: FibModel; generation: number }[] = [];
    for (let step = 0; step < 25; step++) {
      if (often(30)) {
        rules = Array.from({ length: pick([1, 5, 40]) }, someRule);
        store.setRules(compileRules(rules, RIFS, (table) => store.tableIndex(table)));
      } else if (step === 0) store.setRules(compileRules(rules, RIFS, (table) => store.tableIndex(table)));
      if (step === 0 || often(10)) ignoreLinkdown = often(50);
      store.setSettings({ groups: Int32Array.from(GROUPS), policy: 0, ignoreLinkdown });
      if (often(15)) {
        routes = routes.filter(() => often(70)).concat(Array.from({ length: below(60) }, someRoute));
        store.replaceAll(routes);
      } else
        for (let i = below(40); i > 0; i--) {
          if (routes.length > 0 && often(45)) {
            const gone = pick(routes);
            assert.ok(store.remove(gone));
            const first = routes.findIndex((other) => same(other, gone));
            routes = routes.filter((_, j) => j !== first);
          } else {
            const added = someRoute();
            store.add(added);
            routes.push(added);
          }
        }
      assert.equal(store.size, routes.length);
      const generationBefore = store.generation;
      const fib = store.snapshot();
      if (store.generation !== generationBefore)
        used.push({
          fib,
          generation: store.generation,
          model: { rules, routes: [...routes], rifs: RIFS, groups: GROUPS, ignoreLinkdown, links },
        });
      if (often(20)) {
        // In place, in all snapshots: their models see it at once.
        const state = { dead: often(40), linkdown: often(40) };
        const rif = below(3);
        links = new Map(links).set(rif, state);
        store.setLink(rif, state);
        used = used.map((one) => ({ ...one, model: { ...one.model, links } }));
      }
      if (used.length > 3 || often(30)) {
        const keep = below(used.length);
        used = used.slice(keep);
        store.retire(used[0]!.generation);
      }
      for (const { fib: old, model } of used)
        for (let i = 0; i < 20; i++) {
          const k = someKey();
          assert.deepEqual(said(old, k), expected(model, k), `world ${world}, step ${step}`);
          lookups++;
        }
    }
  }
});

function same(a: FibRouteSpec, b: FibRouteSpec): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
