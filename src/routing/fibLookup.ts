import {
  type Fib,
  FibAction,
  FibError,
  FibKey,
  FibNexthop,
  FibResult,
  FibRoute,
  FibRule,
  FibType,
  NexthopFlag,
  RIF_ANY,
} from '../tables/fib.js';
import { CANDIDATE_WORDS, MAX_CANDIDATES, trieCandidates } from './routeTrie.js';
import { classEntryFrom, ruleClassOf } from './ruleClasses.js';
import { ruleMatches, TOS_BITS } from './rulesMatch.js';

/** Results of the prefixes that cover a destination; one look-up of a thread ends before the next begins. */
const candidates = new Int32Array(CANDIDATE_WORDS);

/** Group of `lo` and of interfaces without one. */
const DEFAULT_GROUP = 0;

/**
 * Where a packet goes, as Linux 6.18 decides it (fib_rules_lookup): rules in order; the first whose table answers decides. Returns
 * the row of a route, whose type may refuse the packet, or a FibError. `result` says which rule and which way; of a multipath
 * route it is the first usable way (multipath.ts chooses).
 */
export function fibLookup(fib: Fib, key: Int32Array, result: Int32Array): number {
  return fibLookupFrom(fib, 0, key, result);
}

/** The same from the rule in row `firstRule` on: what is before it has answered already that it does not decide. */
export function fibLookupFrom(fib: Fib, firstRule: number, key: Int32Array, result: Int32Array): number {
  result[FibResult.Bits] = 0;
  const rules = fib.rules;
  const lists = fib.classLists;
  const list = ruleClassOf(fib.classTrie, key);
  const end = list + 1 + lists[list]!;
  let entry = firstRule === 0 ? list + 1 : classEntryFrom(lists, list, firstRule);
  while (entry < end) {
    const rule = lists[entry]! * FibRule.Words;
    entry++;
    if (!ruleMatches(rules, rule, key)) continue;
    const action = rules[rule + FibRule.Action]!;
    if (action === FibAction.Goto) {
      const target = rules[rule + FibRule.Target]!;
      // The target is compared like any other rule, and what follows it is next. A rule that is not in the list would not match.
      if (target >= 0) entry = classEntryFrom(lists, list, target);
      continue;
    }
    if (action === FibAction.Nop) continue;
    const found = act(fib, rule, action, key, result);
    if (found === FibError.None) continue;
    result[FibResult.Rule] = (rule / FibRule.Words) | 0;
    return found;
  }
  forget(result);
  return FibError.None;
}

/** What a rule that matches decides; FibError.None: nothing, the next rule is asked. */
function act(fib: Fib, rule: number, action: number, key: Int32Array, result: Int32Array): number {
  const rules = fib.rules;
  if (action !== FibAction.Lookup && action !== FibAction.Nat) {
    forget(result);
    if (action === FibAction.Unreachable) return FibError.Unreachable;
    return action === FibAction.Prohibit ? FibError.Prohibit : FibError.Blackhole;
  }
  const found = fibTableLookup(fib, rules[rule + FibRule.Table]!, key, result);
  if (found < 0 || suppressed(fib, rule, found)) return FibError.None;
  if (action === FibAction.Nat) {
    const mask = rules[rule + FibRule.FromMask]!;
    result[FibResult.NatAddress] = (rules[rule + FibRule.NatAddress]! & mask) | (key[FibKey.Source]! & ~mask);
    result[FibResult.NatMask] = mask;
  }
  return found;
}

/** fib4_rule_suppress: asked of routes that lead somewhere only, not of those that refuse. */
function suppressed(fib: Fib, rule: number, route: number): boolean {
  const routes = fib.routes;
  const at = route * FibRoute.Words;
  const type = routes[at + FibRoute.Type]!;
  if (type === FibType.Blackhole || type === FibType.Unreachable || type === FibType.Prohibit) return false;
  if (routes[at + FibRoute.Length]! <= fib.rules[rule + FibRule.SuppressLength]!) return true;
  const group = fib.rules[rule + FibRule.SuppressGroup]!;
  if (group < 0 || routes[at + FibRoute.Nexthops] === 0) return false;
  // Of several ways the kernel looks at the first.
  const rif = fib.nexthops[routes[at + FibRoute.Nexthop]! * FibNexthop.Words + FibNexthop.Rif]!;
  return (rif < 0 ? DEFAULT_GROUP : fib.groups[rif]!) === group;
}

/**
 * Look-up in one table, by its index in Fib.roots (fib_table_lookup): the longest prefix with a route that is for this tos and
 * scope and has a usable way; a route that refuses ends it. FibError.None: there is none, or a `throw` says so.
 */
export function fibTableLookup(fib: Fib, table: number, key: Int32Array, result: Int32Array): number {
  forget(result);
  const routes = fib.routes;
  const tos = key[FibKey.Tos]! & TOS_BITS;
  const count = trieCandidates(fib.nodes, fib.roots[table]!, key[FibKey.Destination]!, candidates);
  result[FibResult.Bits] = Math.max(result[FibResult.Bits]!, candidates[MAX_CANDIDATES]!);
  for (let i = count - 1; i >= 0; i--) {
    for (let route = candidates[i]!; route >= 0; route = routes[route * FibRoute.Words + FibRoute.Next]! - 1) {
      const at = route * FibRoute.Words;
      const wanted = routes[at + FibRoute.Tos]!;
      if (wanted !== 0 && wanted !== tos) continue;
      if (routes[at + FibRoute.Scope]! < key[FibKey.Scope]!) continue;
      const type = routes[at + FibRoute.Type]!;
      if (type === FibType.Throw) return FibError.None;
      if (type === FibType.Blackhole || type === FibType.Unreachable || type === FibType.Prohibit) return route;
      const way = firstUsable(fib, at, key[FibKey.Oif]!);
      if (way < 0) continue;
      result[FibResult.Nexthop] = way;
      return route;
    }
  }
  return FibError.None;
}

/** Row of the first way of the route at `at` that is up and, unless any will do, out of `oif`; -1 = none (fib_lookup_good_nhc). */
function firstUsable(fib: Fib, at: number, oif: number): number {
  const first = fib.routes[at + FibRoute.Nexthop]!;
  const end = first + fib.routes[at + FibRoute.Nexthops]!;
  for (let way = first; way < end; way++) {
    const words = way * FibNexthop.Words;
    if (!wayUsable(fib, words)) continue;
    if (oif === RIF_ANY || fib.nexthops[words + FibNexthop.Rif] === oif) return way;
  }
  return -1;
}

/** Whether the way in the words from `words` on is up, as far as main knows. */
export function wayUsable(fib: Fib, words: number): boolean {
  const flags = Atomics.load(fib.nexthops, words + FibNexthop.Flags);
  if ((flags & NexthopFlag.Dead) !== 0) return false;
  return !fib.ignoreLinkdown || (flags & NexthopFlag.Linkdown) === 0;
}

function forget(result: Int32Array): void {
  result[FibResult.Rule] = -1;
  result[FibResult.Nexthop] = -1;
  result[FibResult.NatAddress] = 0;
  result[FibResult.NatMask] = 0;
}
