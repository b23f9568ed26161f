import { FibKey } from '../tables/fib.js';
import { trieLongest } from './routeTrie.js';

/**
 * Which rules a packet has to be compared with. Thousands of rules `from X` differ in X only, so sources fall into classes, one
 * for each prefix that rules name: a class has a list of those rules whose prefix covers it, and of all that do not select by
 * source, or by `not`. In classLists a list is a count and, behind it, rows of rules, ascending. The list at 0 is for sources
 * that no rule names. classTrie[0] is the root of the trie over the prefixes; its results are offsets of lists.
 */
export function ruleClassOf(classTrie: Int32Array, key: Int32Array): number {
  const list = trieLongest(classTrie, classTrie[0]!, key[FibKey.Source]!);
  return Math.max(list, 0);
}

/** Offset of the first entry of the list at `list` whose rule is `rule` or a later one; behind its last entry: there is none. */
export function classEntryFrom(lists: Int32Array, list: number, rule: number): number {
  let low = list + 1;
  let high = low + lists[list]!;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (lists[middle]! < rule) low = middle + 1;
    else high = middle;
  }
  return low;
}
