import { FibKey, FibRule, FibSelector } from '../tables/fib.js';

/** Bits of the header's octet that a tos is compared with: the kernel compares no others (IPTOS_TOS_MASK without the ECN bit). */
export const TOS_BITS = 0x1c;

/**
 * Whether the rule in the words from `rule` on is for the packet of `key` (fib_rule_match, fib4_rule_match of Linux 6.18). `not`
 * turns the whole around: a rule `not from A iif B` matches what lacks any of both.
 */
export function ruleMatches(rules: Int32Array, rule: number, key: Int32Array): boolean {
  const selectors = rules[rule + FibRule.Selectors]!;
  if (selectors === 0) return true;
  return selectorsMatch(rules, rule, selectors, key) !== ((selectors & FibSelector.Not) !== 0);
}

function selectorsMatch(rules: Int32Array, rule: number, selectors: number, key: Int32Array): boolean {
  if (
    (selectors & FibSelector.From) !== 0 &&
    ((key[FibKey.Source]! ^ rules[rule + FibRule.From]!) & rules[rule + FibRule.FromMask]!) !== 0
  )
    return false;
  if (
    (selectors & FibSelector.To) !== 0 &&
    ((key[FibKey.Destination]! ^ rules[rule + FibRule.To]!) & rules[rule + FibRule.ToMask]!) !== 0
  )
    return false;
  if ((selectors & ~(FibSelector.Not | FibSelector.From | FibSelector.To)) === 0) return true;
  return interfacesMatch(rules, rule, selectors, key) && headerMatches(rules, rule, selectors, key);
}

function interfacesMatch(rules: Int32Array, rule: number, selectors: number, key: Int32Array): boolean {
  if ((selectors & FibSelector.Iif) !== 0 && key[FibKey.Iif] !== rules[rule + FibRule.Iif]) return false;
  if ((selectors & FibSelector.Oif) !== 0 && key[FibKey.Oif] !== rules[rule + FibRule.Oif]) return false;
  if (
    (selectors & FibSelector.Mark) !== 0 &&
    ((key[FibKey.Mark]! ^ rules[rule + FibRule.Mark]!) & rules[rule + FibRule.MarkMask]!) !== 0
  )
    return false;
  if ((selectors & FibSelector.Uid) !== 0) {
    const uid = key[FibKey.Uid]! >>> 0;
    if (uid < rules[rule + FibRule.UidLow]! >>> 0 || uid > rules[rule + FibRule.UidHigh]! >>> 0) return false;
  }
  if (
    (selectors & FibSelector.Tunnel) !== 0 &&
    (key[FibKey.TunnelLow] !== rules[rule + FibRule.TunnelLow] || key[FibKey.TunnelHigh] !== rules[rule + FibRule.TunnelHigh])
  )
    return false;
  return true;
}

function headerMatches(rules: Int32Array, rule: number, selectors: number, key: Int32Array): boolean {
  if ((selectors & FibSelector.Tos) !== 0 && (key[FibKey.Tos]! & TOS_BITS) !== rules[rule + FibRule.Tos]) return false;
  if (
    (selectors & FibSelector.Dscp) !== 0 &&
    (((key[FibKey.Tos]! >>> 2) ^ rules[rule + FibRule.Dscp]!) & rules[rule + FibRule.DscpMask]!) !== 0
  )
    return false;
  if ((selectors & FibSelector.Protocol) !== 0 && key[FibKey.Protocol] !== rules[rule + FibRule.Protocol]) return false;
  if (
    (selectors & FibSelector.Sport) !== 0 &&
    !portMatches(key[FibKey.SourcePort]!, rules[rule + FibRule.SportLow]!, rules[rule + FibRule.SportHigh]!)
  )
    return false;
  return (
    (selectors & FibSelector.Dport) === 0 ||
    portMatches(key[FibKey.DestinationPort]!, rules[rule + FibRule.DportLow]!, rules[rule + FibRule.DportHigh]!)
  );
}

/** A packet without ports (-1) matches neither a range nor a mask. A negative `high` is -1 - mask. */
function portMatches(port: number, low: number, high: number): boolean {
  if (port < 0) return false;
  return high < 0 ? ((port ^ low) & ~high) === 0 : port >= low && port <= high;
}
