import { swap32 } from '../wire/memory.js';

/**
 * Longest prefix match for tables that change prefix by prefix: a tree bitmap of stride 4 with skipped nibbles (W. Eatherton,
 * G. Varghese, Z. Dittia: Tree Bitmap, 2004). All tables share one array of nodes. A node that a snapshot leads to is never
 * changed: an update copies the nodes of the path, nine at most, and yields a new root (control/routing/trieEdit.ts).
 *
 * A node at depth d knows the prefixes of 4d to 4d + 3 bits and, by the next nibble, its children at depth d + 1 + skip. Depth 8
 * has prefixes of 32 bits only. Offset 0 is no node.
 */
export const enum TrieNode {
  /** Bits 0-14: its prefixes, by length and then value: bit (1 << l) - 1 + value. Bits 16-31: its children by nibble. */
  Bits = 0,
  /** Bits 28-30: nibbles between the parent's and this node's, bits 0-27: their value. */
  Skip,
  /** Offsets of the children, ascending by nibble; then results, ascending by the bit of the prefix. */
  Children,
}

/** Prefixes that cover one address: one for each length. Behind them stands how many of its leading bits were looked at, or a few more. */
export const MAX_CANDIDATES = 33;
export const CANDIDATE_WORDS: number = MAX_CANDIDATES + 1;

/** Number of ones in 16 bits. */
export function ones16(bits: number): number {
  let b = bits - ((bits >>> 1) & 0x5555);
  b = (b & 0x3333) + ((b >>> 2) & 0x3333);
  b = (b + (b >>> 4)) & 0x0f0f;
  return (b + (b >>> 8)) & 0x1f;
}

/**
 * Writes the results of all prefixes that cover `address` (as loaded) to `found`, from the shortest to the longest, and returns
 * how many there are. `root` 0 is an empty table. `found` has CANDIDATE_WORDS words. Every address with the same leading bits, as many
 * as its last word says, has the same candidates.
 */
export function trieCandidates(nodes: Int32Array, root: number, address: number, found: Int32Array): number {
  // The nibbles that are left, the next one on top.
  let key = swap32(address);
  let count = 0;
  let node = root;
  let looked = 0;
  found[MAX_CANDIDATES] = 0;
  while (node !== 0) {
    const skip = nodes[node + TrieNode.Skip]!;
    const nibbles = skip >>> 28;
    looked += 4 * nibbles;
    found[MAX_CANDIDATES] = looked;
    if (nibbles !== 0) {
      if (key >>> (32 - 4 * nibbles) !== (skip & 0x0fff_ffff)) return count;
      key <<= 4 * nibbles;
    }
    looked += 4;
    found[MAX_CANDIDATES] = looked;
    const bits = nodes[node + TrieNode.Bits]!;
    const inner = bits & 0x7fff;
    const nibble = key >>> 28;
    if (inner !== 0) {
      const results = node + TrieNode.Children + ones16(bits >>> 16);
      if ((inner & 1) !== 0) found[count++] = nodes[results]!;
      const half = 1 << (1 + (nibble >>> 3));
      if ((inner & half) !== 0) found[count++] = nodes[results + ones16(inner & (half - 1))]!;
      const quarter = 1 << (3 + (nibble >>> 2));
      if ((inner & quarter) !== 0) found[count++] = nodes[results + ones16(inner & (quarter - 1))]!;
      const eighth = 1 << (7 + (nibble >>> 1));
      if ((inner & eighth) !== 0) found[count++] = nodes[results + ones16(inner & (eighth - 1))]!;
    }
    const children = bits >>> 16;
    const child = 1 << nibble;
    if ((children & child) === 0) return count;
    node = nodes[node + TrieNode.Children + ones16(children & (child - 1))]!;
    key <<= 4;
  }
  return count;
}

/** The result of the longest prefix that covers `address` (as loaded), or -1. */
export function trieLongest(nodes: Int32Array, root: number, address: number): number {
  let key = swap32(address);
  let result = -1;
  let node = root;
  while (node !== 0) {
    const skip = nodes[node + TrieNode.Skip]!;
    const nibbles = skip >>> 28;
    if (nibbles !== 0) {
      if (key >>> (32 - 4 * nibbles) !== (skip & 0x0fff_ffff)) return result;
      key <<= 4 * nibbles;
    }
    const bits = nodes[node + TrieNode.Bits]!;
    const nibble = key >>> 28;
    const fitting = bits & (1 | (1 << (1 + (nibble >>> 3))) | (1 << (3 + (nibble >>> 2))) | (1 << (7 + (nibble >>> 1))));
    if (fitting !== 0) {
      const longest = 1 << (31 - Math.clz32(fitting));
      result = nodes[node + TrieNode.Children + ones16(bits >>> 16) + ones16(bits & (longest - 1))]!;
    }
    const children = bits >>> 16;
    const child = 1 << nibble;
    if ((children & child) === 0) return result;
    node = nodes[node + TrieNode.Children + ones16(children & (child - 1))]!;
    key <<= 4;
  }
  return result;
}
