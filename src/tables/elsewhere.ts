import { Columns } from '../shared/columns.js';
import { By, insertBy, sessionRemove } from './sessionIndices.js';
import { countOfRouter, ELSEWHERE, Session, type Sessions, SessionsHead } from './sessions.js';

/**
 * Rows that are no sessions but say which worker has one (D4): the home of an inside host keeps them for sessions it asked
 * another worker to open. The pool index of the row is that worker's number; of the tuples only the outward one is valid.
 */

/** True for such a row, by its Meta word. */
export function isElsewhere(meta: number): boolean {
  return ((meta >>> 8) & 0xff) === ELSEWHERE;
}

/** Makes a filled row findable by an outward frame only. */
export function publishElsewhere(t: Sessions, row: number): void {
  insertBy(t, By.Outward, row);
  t.head[SessionsHead.Elsewhere] = t.head[SessionsHead.Elsewhere]! + 1;
  countOfRouter(t, row, -1);
  t.rows[row + Session.Generation] = t.rows[row + Session.Generation]! + 1;
}

/** Takes such a row out again. It must be off the wheel already. */
export function removeElsewhere(t: Sessions, row: number): void {
  t.head[SessionsHead.Elsewhere] = t.head[SessionsHead.Elsewhere]! - 1;
  countOfRouter(t, row, 1);
  sessionRemove(t, row);
}

/** The head alone, of any worker's table. */
export function sessionsHeadIn(buffer: SharedArrayBuffer): Int32Array {
  return new Columns(buffer).i32(SessionsHead.Words);
}

/** Sessions of one worker: rows that are neither ELSEWHERE nor HELD. */
function sessionsIn(head: Int32Array): number {
  return head[SessionsHead.Count]! - head[SessionsHead.Elsewhere]! - head[SessionsHead.Held]!;
}

/** Sessions of all workers together, as good as it can be known while they go on. */
export function sessionsOfAll(heads: readonly Int32Array[]): number {
  let sum = 0;
  for (let w = 0; w < heads.length; w++) sum += sessionsIn(heads[w]!);
  return sum;
}

/** Sessions of one router with all workers together. */
export function sessionsOfRouter(heads: readonly Int32Array[], router: number): number {
  let sum = 0;
  for (let w = 0; w < heads.length; w++) sum += heads[w]![SessionsHead.Routers + router]!;
  return sum;
}
