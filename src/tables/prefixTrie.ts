import { sharedWordsOf } from '../shared/words.js';

/**
 * Longest (or first) prefix match over IPv4 in at most four loads: a trie of 256-way nodes, built by main, read by workers,
 * never changed after publication (D6). Addresses as loaded, so the first octet is the low one.
 *
 * A slot holds 0 (nothing), a value + 1 (a leaf), or -(node number) (a child; node 0 is the root).
 */
const FANOUT = 256;

/** The value stored for `address`, or -1. */
export function trieLookup(trie: Int32Array, address: number): number {
  let slot = trie[address & 0xff]!;
  if (slot >= 0) return slot - 1;
  slot = trie[-slot * FANOUT + ((address >>> 8) & 0xff)]!;
  if (slot >= 0) return slot - 1;
  slot = trie[-slot * FANOUT + ((address >>> 16) & 0xff)]!;
  if (slot >= 0) return slot - 1;
  slot = trie[-slot * FANOUT + (address >>> 24)]!;
  return slot - 1;
}

export interface TriePrefix {
  /** As loaded, host bits zero. */
  readonly address: number;
  /** Prefix length, 0 to 32. */
  readonly length: number;
  /** Not negative. */
  readonly value: number;
}

/**
 * Builds a trie in which each entry overwrites what earlier entries of the list said about the addresses it covers. So a
 * list sorted by ascending length gives longest prefix match, and a list in reverse order of preference gives first match.
 */
export function buildTrie(prefixes: readonly TriePrefix[]): Int32Array {
  let nodes = new Int32Array(FANOUT * 16);
  let count = 1;
  const addNode = (fill: number): number => {
    if ((count + 1) * FANOUT > nodes.length) {
      const larger = new Int32Array(nodes.length * 2);
      larger.set(nodes);
      nodes = larger;
    }
    nodes.fill(fill, count * FANOUT, (count + 1) * FANOUT);
    return count++;
  };
  const setAll = (node: number, value: number): void => {
    for (let i = 0; i < FANOUT; i++) {
      const child = nodes[node * FANOUT + i]!;
      if (child < 0) setAll(-child, value);
      else nodes[node * FANOUT + i] = value;
    }
  };
  for (const prefix of prefixes) {
    let node = 0;
    let depth = 0;
    let remaining = prefix.length;
    while (remaining > 8) {
      const at = node * FANOUT + ((prefix.address >>> depth) & 0xff);
      const slot = nodes[at]!;
      const child = slot < 0 ? -slot : addNode(slot);
      nodes[at] = -child;
      node = child;
      depth += 8;
      remaining -= 8;
    }
    const first = (prefix.address >>> depth) & 0xff & (0xff << (8 - remaining));
    for (let i = first; i < first + (1 << (8 - remaining)); i++) {
      const slot = nodes[node * FANOUT + i]!;
      if (slot < 0) setAll(-slot, prefix.value + 1);
      else nodes[node * FANOUT + i] = prefix.value + 1;
    }
  }
  return sharedWordsOf(nodes.subarray(0, count * FANOUT));
}
