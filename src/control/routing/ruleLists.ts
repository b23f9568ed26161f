import { sharedWords, sharedWordsOf } from '../../shared/words.js';
import { FibRule, FibSelector } from '../../tables/fib.js';
import { swap32 } from '../../wire/memory.js';
import { TrieEdit } from './trieEdit.js';

/** Words of lists at most; rules that would need more have one list of all of them. */
const MOST_WORDS = 4_194_304;

export interface RuleLists {
  readonly classTrie: Int32Array;
  readonly classLists: Int32Array;
}

/** A prefix that rules select sources by. */
interface SourceClass {
  /** Host order. */
  readonly address: number;
  readonly length: number;
  /** Rules with exactly this prefix. */
  readonly own: number[];
}

/** Sources in classes, each with the rules that may match it (routing/ruleClasses.ts). `rows` as FibRule says. */
export function ruleLists(rows: Int32Array, count: number, mostWords = MOST_WORDS): RuleLists {
  const classes = new Map<number, SourceClass>();
  const others: number[] = [];
  for (let rule = 0; rule < count; rule++) {
    const at = rule * FibRule.Words;
    const bySource = (rows[at + FibRule.Selectors]! & (FibSelector.From | FibSelector.Not)) === FibSelector.From;
    if (!bySource) others.push(rule);
    else {
      const mask = swap32(rows[at + FibRule.FromMask]!);
      const address = (swap32(rows[at + FibRule.From]!) & mask) >>> 0;
      const length = mask === 0 ? 0 : 32 - Math.log2((~mask >>> 0) + 1);
      const key = address * 64 + length;
      const known = classes.get(key);
      if (known === undefined) classes.set(key, { address, length, own: [rule] });
      else known.own.push(rule);
    }
  }
  const lists = listsOf([...classes.values()], others, mostWords);
  if (lists !== undefined) return lists;
  return {
    classTrie: sharedWordsOf([0]),
    classLists: sharedWordsOf([count, ...Array.from({ length: count }, (_, rule) => rule)]),
  };
}

/** Undefined: they take more words than they may. */
function listsOf(classes: SourceClass[], others: readonly number[], mostWords: number): RuleLists | undefined {
  // Prefixes that cover others come before them, and directly before the first of them.
  classes.sort((a, b) => a.address - b.address || a.length - b.length);
  const trie = new TrieEdit(64);
  let root = 0;
  let words = others.length + 1;
  const lists: (readonly number[])[] = [others];
  const covering: { readonly of: SourceClass; readonly rules: readonly number[] }[] = [];
  for (const one of classes) {
    while (covering.length > 0 && !coversClass(covering.at(-1)!.of, one)) covering.pop();
    const rules = merge(covering.at(-1)?.rules ?? others, one.own);
    covering.push({ of: one, rules });
    root = trie.set(root, one.address, one.length, words);
    words += rules.length + 1;
    if (words > mostWords) return undefined;
    lists.push(rules);
  }
  const classLists = sharedWords(words);
  let at = 0;
  for (const rules of lists) {
    classLists[at++] = rules.length;
    for (const rule of rules) classLists[at++] = rule;
  }
  const classTrie = sharedWordsOf(trie.nodes.subarray(0, trie.arena.top));
  classTrie[0] = root;
  return { classTrie, classLists };
}

function coversClass(a: SourceClass, b: SourceClass): boolean {
  return a.length === 0 || (a.length <= b.length && (a.address ^ b.address) >>> (32 - a.length) === 0);
}

/** Two ascending lists as one. */
function merge(a: readonly number[], b: readonly number[]): number[] {
  const merged: number[] = [];
  for (let i = 0, j = 0; i < a.length || j < b.length; )
    merged.push(j >= b.length || (i < a.length && a[i]! < b[j]!) ? a[i++]! : b[j++]!);
  return merged;
}
