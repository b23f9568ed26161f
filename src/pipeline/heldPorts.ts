import { PoolHead, poolOf, swapPort } from '../tables/portBlocks.js';
import { portRelease } from '../tables/portTake.js';
import { countHeld, roomAppend, roomFirst, roomRemove } from '../tables/roomLists.js';
import { By, removeBy, sessionRemove } from '../tables/sessionIndices.js';
import { countOfRouter, HELD, poolIndexOf, Session, SessionFlag, SessionsHead, zoneOf } from '../tables/sessions.js';
import { Limit, Timeout } from '../tables/snapshot.js';
import { wheelLink, wheelUnlink } from '../tables/timerWheel.js';
import type { PipelineContext } from './context.js';
import { SessionState } from './tcpState.js';

/**
 * Ports that are held back for a while after their session (ZON-7, D18): its row stays, as HELD, without a way in or out. The port
 * stays taken, so no mapping gets it; its answers' place stays taken too, so a shared port is not given out towards the same
 * remote. When the pool runs short the oldest goes first.
 */

/** True when the port of a session that ends is to be held: UDP, ICMP, and TCP that was not seen to close. */
export function mustHold(cx: PipelineContext, row: number, meta: number): boolean {
  if (cx.timeouts[Timeout.PortHold] === 0 || (meta & SessionFlag.Static) !== 0) return false;
  const state = (meta >>> 8) & 0xff;
  if (state === SessionState.Closing || state === SessionState.Reset) return false;
  const address = poolIndexOf(cx.sessions.rows, row);
  // Of an address that is not handed out any more nobody can get the port.
  return cx.zones.offered[address] === 1;
}

/** Makes room among the held ports for one more of the pool; false when all that are held are of other pools. */
export function roomToHold(cx: PipelineContext, pool: number): boolean {
  if (cx.sessions.head[SessionsHead.Held]! < cx.limits[Limit.HeldPorts]!) return true;
  const oldest = roomFirst(cx.ports64, cx.worker, pool, PoolHead.HeldFirst);
  if (oldest < 0) return false;
  endHeld(cx, oldest);
  return true;
}

/** Turns the row of a session that is over, off the wheel and out of its mapping, into a held one. */
export function hold(cx: PipelineContext, row: number, pool: number): void {
  const t = cx.sessions;
  const r = t.rows;
  const meta = r[row + Session.Meta]!;
  r[row + Session.Generation] = r[row + Session.Generation]! + 1;
  removeBy(t, By.Outward, row);
  r[row + Session.Meta] = (meta & 0xff) | (HELD << 8) | (zoneOf(meta) << 16);
  r[row + Session.OutwardAdjacency] = -1;
  r[row + Session.InwardAdjacency] = -1;
  r[row + Session.LastSeen] = cx.now;
  r[row + Session.Generation] = r[row + Session.Generation]! + 1;
  t.head[SessionsHead.Held] = t.head[SessionsHead.Held]! + 1;
  countOfRouter(t, row, -1);
  countHeld(cx.ports64, cx.worker, pool, 1);
  roomAppend(cx.ports64, cx.worker, pool, PoolHead.HeldFirst, r, row);
  wheelLink(t, row, cx.now, cx.timeouts[Timeout.PortHold]!);
}

/** The port of a held row is free. */
export function endHeld(cx: PipelineContext, row: number): void {
  wheelUnlink(cx.sessions, row);
  endHeldUnlinked(cx, row);
}

/** The same for a row that the wheel has given out. */
export function endHeldUnlinked(cx: PipelineContext, row: number): void {
  const t = cx.sessions;
  const r = t.rows;
  const pool = poolOf(cx.ports64, r[row + Session.Meta]! & 0xff, poolIndexOf(r, row));
  const port = swapPort(r[row + Session.InwardPorts]! >>> 16);
  roomRemove(cx.ports64, cx.worker, pool, PoolHead.HeldFirst, r, row);
  countHeld(cx.ports64, cx.worker, pool, -1);
  t.head[SessionsHead.Held] = t.head[SessionsHead.Held]! - 1;
  countOfRouter(t, row, 1);
  portRelease(cx.ports64, cx.worker, pool, port);
  remoteFreed(cx, pool, row, port);
  sessionRemove(t, row);
}

/** For the session in `row`, which ends: forgets that its remote was full. */
export function remoteFreed(cx: PipelineContext, pool: number, row: number, port: number): void {
  const r = cx.sessions.rows;
  cx.fullRemotes.freed(pool, r[row + Session.RemoteAddress]!, r[row + Session.InwardPorts]! & 0xffff, port);
}
