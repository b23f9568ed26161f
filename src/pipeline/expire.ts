import { resetEnds } from '../resolve/sessionReset.js';
import { answerHeldSyns } from '../resolve/unsolicitedSyn.js';
import { CounterEvent, countEvent, countZone, ZoneCounter } from '../shared/counters.js';
import { isElsewhere, removeElsewhere } from '../tables/elsewhere.js';
import { eventBinding, eventSession, NatEvent } from '../tables/eventRing.js';
import { LetterKind } from '../tables/handoffRing.js';
import { Host, hostSessions } from '../tables/hosts.js';
import { mappingLeave } from '../tables/mappings.js';
import { Adjacency } from '../tables/neighbors.js';
import { homeOf } from '../tables/ownership.js';
import { countSession, poolOf, swapPort } from '../tables/portBlocks.js';
import { portRelease } from '../tables/portTake.js';
import { sessionRemove } from '../tables/sessionIndices.js';
import { isOverlapped, isSession, poolIndexOf, routerOf, Session, SessionFlag, zoneOf } from '../tables/sessions.js';
import { Limit } from '../tables/snapshot.js';
import { wheelLink, wheelNext, wheelUnlink } from '../tables/timerWheel.js';
import { forgetAcks } from './acknowledgements.js';
import type { PipelineContext } from './context.js';
import { expiringRow, forgetExpiring, ticksLeft } from './expiring.js';
import { tellHome } from './handoff.js';
import { endHeldUnlinked, hold, mustHold, remoteFreed, roomToHold } from './heldPorts.js';
import { countedState, countHost, hostOf, unlistRecyclable } from './sessionState.js';
import { SessionState } from './tcpState.js';

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
  forgetExpiring(cx);
  for (let i = 0; i < EXPIRY_BUDGET; i++) {
    const row = wheelNext(t, cx.now);
    if (row < 0) return;
    const meta = r[row + Session.Meta]!;
    const left = ticksLeft(cx, row, meta);
    if (left > 0) {
      wheelLink(t, row, cx.now, left);
      if (cx.handoff.workers > 1) tell(cx, row, LetterKind.Kept);
      continue;
    }
    expiringRow(cx, row);
    if (isElsewhere(meta)) {
      elsewhereUnlinked(cx, row);
      continue;
    }
    if (((meta >>> 8) & 0xff) === SessionState.Held) {
      endHeldUnlinked(cx, row);
      continue;
    }
    // An RST costs as much as looking at many rows.
    i += resetEnds(cx, row) * RESET_BUDGET;
    removeUnlinked(cx, row, true);
    countEvent(cx.counters, CounterEvent.SessionsExpired);
  }
}

/** Ends a session now: port, references, indices and row are given back, or with `mayHold` the port is held if it must be. */
export function endSession(cx: PipelineContext, row: number, mayHold: boolean): void {
  wheelUnlink(cx.sessions, row);
  removeUnlinked(cx, row, mayHold);
}

/** Ends a session that an operator wants gone; ends that still believe in it may be told (TIM-6). */
export function purgeSession(cx: PipelineContext, row: number): void {
  resetEnds(cx, row);
  endSession(cx, row, true);
}

/** Forgets that another worker has a session. */
export function endElsewhere(cx: PipelineContext, row: number): void {
  wheelUnlink(cx.sessions, row);
  elsewhereUnlinked(cx, row);
}

function elsewhereUnlinked(cx: PipelineContext, row: number): void {
  const meta = cx.sessions.rows[row + Session.Meta]!;
  const isLast = (meta & SessionFlag.Mapped) === 0 || mappingLeave(cx.sessions, row);
  forgetForHost(cx, row, meta, isLast);
  removeElsewhere(cx.sessions, row);
}

/** Tells the home of a session that we have for it. */
function tell(cx: PipelineContext, row: number, kind: LetterKind): void {
  const r = cx.sessions.rows;
  if (!isSession(r[row + Session.Meta]!)) return;
  const home = homeOf(r[row + Session.InsideAddress]!, cx.handoff.workers);
  if (home !== cx.worker) tellHome(cx, row, home, kind);
}

/** `mayHold`: the port is held back if it must be (ZON-7). */
function removeUnlinked(cx: PipelineContext, row: number, mayHold: boolean): void {
  const r = cx.sessions.rows;
  const meta = r[row + Session.Meta]!;
  const protocol = meta & 0xff;
  const isStatic = (meta & SessionFlag.Static) !== 0;
  unlistRecyclable(cx, row);
  // While the port is still ours: its next session cannot be told first.
  eventSession(cx.events, NatEvent.SessionDelete, r, row);
  const isLast = (meta & SessionFlag.Mapped) === 0 || leaveMapping(cx, row);
  unreference(cx, r[row + Session.OutwardAdjacency]!);
  unreference(cx, r[row + Session.InwardAdjacency]!);
  if (cx.handoff.workers > 1) tell(cx, row, LetterKind.Ended);
  if (cx.limits[Limit.ResetOnExpiry] !== 0) forgetAcks(cx, row);
  forgetForHost(cx, row, meta, isLast);
  countZone(cx.counters, zoneOf(meta), ZoneCounter.Ended);
  const pool = isStatic ? -1 : poolOf(cx.ports64, protocol, poolIndexOf(r, row));
  const port = swapPort(r[row + Session.InwardPorts]! >>> 16);
  if (!isStatic) countSession(cx.ports64, cx.worker, pool, isOverlapped(meta), -1);
  if (mayHold && isLast && mustHold(cx, row, meta) && roomToHold(cx, pool)) {
    hold(cx, row, pool);
    return;
  }
  if (!isStatic) {
    // A mapping's sessions have its port as one.
    if (isLast) portRelease(cx.ports64, cx.worker, pool, port);
    remoteFreed(cx, pool, row, port);
  }
  sessionRemove(cx.sessions, row);
}

/** True when the mapping ends with this session. */
function leaveMapping(cx: PipelineContext, row: number): boolean {
  const isLast = mappingLeave(cx.sessions, row);
  if (isLast) tellBinding(cx, NatEvent.BindingDelete, row);
  return isLast;
}

/** Tells of a mapping that its first session makes or its last one ends. */
export function tellBinding(cx: PipelineContext, event: NatEvent, row: number): void {
  const r = cx.sessions.rows;
  const meta = r[row + Session.Meta]!;
  const ports = (r[row + Session.OutwardPorts]! & 0xffff) | (r[row + Session.InwardPorts]! & ~0xffff);
  const external = r[row + Session.ExternalAddress]!;
  const inside = r[row + Session.InsideAddress]!;
  eventBinding(cx.events, event, meta & 0xff, zoneOf(meta), routerOf(r, row), inside, external, ports);
}

/** The host has a session less, and a port less when no other session of its mapping has it. */
function forgetForHost(cx: PipelineContext, row: number, meta: number, isLast: boolean): void {
  const host = hostOf(cx, cx.sessions.rows[row + Session.InsideAddress]!, routerOf(cx.sessions.rows, row));
  // A static mapping's session that began while the table of hosts was full was never counted.
  if (host < 0 || cx.hosts.rows[host + Host.Sessions] === 0) return;
  countHost(cx, host, meta & 0xff, countedState(meta), isLast && (meta & SessionFlag.Static) === 0 ? 1 : 0, -1);
  hostSessions(cx.hosts, host, -1);
}

function unreference(cx: PipelineContext, adjacency: number): void {
  if (adjacency < 0) return;
  const n = cx.neighbors.rows;
  n[adjacency + Adjacency.References] = n[adjacency + Adjacency.References]! - 1;
}
