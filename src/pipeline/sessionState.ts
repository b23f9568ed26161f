import { LetterKind } from '../tables/handoffRing.js';
import { Host, hostFind } from '../tables/hosts.js';
import { homeOf } from '../tables/ownership.js';
import { PoolHead, poolOf, portSpaceOf } from '../tables/portBlocks.js';
import { roomAppend, roomRemove } from '../tables/roomLists.js';
import { poolIndexOf, routerOf, Session, SessionFlag } from '../tables/sessions.js';
import { wheelLink, wheelUnlink } from '../tables/timerWheel.js';
import type { PipelineContext } from './context.js';
import { tellHome } from './handoff.js';
import { SessionState, setSessionState, timeoutSlot } from './tcpState.js';

/** What hangs on the state of a TCP session: its timer, its place among those that may make room, its host's half-open ones. */

/** Moves a TCP session to another state. */
export function changeState(cx: PipelineContext, row: number, state: SessionState, next: SessionState): void {
  const t = cx.sessions;
  unlistRecyclable(cx, row);
  setSessionState(t, row, next);
  listRecyclable(cx, row);
  if (isHalfOpen(6, state) !== isHalfOpen(6, next)) countHalfOpen(cx, row, isHalfOpen(6, next) ? 1 : -1);
  // The new timer may be shorter than the one the row waits for on the wheel.
  wheelUnlink(t, row);
  wheelLink(t, row, cx.now, cx.timeouts[timeoutSlot(6, next)]!);
}

/** Lists a session that may be ended to make room: one without a mapping's ring, closing or half open. */
export function listRecyclable(cx: PipelineContext, row: number): void {
  const r = cx.sessions.rows;
  const meta = r[row + Session.Meta]!;
  if (isRecyclable(meta))
    roomAppend(cx.ports64, cx.worker, poolOf(cx.ports64, 6, poolIndexOf(r, row)), PoolHead.RecycleFirst, r, row);
}

/** Takes it off that list again, if it is there. */
export function unlistRecyclable(cx: PipelineContext, row: number): void {
  const r = cx.sessions.rows;
  const meta = r[row + Session.Meta]!;
  if (isRecyclable(meta))
    roomRemove(cx.ports64, cx.worker, poolOf(cx.ports64, 6, poolIndexOf(r, row)), PoolHead.RecycleFirst, r, row);
}

function isRecyclable(meta: number): boolean {
  if ((meta & 0xff) !== 6 || (meta & (SessionFlag.Mapped | SessionFlag.Static)) !== 0) return false;
  const state = (meta >>> 8) & 0xff;
  return isHalfOpen(6, state) || state === SessionState.Closing || state === SessionState.Reset;
}

/** For a home: the worker that has the session of an ELSEWHERE row says that it is half open, or not any more. */
export function hearHalfOpen(cx: PipelineContext, row: number, halfOpen: boolean): void {
  const r = cx.sessions.rows;
  const meta = r[row + Session.Meta]!;
  if (((meta & SessionFlag.HalfOpen) !== 0) === halfOpen) return;
  r[row + Session.Meta] = meta ^ SessionFlag.HalfOpen;
  addHalfOpen(cx, row, halfOpen ? 1 : -1);
}

/** SessionState by a Meta word, for what is counted of hosts: an ELSEWHERE row says no more than whether the session is half open. */
export function countedState(meta: number): SessionState {
  const state = (meta >>> 8) & 0xff;
  return state === SessionState.Elsewhere && (meta & SessionFlag.HalfOpen) !== 0 ? SessionState.HalfOpen : state;
}

/** SessionFlag bits of an ELSEWHERE row whose session begins in `state`. */
export function elsewhereFlags(protocol: number, state: SessionState): number {
  return isHalfOpen(protocol, state) ? SessionFlag.HalfOpen : 0;
}

/** A TCP session that only one side has opened. */
function isHalfOpen(protocol: number, state: SessionState): boolean {
  return protocol === 6 && (state === SessionState.HalfOpen || state === SessionState.Unanswered);
}

/** The home counts it: ourselves, or whoever it is. */
function countHalfOpen(cx: PipelineContext, row: number, by: number): void {
  const inside = cx.sessions.rows[row + Session.InsideAddress]!;
  const home = homeOf(inside, cx.handoff.workers);
  if (home !== cx.worker) {
    tellHome(cx, row, home, by > 0 ? LetterKind.HalfOpen : LetterKind.Settled);
    return;
  }
  addHalfOpen(cx, row, by);
}

/** For the host of a row, whose home we are. */
function addHalfOpen(cx: PipelineContext, row: number, by: number): void {
  const r = cx.sessions.rows;
  const host = hostFind(cx.hosts, r[row + Session.InsideAddress]!, routerOf(r, row));
  if (host >= 0) cx.hosts.rows[host + Host.HalfOpen] = cx.hosts.rows[host + Host.HalfOpen]! + by;
}

/** Row of a router's inside host whose home we are, or -1. */
export function hostOf(cx: PipelineContext, inside: number, router: number): number {
  if (cx.handoff.workers > 1 && homeOf(inside, cx.handoff.workers) !== cx.worker) return -1;
  return hostFind(cx.hosts, inside, router);
}

/** Counts a session's port, if it has one of its own, and that it is half open, for the host. */
export function countHost(cx: PipelineContext, host: number, protocol: number, state: number, ports: number, by: number): void {
  const r = cx.hosts.rows;
  const at = host + Host.Ports + portSpaceOf(protocol);
  r[at] = r[at]! + ports * by;
  if (isHalfOpen(protocol, state)) r[host + Host.HalfOpen] = r[host + Host.HalfOpen]! + by;
}
