import type { RuleConfig } from '../../src/config/config.js';
import { compileRules } from '../../src/control/routing/compileRules.js';
import { FibStore } from '../../src/control/routing/fibStore.js';
import type { FibRouteSpec } from '../../src/control/routing/routeSpec.js';
import { fibLookup } from '../../src/routing/fibLookup.js';
import { type Fib, FibError, FibNexthop, FibResult, FibRoute, FibRule, MultipathPolicy } from '../../src/tables/fib.js';
import { formatIpv4, type Prefix, parsePrefix } from '../../src/types/ipv4.js';
import { key, route } from './fibModel.js';
import { wireIp } from './octets.js';

/** Router interfaces of these tests by name. */
export const RIFS = new Map([
  ['a', 0],
  ['b', 1],
  ['c', 2],
]);
/** Their groups. */
const GROUPS = [0, 5, 9];

export function prefix(text: string): Prefix {
  const parsed = parsePrefix(text, true);
  if (!('value' in parsed)) throw new Error(text);
  return parsed.value;
}

/** A route by the text of its prefix. */
export function routeTo(to: string, over: Partial<FibRouteSpec> = {}): FibRouteSpec {
  const { address, length } = prefix(to);
  return route(address, length, over);
}

export function storeOf(rules: readonly RuleConfig[], routes: readonly FibRouteSpec[], ignoreLinkdown = true): FibStore {
  const store = new FibStore();
  for (const one of routes) store.add(one);
  store.setRules(compileRules(rules, RIFS, (table) => store.tableIndex(table)));
  store.setSettings({ groups: Int32Array.from(GROUPS), policy: MultipathPolicy.Addresses, ignoreLinkdown });
  return store;
}

type KeyWords = Omit<NonNullable<Parameters<typeof key>[0]>, 'source' | 'destination'>;

/** What a look-up from one address to another says: the rule that decided and the route, or why there is none. */
export function ask(fib: Fib, source: string, destination: string, over: KeyWords = {}): string {
  const result = new Int32Array(FibResult.Words);
  const found = fibLookup(fib, key({ ...over, source: wireIp(source), destination: wireIp(destination) }), result);
  const by =
    result[FibResult.Rule]! < 0 ? '' : `${fib.rules[result[FibResult.Rule]! * FibRule.Words + FibRule.Priority]! >>> 0}: `;
  if (found < 0) return by + errors[found as FibError];
  const at = found * FibRoute.Words;
  const way = result[FibResult.Nexthop]!;
  const words = [
    types[fib.routes[at + FibRoute.Type]!]!,
    `${formatIpv4(fib.routes[at + FibRoute.Destination]! as never)}/${fib.routes[at + FibRoute.Length]}`,
  ];
  if (way >= 0) {
    const gateway = fib.nexthops[way * FibNexthop.Words + FibNexthop.Gateway]!;
    if (gateway !== 0) words.push(`via ${formatIpv4(gateway as never)}`);
    words.push(`dev ${[...RIFS.keys()][fib.nexthops[way * FibNexthop.Words + FibNexthop.Rif]!] ?? 'lo'}`);
  }
  if (result[FibResult.NatMask] !== 0) words.push(`nat ${formatIpv4(result[FibResult.NatAddress]! as never)}`);
  return by + words.join(' ');
}

const errors: Readonly<Partial<Record<FibError, string>>> = {
  [FibError.None]: 'none',
  [FibError.Unreachable]: 'unreachable',
  [FibError.Prohibit]: 'prohibit',
  [FibError.Blackhole]: 'blackhole',
};
const types: Readonly<Record<number, string>> = {
  1: 'unicast',
  2: 'local',
  3: 'broadcast',
  5: 'multicast',
  6: 'blackhole',
  7: 'unreachable',
  8: 'prohibit',
};
