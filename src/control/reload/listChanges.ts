/** One difference between two configurations, as an operator reads it: "zone tenants localAddresses: + 1.2.100.5". */
export interface Change {
  /** What it is about: "zone tenants", "iface lan addresses", "routes", "timers". */
  readonly subject: string;
  /** "+ 1.2.100.5", "- 1.2.100.1", "mtu 1500 -> 9000", "added (...)", "removed", "order is now a, b". */
  readonly what: string;
}

/** What has gone from a list, and what has come to it. */
export function members(subject: string, before: readonly string[], after: readonly string[]): Change[] {
  return [
    ...lacking(before, after).map((item) => ({ subject, what: `- ${item}` })),
    ...lacking(after, before).map((item) => ({ subject, what: `+ ${item}` })),
  ];
}

/** `after` in the order that nobody has to be told: what stays as it was, then what has come. */
export function inOrder(before: readonly string[], after: readonly string[]): string[] {
  const kept = new Set(after);
  return [...before.filter((item) => kept.has(item)), ...lacking(after, before)];
}

/** Items of `list` that `other` does not have. */
function lacking(list: readonly string[], other: readonly string[]): string[] {
  const there = new Set(other);
  return list.filter((item) => !there.has(item));
}
