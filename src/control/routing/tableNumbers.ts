/** Indices of routing tables: rules and roots use them in place of the numbers, which go to 2^32 - 1. */
export class TableNumbers {
  /** By index: root of the table's trie, 0 = it is empty. */
  readonly roots: number[] = [];
  readonly #indices = new Map<number, number>();
  readonly #free: number[] = [];

  /** Index of a table that has one. */
  known(table: number): number | undefined {
    return this.#indices.get(table);
  }

  indexOf(table: number): number {
    const known = this.#indices.get(table);
    if (known !== undefined) return known;
    const index = this.#free.pop() ?? this.roots.length;
    this.roots[index] = 0;
    this.#indices.set(table, index);
    return index;
  }

  /** Takes the index of empty tables that no rule names. Earlier snapshots have roots and rules of their own. */
  forgetUnused(named: ReadonlySet<number>): void {
    for (const [table, index] of this.#indices) {
      if (this.roots[index] !== 0 || named.has(table)) continue;
      this.#indices.delete(table);
      this.#free.push(index);
    }
  }
}
