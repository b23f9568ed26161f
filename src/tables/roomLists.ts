import { headOf, PoolHead, type PortBlocks } from './portBlocks.js';
import { Session } from './sessions.js';

/**
 * Rows of one worker that may make room when a pool runs short, in two lists per pool, oldest first: sessions that are over and
 * hold their port (ZON-7), and closing or half-open ones (zones.md 4, exhaustion). They are linked by Session.SiblingNext and
 * SiblingPrevious as row + 1, which sessions of endpoint-independent mappings need for their ring: those are in neither list
 * while they live. `first` is PoolHead.HeldFirst or PoolHead.RecycleFirst; the list's last row stands in the next word.
 */
export function roomAppend(p: PortBlocks, worker: number, pool: number, first: number, rows: Int32Array, row: number): void {
  const head = headOf(p, worker, pool) + first;
  const last = p.heads[head + 1]!;
  rows[row + Session.SiblingNext] = 0;
  rows[row + Session.SiblingPrevious] = last;
  if (last === 0) p.heads[head] = row + 1;
  else rows[last - 1 + Session.SiblingNext] = row + 1;
  p.heads[head + 1] = row + 1;
}

export function roomRemove(p: PortBlocks, worker: number, pool: number, first: number, rows: Int32Array, row: number): void {
  const head = headOf(p, worker, pool) + first;
  const next = rows[row + Session.SiblingNext]!;
  const previous = rows[row + Session.SiblingPrevious]!;
  if (previous === 0) p.heads[head] = next;
  else rows[previous - 1 + Session.SiblingNext] = next;
  if (next === 0) p.heads[head + 1] = previous;
  else rows[next - 1 + Session.SiblingPrevious] = previous;
}

/** Oldest row of a list, or -1. */
export function roomFirst(p: PortBlocks, worker: number, pool: number, first: number): number {
  return p.heads[headOf(p, worker, pool) + first]! - 1;
}

/** Counts a row that holds its port, by 1 or -1. */
export function countHeld(p: PortBlocks, worker: number, pool: number, by: number): void {
  const at = headOf(p, worker, pool) + PoolHead.Held;
  p.heads[at] = p.heads[at]! + by;
}
