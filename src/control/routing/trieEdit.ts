import { ones16, TrieNode } from '../../routing/routeTrie.js';
import { BlockArena } from './blockArena.js';

/**
 * Changes to tries whose nodes lie in one arena (routing/routeTrie.ts). Each yields a root; the nodes of the path to the change are
 * copied unless no snapshot leads to them, all others are shared with the trie as it was. Addresses in host order, host bits zero.
 */
export class TrieEdit {
  readonly arena: BlockArena;

  constructor(capacity: number) {
    this.arena = new BlockArena(capacity, 1);
  }

  get nodes(): Int32Array {
    return this.arena.words;
  }

  /** The result of exactly this prefix, or -1. */
  find(root: number, address: number, length: number): number {
    const target = length >> 2;
    let node = root;
    let depth = 0;
    while (node !== 0) {
      const { nodes } = this;
      const skip = nodes[node + TrieNode.Skip]!;
      const nibbles = skip >>> 28;
      if (depth + nibbles > target || nibblesOf(address, depth, nibbles) !== (skip & 0x0fff_ffff)) return -1;
      depth += nibbles;
      const bits = nodes[node + TrieNode.Bits]!;
      if (depth === target) {
        const bit = innerBit(address, length);
        return (bits & bit) === 0 ? -1 : nodes[node + resultIndex(bits, bit)]!;
      }
      const bit = childBit(address, depth);
      if ((bits & bit) === 0) return -1;
      node = nodes[node + childIndex(bits, bit)]!;
      depth++;
    }
    return -1;
  }

  /** The root of a trie that has `result` (not negative) for the prefix. */
  set(root: number, address: number, length: number, result: number): number {
    return this.#set(root === 0 ? this.#node(0, 0) : root, 0, address, length, result);
  }

  /** The root of a trie without the prefix, 0 when no other is left. */
  remove(root: number, address: number, length: number): number {
    if (this.find(root, address, length) < 0) return root;
    return this.#remove(root, 0, address, length, true);
  }

  /** `depth` is that of the node itself. */
  #set(node: number, depth: number, address: number, length: number, result: number): number {
    const bits = this.nodes[node + TrieNode.Bits]!;
    const target = length >> 2;
    if (depth === target) {
      const bit = innerBit(address, length);
      const at = resultIndex(bits, bit);
      return (bits & bit) === 0 ? this.#insert(node, at, bit, result) : this.#replace(node, at, result);
    }
    const bit = childBit(address, depth);
    const at = childIndex(bits, bit);
    if ((bits & bit) === 0) return this.#insert(node, at, bit, this.#leaf(depth + 1, address, length, result));
    const child = this.nodes[node + at]!;
    const skip = this.nodes[child + TrieNode.Skip]!;
    const nibbles = skip >>> 28;
    const common = Math.min(target - depth - 1, commonNibbles(address, depth + 1, skip));
    if (common === nibbles) return this.#replace(node, at, this.#set(child, depth + 1 + nibbles, address, length, result));
    // They part ways within what the child skips, or the prefix ends there.
    const rest = nibbles - common - 1;
    const value = skip & 0x0fff_ffff;
    const parting = this.#node(skipWord(common, value >>> (4 * (rest + 1))), 0x1_0000 << ((value >>> (4 * rest)) & 15));
    const lower = this.#replace(child, TrieNode.Skip, skipWord(rest, value & ((1 << (4 * rest)) - 1)));
    this.nodes[parting + TrieNode.Children] = lower;
    return this.#replace(node, at, this.#set(parting, depth + 1 + common, address, length, result));
  }

  #remove(node: number, depth: number, address: number, length: number, isRoot: boolean): number {
    const bits = this.nodes[node + TrieNode.Bits]!;
    let changed: number;
    if (depth === length >> 2) {
      const bit = innerBit(address, length);
      changed = this.#delete(node, resultIndex(bits, bit), bit);
    } else {
      const bit = childBit(address, depth);
      const at = childIndex(bits, bit);
      const child = this.nodes[node + at]!;
      const nibbles = this.nodes[child + TrieNode.Skip]! >>> 28;
      const left = this.#remove(child, depth + 1 + nibbles, address, length, false);
      changed = left === 0 ? this.#delete(node, at, bit) : this.#replace(node, at, left);
    }
    const now = this.nodes[changed + TrieNode.Bits]!;
    if (now === 0) {
      this.arena.give(changed, sizeOf(0));
      return 0;
    }
    if (isRoot || (now & 0x7fff) !== 0 || ones16(now >>> 16) > 1) return changed;
    return this.#join(changed, now);
  }

  /** A node with one child and no prefix is left out: the child skips its nibbles too. */
  #join(node: number, bits: number): number {
    const skip = this.nodes[node + TrieNode.Skip]!;
    const child = this.nodes[node + TrieNode.Children]!;
    const below = this.nodes[child + TrieNode.Skip]!;
    const nibbles = below >>> 28;
    const nibble = 31 - Math.clz32(bits >>> 16);
    const upper = ((skip & 0x0fff_ffff) << 4) | nibble;
    this.arena.give(node, sizeOf(bits));
    return this.#replace(
      child,
      TrieNode.Skip,
      skipWord((skip >>> 28) + 1 + nibbles, (upper << (4 * nibbles)) | (below & 0x0fff_ffff)),
    );
  }

  #leaf(depth: number, address: number, length: number, result: number): number {
    const skipped = (length >> 2) - depth;
    const leaf = this.#node(skipWord(skipped, nibblesOf(address, depth, skipped)), innerBit(address, length));
    this.nodes[leaf + TrieNode.Children] = result;
    return leaf;
  }

  #node(skip: number, bits: number): number {
    const node = this.arena.take(sizeOf(bits));
    this.nodes[node + TrieNode.Bits] = bits;
    this.nodes[node + TrieNode.Skip] = skip;
    return node;
  }

  /** A loop: copyWithin takes many times as long for a few words of shared memory. */
  #copy(to: number, from: number, count: number): void {
    const { nodes } = this;
    for (let i = 0; i < count; i++) nodes[to + i] = nodes[from + i]!;
  }

  #replace(node: number, at: number, word: number): number {
    if (this.nodes[node + at] === word) return node;
    let to = node;
    if (!this.arena.isFresh(node)) {
      const size = sizeOf(this.nodes[node + TrieNode.Bits]!);
      to = this.arena.take(size);
      this.#copy(to, node, size);
      this.arena.give(node, size);
    }
    this.nodes[to + at] = word;
    return to;
  }

  #insert(node: number, at: number, bit: number, word: number): number {
    const bits = this.nodes[node + TrieNode.Bits]!;
    const size = sizeOf(bits);
    const to = this.arena.take(size + 1);
    this.#copy(to, node, at);
    this.#copy(to + at + 1, node + at, size - at);
    this.nodes[to + at] = word;
    this.nodes[to + TrieNode.Bits] = bits | bit;
    this.arena.give(node, size);
    return to;
  }

  #delete(node: number, at: number, bit: number): number {
    const bits = this.nodes[node + TrieNode.Bits]!;
    const size = sizeOf(bits);
    const to = this.arena.take(size - 1);
    this.#copy(to, node, at);
    this.#copy(to + at, node + at + 1, size - at - 1);
    this.nodes[to + TrieNode.Bits] = bits & ~bit;
    this.arena.give(node, size);
    return to;
  }
}

function sizeOf(bits: number): number {
  return TrieNode.Children + ones16(bits >>> 16) + ones16(bits & 0x7fff);
}

/** Bit of the prefix within its node. */
function innerBit(address: number, length: number): number {
  const within = length & 3;
  return 1 << ((1 << within) - 1 + (within === 0 ? 0 : (address << (length & ~3)) >>> (32 - within)));
}

function childBit(address: number, depth: number): number {
  return 0x1_0000 << ((address << (4 * depth)) >>> 28);
}

function resultIndex(bits: number, bit: number): number {
  return TrieNode.Children + ones16(bits >>> 16) + ones16(bits & 0x7fff & (bit - 1));
}

function childIndex(bits: number, bit: number): number {
  return TrieNode.Children + ones16((bits & (bit - 1)) >>> 16);
}

/** `count` nibbles from the one at `depth` on. */
function nibblesOf(address: number, depth: number, count: number): number {
  return count === 0 ? 0 : (address << (4 * depth)) >>> (32 - 4 * count);
}

/** How many of the nibbles of a skip word the address has from `depth` on. */
function commonNibbles(address: number, depth: number, skip: number): number {
  const nibbles = skip >>> 28;
  let common = 0;
  while (common < nibbles && nibblesOf(address, depth, common + 1) === (skip & 0x0fff_ffff) >>> (4 * (nibbles - common - 1)))
    common++;
  return common;
}

function skipWord(count: number, value: number): number {
  return (count << 28) | value;
}
