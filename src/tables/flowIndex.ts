/**
 * A table that finds rows by a hash (D1): open addressing with linear probing, no tombstones. One int32 per slot, 0 is empty:
 *
 *   4 bits of the hash (tag) | 4 bits: slots between the row's home and this one (15: or more) | 24 bits: row number + 1
 *
 * Looking for a hash, only slots that name its home and its tag are followed to their row. Rows stand in the order of their homes:
 * who comes in pushes aside those nearer to theirs (P. Celis: Robin Hood Hashing, 1986). So a search ends at the first word
 * nearer to its home than what is looked for would be, and taking a row out moves up the words behind it, one slot each, as far
 * as the first that is at home. Without the order both go on to the next empty slot, and in tables two thirds full every second
 * session that ended had a word there that was too far from home to say how far. One writer: the owning worker.
 */

/** Slots of a table whose home is the low bits of the hash, for `rows` rows: a power of two, at least twice as many. */
export function flowIndexSlots(rows: number): number {
  let slots = 64;
  while (slots < rows * 2) slots *= 2;
  return slots;
}

/** Slots of a table whose home is the hash scaled to its size (D39): three eighths more than rows. */
export function mappingSlots(rows: number): number {
  return Math.max(64, rows + ((rows * 3) >> 3));
}

const TAG = 0xf000_0000;
const DISTANCE = 0x0f00_0000;
const STEP = 0x0100_0000;
const ROW = 0x00ff_ffff;
/** Greatest distance that is written down; it stands for all greater ones too. */
export const FAR = 15;

/** What the upper octet of a slot must be, at its home, to be followed: the tag, in the upper four bits, at distance 0. */
export function wanted(tag: number): number {
  return tag & TAG;
}

/** The same one slot farther from home. */
export function farther(want: number): number {
  return (want & DISTANCE) === DISTANCE ? want : (want + STEP) | 0;
}

/** True when what is looked for is in no slot from the one with this word on. */
export function endsSearch(word: number, want: number): boolean {
  return word === 0 || (word & DISTANCE) < (want & DISTANCE);
}

/** True for the word of a row that is at home, or of an empty slot: nothing from there on moves up. */
export function isAtHome(word: number): boolean {
  return (word & DISTANCE) === 0;
}

/** True when the slot with this word may hold the row that is looked for. */
export function mayBe(word: number, want: number): boolean {
  return ((word ^ want) & (TAG | DISTANCE)) === 0;
}

/** Row number in a slot's word. */
export function slotRow(word: number): number {
  return (word & ROW) - 1;
}

export function slotAfter(slots: Int32Array, s: number): number {
  return s + 1 === slots.length ? 0 : s + 1;
}

/** Word of row number `row` at its home. */
export function slotWord(tag: number, row: number): number {
  return wanted(tag) | (row + 1);
}

/** The slot that holds `row`, or -1. */
export function indexSlotOf(slots: Int32Array, home: number, row: number): number {
  let s = home;
  for (;;) {
    const w = slots[s]!;
    if ((w & ROW) === row + 1) return s;
    if (w === 0) return -1;
    s = slotAfter(slots, s);
  }
}

/** Puts row number `by`, of the same hash, into a slot. */
export function slotReplace(slots: Int32Array, s: number, by: number): void {
  slots[s] = (slots[s]! & ~ROW) | (by + 1);
}

/** Slots between the home of a slot's row and the slot; -1 when the word does not say. */
export function slotDistance(word: number): number {
  const distance = (word >>> 24) & FAR;
  return distance === FAR ? -1 : distance;
}

/** Puts a word into a slot that is so many slots from its home. */
export function slotPut(slots: Int32Array, to: number, word: number, distance: number): void {
  slots[to] = (word & ~DISTANCE) | (Math.min(distance, FAR) << 24);
}
