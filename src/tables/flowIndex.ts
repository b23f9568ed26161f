/**
 * A (tag, index) table: finds the row of a session by one of its two tuples (D1). One int32 per slot: the top 8 bits of the
 * hash as a tag, row number + 1 in 24 bits; 0 is empty. Linear probing, at most half full, no tombstones.
 * One writer: the owning worker.
 */
export interface FlowIndex {
  readonly slots: Int32Array;
  readonly mask: number;
}

/** Slots for `rows` rows: a power of two, at least twice as many. */
export function flowIndexSlots(rows: number): number {
  let slots = 64;
  while (slots < rows * 2) slots *= 2;
  return slots;
}

/** The word for `row` (row number, not offset) under `hash`. */
export function slotWord(hash: number, row: number): number {
  return (hash & 0xff00_0000) | (row + 1);
}

export function slotRow(word: number): number {
  return (word & 0x00ff_ffff) - 1;
}

export function flowIndexInsert(index: FlowIndex, hash: number, row: number): void {
  let s = hash & index.mask;
  while (index.slots[s] !== 0) s = (s + 1) & index.mask;
  index.slots[s] = slotWord(hash, row);
}

/** The slot that holds `row` under `hash`, or -1. */
export function flowIndexSlotOf(index: FlowIndex, hash: number, row: number): number {
  const word = slotWord(hash, row);
  let s = hash & index.mask;
  for (;;) {
    const w = index.slots[s]!;
    if (w === word) return s;
    if (w === 0) return -1;
    s = (s + 1) & index.mask;
  }
}
