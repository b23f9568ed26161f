import { formatPrefix } from '../types/ipv4.js';
import type { Path } from './issues.js';
import type { Placed } from './placed.js';
import type { RuleConfig } from './routingConfig.js';

/** A rule that the kernel would refuse with EEXIST, and the one it means. */
export interface Twin {
  readonly path: Path;
  readonly before: Path;
}

/**
 * Rules that are there already (rule_exists and fib4_rule_compare of the kernel): those of one priority whose actions and
 * devices are the same; a prefix, tos, dscp or realm that the later one does not name counts as the same, and so do `not` and the
 * target of a goto.
 */
export function ruleTwins(rules: readonly Placed<RuleConfig>[]): Twin[] {
  const alike = new Map<string, Placed<RuleConfig>[]>();
  const exact = new Map<string, Placed<RuleConfig>>();
  const twins: Twin[] = [];
  for (const rule of rules) {
    const kind = kindOf(rule.value);
    const key = `${kind} ${looseKey(rule.value)}`;
    const before = alike.get(kind) ?? [];
    const twin = exact.get(key) ?? (namesLess(rule.value) ? before.find((one) => covered(rule.value, one.value)) : undefined);
    if (twin !== undefined) twins.push({ path: rule.path, before: twin.path });
    else exact.set(key, rule);
    before.push(rule);
    alike.set(kind, before);
  }
  return twins;
}

/** What has to be equal. */
function kindOf(rule: RuleConfig): string {
  const { priority, action, iif, oif, mark, tunnelId, uids, ipProtocol, protocol, sport, dport } = rule;
  const table = 'table' in action ? action.table : 0;
  return JSON.stringify([
    priority,
    action.type,
    table,
    rule.suppressPrefixLength ?? -1,
    rule.suppressGroup ?? -1,
    [iif, oif, mark, String(tunnelId ?? 0), uids, ipProtocol, protocol, sport, dport],
  ]);
}

function looseKey({ from, to, tos, dscp, realms }: RuleConfig): string {
  return JSON.stringify([from && formatPrefix(from), to && formatPrefix(to), tos, dscp, realms]);
}

function namesLess({ from, to, tos, dscp, realms }: RuleConfig): boolean {
  return from === undefined || to === undefined || (tos === undefined && dscp === undefined) || realms === undefined;
}

/** Everything that the later rule names is the same in the one before. */
function covered(later: RuleConfig, before: RuleConfig): boolean {
  const same = (one: unknown, other: unknown): boolean => one === undefined || JSON.stringify(one) === JSON.stringify(other);
  return (
    same(later.from, before.from) &&
    same(later.to, before.to) &&
    same(later.tos, before.tos) &&
    same(later.dscp, before.dscp) &&
    same(later.realms, before.realms)
  );
}
