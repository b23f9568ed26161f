import type { Path } from './issues.js';
import type { Placed } from './placed.js';
import type { RuleConfig } from './routingConfig.js';

/** A rule that the kernel would refuse with EEXIST, and the one it means. */
export interface Twin {
  readonly path: Path;
  readonly before: Path;
}

/** What a later rule need not name to count as the same. */
const LOOSE = ['from', 'to', 'tos', 'dscp', 'realms'] as const;

/**
 * Rules that are there already (rule_exists and fib4_rule_compare of the kernel): those of one priority whose actions and
 * devices are the same; a prefix, tos, dscp or realm that the later one does not name counts as the same, and so do `not` and the
 * target of a goto.
 */
export function ruleTwins(rules: readonly Placed<RuleConfig>[]): Twin[] {
  const kinds = new Map<string, Seen>();
  const twins: Twin[] = [];
  for (const rule of rules) {
    const kind = kindOf(rule.value);
    const seen = kinds.get(kind) ?? new Seen();
    kinds.set(kind, seen);
    const texts = LOOSE.map((word) => JSON.stringify(rule.value[word]));
    const twin = seen.find(texts);
    if (twin !== undefined) twins.push({ path: rule.path, before: twin.path });
    seen.add(texts, rule);
  }
  return twins;
}

/** Rules of one kind so far, found by what another names: a set of words has an index of its own once it is asked for. */
class Seen {
  readonly #rules: { readonly texts: readonly (string | undefined)[]; readonly rule: Placed<RuleConfig> }[] = [];
  readonly #indices = new Map<number, Map<string, Placed<RuleConfig>>>();

  /** The first rule that is the same in every word that `texts` has. */
  find(texts: readonly (string | undefined)[]): Placed<RuleConfig> | undefined {
    const words = texts.reduce((bits, text, i) => bits | (text === undefined ? 0 : 1 << i), 0);
    let index = this.#indices.get(words);
    if (index === undefined) {
      index = new Map();
      this.#indices.set(words, index);
      for (const one of this.#rules) put(index, words, one.texts, one.rule);
    }
    return index.get(keyOf(words, texts));
  }

  add(texts: readonly (string | undefined)[], rule: Placed<RuleConfig>): void {
    this.#rules.push({ texts, rule });
    for (const [words, index] of this.#indices) put(index, words, texts, rule);
  }
}

function keyOf(words: number, texts: readonly (string | undefined)[]): string {
  return texts.filter((_, i) => (words & (1 << i)) !== 0).join('|');
}

function put(
  index: Map<string, Placed<RuleConfig>>,
  words: number,
  texts: readonly (string | undefined)[],
  rule: Placed<RuleConfig>,
): void {
  const key = keyOf(words, texts);
  if (!index.has(key)) index.set(key, rule);
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
