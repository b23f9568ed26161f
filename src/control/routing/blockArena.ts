import { sharedWords } from '../../shared/words.js';

/** Up to so many marks are taken away one by one. */
const FEW = 4096;

/**
 * Blocks of int32 in one shared array that threads read while main adds to it (D5): what a snapshot may lead to is never written
 * again, and used for something else only after every worker has adopted a later snapshot.
 */
export class BlockArena {
  /** A larger one takes its place when it is full; those of earlier snapshots stay as they are. */
  words: Int32Array;
  #top: number;
  /** Offsets of blocks that nobody may read, by size. */
  readonly #free: number[][] = [];
  /** Blocks from here on were made since the last snapshot: no worker knows them. */
  #sealed: number;
  /** Blocks below it of which the same is true, because they were used before: a bit by offset, and the offsets as long as they are few. */
  #reused: Int32Array;
  readonly #reusedFew: number[] = [];
  /** Offsets and sizes, alternating, of what was given up since the last snapshot. */
  #given: number[] = [];
  /** The same for each snapshot that does without them, oldest first. */
  readonly #limbo: { readonly generation: number; readonly blocks: readonly number[] }[] = [];

  /** `first`: offsets below it are not given out. */
  constructor(capacity: number, first: number) {
    this.words = sharedWords(Math.max(capacity, first));
    this.#reused = new Int32Array((this.words.length >>> 5) + 1);
    this.#top = first;
    this.#sealed = first;
  }

  /** Words that were ever in use. */
  get top(): number {
    return this.#top;
  }

  /** A block of `size` words; what is in it is left over. */
  take(size: number): number {
    const used = this.#free[size]?.pop();
    if (used !== undefined) {
      if (used < this.#sealed) this.#markReused(used);
      return used;
    }
    const offset = this.#top;
    this.#top += size;
    if (this.#top > this.words.length) {
      const larger = sharedWords(Math.max(this.words.length * 2, this.#top));
      larger.set(this.words);
      this.words = larger;
      const reused = new Int32Array((larger.length >>> 5) + 1);
      reused.set(this.#reused);
      this.#reused = reused;
    }
    return offset;
  }

  /** No snapshot leads to the block: it may be written. */
  isFresh(offset: number): boolean {
    return offset >= this.#sealed || (this.#reused[offset >>> 5]! & (1 << (offset & 31))) !== 0;
  }

  /** The next snapshot does without the block. */
  give(offset: number, size: number): void {
    if (this.isFresh(offset)) {
      this.#reused[offset >>> 5]! &= ~(1 << (offset & 31));
      this.#put(offset, size);
    } else this.#given.push(offset, size);
  }

  /** A snapshot is taken. */
  seal(generation: number): void {
    this.#sealed = this.#top;
    if (this.#reusedFew.length >= FEW) this.#reused.fill(0);
    else for (const offset of this.#reusedFew) this.#reused[offset >>> 5]! &= ~(1 << (offset & 31));
    this.#reusedFew.length = 0;
    if (this.#given.length > 0) this.#limbo.push({ generation, blocks: this.#given });
    this.#given = [];
  }

  /** Every worker has adopted this snapshot or a later one. */
  retire(generation: number): void {
    while (this.#limbo.length > 0 && this.#limbo[0]!.generation <= generation) {
      const { blocks } = this.#limbo.shift()!;
      for (let i = 0; i < blocks.length; i += 2) this.#put(blocks[i]!, blocks[i + 1]!);
    }
  }

  #markReused(offset: number): void {
    this.#reused[offset >>> 5]! |= 1 << (offset & 31);
    if (this.#reusedFew.length < FEW) this.#reusedFew.push(offset);
  }

  #put(offset: number, size: number): void {
    const list = this.#free[size];
    if (list === undefined) this.#free[size] = [offset];
    else list.push(offset);
  }
}
