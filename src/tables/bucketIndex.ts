import { slotRow, slotWord } from './flowIndex.js';

/**
 * An index of rows by hash in buckets of 16 slots, a cache line each. A row is in one of two buckets, the emptier one when it came.
 * So a search looks at two lines, and taking a row out touches nothing but its slot: fit for an index three quarters full that
 * changes with every session. Words as in flowIndex.ts: 8 bits of the hash, row number + 1; 0 is empty. One writer.
 */
export const BUCKET = 16;

/** Slots for `rows` rows: a multiple of a bucket, three eighths more than rows (D39). */
export function bucketSlots(rows: number): number {
  return (Math.max(64, rows + ((rows * 3) >> 3)) + BUCKET - 1) & ~(BUCKET - 1);
}

/** First slot of a hash's first bucket. */
export function firstBucket(slots: Int32Array, hash: number): number {
  return scaled(slots, hash);
}

/** First slot of its second bucket; may be the same. */
export function secondBucket(slots: Int32Array, hash: number): number {
  return scaled(slots, Math.imul(hash ^ (hash >>> 15), 0x2c1b_3c6d));
}

/** Not a power of two: the hash scaled to the number of buckets. */
function scaled(slots: Int32Array, hash: number): number {
  return (((hash >>> 0) * (slots.length / BUCKET / 0x1_0000_0000)) | 0) * BUCKET;
}

/** True when the slot may hold a row with this hash; whether it is the one is the caller's to see. */
export function bucketMatches(slots: Int32Array, slot: number, hash: number): boolean {
  const w = slots[slot]!;
  return w !== 0 && ((w ^ hash) & 0xff00_0000) === 0;
}

/** Row (first word) in a slot that bucketMatches. */
export function bucketRow(slots: Int32Array, slot: number): number {
  return slotRow(slots[slot]!) << 4;
}

/** False when both buckets are full. */
export function bucketInsert(slots: Int32Array, hash: number, row: number): boolean {
  const first = firstBucket(slots, hash);
  const second = secondBucket(slots, hash);
  const place = freeIn(slots, first) >= freeIn(slots, second) ? first : second;
  for (let s = place; s < place + BUCKET; s++) {
    if (slots[s] !== 0) continue;
    slots[s] = slotWord(hash, row >> 4);
    return true;
  }
  return false;
}

function freeIn(slots: Int32Array, bucket: number): number {
  let free = 0;
  for (let s = bucket; s < bucket + BUCKET; s++) if (slots[s] === 0) free++;
  return free;
}

/** Puts row `by` where `row` stands, or with -1 nothing. Nothing happens when the index does not know `row`. */
export function bucketReplace(slots: Int32Array, hash: number, row: number, by: number): void {
  const word = slotWord(hash, row >> 4);
  const next = by < 0 ? 0 : slotWord(hash, by >> 4);
  const first = firstBucket(slots, hash);
  for (let s = first; s < first + BUCKET; s++) {
    if (slots[s] !== word) continue;
    slots[s] = next;
    return;
  }
  const second = secondBucket(slots, hash);
  for (let s = second; s < second + BUCKET; s++) {
    if (slots[s] !== word) continue;
    slots[s] = next;
    return;
  }
}
