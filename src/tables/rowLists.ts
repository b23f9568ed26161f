/**
 * Doubly linked lists through the rows of a table, oldest first. `ends[at]` and `ends[at + 1]` are the first and the last row, + 1,
 * 0 = none; `next` is the word of a row that names the row behind it, the word after that names the one before, both + 1.
 */

/** Puts a row at the end. */
export function append(r: Int32Array, ends: Int32Array, at: number, row: number, next: number): void {
  const last = ends[at + 1]!;
  r[row + next] = 0;
  r[row + next + 1] = last;
  if (last === 0) ends[at] = row + 1;
  else r[last - 1 + next] = row + 1;
  ends[at + 1] = row + 1;
}

/** Takes a row out, wherever it stands. */
export function detach(r: Int32Array, ends: Int32Array, at: number, row: number, next: number): void {
  const after = r[row + next]!;
  const before = r[row + next + 1]!;
  if (before === 0) ends[at] = after;
  else r[before - 1 + next] = after;
  if (after === 0) ends[at + 1] = before;
  else r[after - 1 + next + 1] = before;
}
