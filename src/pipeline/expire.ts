import { resetEnds } from '../resolve/sessionReset.js';
import { answerHeldSyns } from '../resolve/unsolicitedSyn.js';
import { CounterEvent, countZone, ZoneCounter } from '../shared/counters.js';
import { isElsewhere, removeElsewhere } from '../tables/elsewhere.js';
import { eventSession, NatEvent } from '../tables/eventRing.js';
import { LetterKind } from '../tables/handoffRing.js';
import { Adjacency } from '../tables/neighbors.js';
import { homeOf } from '../tables/ownership.js';
import { poolOf, portRelease, swapPort } from '../tables/portBlocks.js';
import { Session, sessionRemove } from '../tables/sessions.js';
import { Limit } from '../tables/snapshot.js';
import { wheelLink, wheelNext, wheelUnlink } from '../tables/timerWheel.js';
import { forgetAcks } from './acknowledgements.js';
import type { PipelineContext } from './context.js';
import { tellHome } from './handoff.js';
import { sessionTimeout } from './tcpState.js';

/** Rows looked at in one turn at most, so that a mass expiry costs no turn more than about a millisecond (TIM-4, D15). */
const EXPIRY_BUDGET = 2048;
/** Rows of that budget that an RST takes. */
const RESET_BUDGET = 8;

/**
 * Ends sessions whose time is over; links the others again where their slot now is. Called between bursts, with no received frame in
 * hand: SYNs that nothing came of are answered too (TCP-4).
 */
export function expireSessions(cx: PipelineContext): void {
  if (cx.heldSyns.count > 0) answerHeldSyns(cx);
  const t = cx.sessions;
  const r = t.rows;
  for (let i = 0; i < EXPIRY_BUDGET; i++) {
    const row = wheelNext(t, cx.now);
    if (row < 0) return;
    const meta = r[row + Session.Meta]!;
    const timeout = sessionTimeout(cx.timeouts, meta);
    const left = timeout - ((cx.now - r[row + Session.LastSeen]!) | 0);
    if (left > 0) {
      wheelLink(t, row, cx.now, left);
      if (cx.handoff.workers > 1) tell(cx, row, LetterKind.Kept);
      continue;
    }
    if (isElsewhere(meta)) {
      removeElsewhere(t, row);
      continue;
    }
    // An RST costs as much as looking at many rows.
    i += resetEnds(cx, row) * RESET_BUDGET;
    removeUnlinked(cx, row);
    cx.counters.events[CounterEvent.SessionsExpired] = cx.counters.events[CounterEvent.SessionsExpired]! + 1;
  }
}

/** Ends a session now: port, references, indices and row are given back. */
export function endSession(cx: PipelineContext, row: number): void {
  wheelUnlink(cx.sessions, row);
  removeUnlinked(cx, row);
}

/** Ends a session that an operator wants gone; ends that still believe in it may be told (TIM-6). */
export function purgeSession(cx: PipelineContext, row: number): void {
  resetEnds(cx, row);
  endSession(cx, row);
}

/** Forgets that another worker has a session. */
export function endElsewhere(cx: PipelineContext, row: number): void {
  wheelUnlink(cx.sessions, row);
  removeElsewhere(cx.sessions, row);
}

/** Tells the home of a session that we have for it. */
function tell(cx: PipelineContext, row: number, kind: LetterKind): void {
  const r = cx.sessions.rows;
  if (isElsewhere(r[row + Session.Meta]!)) return;
  const home = homeOf(r[row + Session.InsideAddress]!, cx.handoff.workers);
  if (home !== cx.worker) tellHome(cx, row, home, kind);
}

function removeUnlinked(cx: PipelineContext, row: number): void {
  const r = cx.sessions.rows;
  const meta = r[row + Session.Meta]!;
  const pool = poolOf(cx.ports64, meta & 0xff, r[row + Session.Pool]!);
  // While the port is still ours: its next session cannot be told first.
  eventSession(cx.events, NatEvent.SessionDelete, r, row);
  portRelease(cx.ports64, cx.worker, pool, swapPort(r[row + Session.InwardPorts]! >>> 16));
  unreference(cx, r[row + Session.OutwardAdjacency]!);
  unreference(cx, r[row + Session.InwardAdjacency]!);
  if (cx.handoff.workers > 1) tell(cx, row, LetterKind.Ended);
  countZone(cx.counters, meta >>> 16, ZoneCounter.Ended);
  if (cx.limits[Limit.ResetOnExpiry] !== 0) forgetAcks(cx, row);
  sessionRemove(cx.sessions, row);
}

function unreference(cx: PipelineContext, adjacency: number): void {
  if (adjacency < 0) return;
  const n = cx.neighbors.rows;
  n[adjacency + Adjacency.References] = n[adjacency + Adjacency.References]! - 1;
}
