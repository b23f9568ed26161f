/** Slots of a table with linear probing for so many entries: a power of two, at most half full, one at least empty, at which every search ends. */
export function linearSlots(entries: number): number {
  let slots = 8;
  while (slots < entries * 2 + 1) slots *= 2;
  return slots;
}

/** Puts the number of a row, from 0 on, where a search for its hash comes by; a slot has the number + 1. */
export function linearInsert(slots: Int32Array, hash: number, row: number): void {
  const mask = slots.length - 1;
  let s = hash & mask;
  while (slots[s] !== 0) s = (s + 1) & mask;
  slots[s] = row + 1;
}
