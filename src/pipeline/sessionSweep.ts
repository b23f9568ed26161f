import { CounterEvent } from '../shared/counters.js';
import { swapPort } from '../tables/portBlocks.js';
import { HELD, isSession, poolIndexOf, routerOf, Session, SessionsHead, zoneOf } from '../tables/sessions.js';
import { wheelLink, wheelUnlink } from '../tables/timerWheel.js';
import type { PipelineContext } from './context.js';
import { purgeSession } from './expire.js';
import { endHeld } from './heldPorts.js';
import { isContradicted } from './staticSweep.js';
import { sessionTimeout } from './tcpState.js';

/** Rows a sweep looks at in one turn, so that no turn takes longer than about a millisecond. */
const ROWS_PER_TURN = 2048;

/** Which sessions are meant. Addresses and masks as loaded; a mask of 0 matches all. -1 = any. */
export interface SessionFilter {
  readonly protocol: number;
  readonly state: number;
  /** Zone state index. */
  readonly zone: number;
  /** Number of the router. */
  readonly router: number;
  readonly inside: number;
  readonly insideMask: number;
  readonly external: number;
  readonly externalMask: number;
  readonly remote: number;
  readonly remoteMask: number;
  /** Host order. For ICMP the identifiers. */
  readonly insidePort: number;
  readonly externalPort: number;
  readonly remotePort: number;
}

/** Means every session; the parts of a filter that say less are written over it. */
export const anySession: SessionFilter = {
  protocol: -1,
  state: -1,
  zone: -1,
  router: -1,
  inside: 0,
  insideMask: 0,
  external: 0,
  externalMask: 0,
  remote: 0,
  remoteMask: 0,
  insidePort: -1,
  externalPort: -1,
  remotePort: -1,
};

/** True when the row of a live session is meant by the filter. */
export function sessionMatches(rows: Int32Array, row: number, f: SessionFilter): boolean {
  const meta = rows[row + Session.Meta]!;
  if (f.protocol >= 0 && (meta & 0xff) !== f.protocol) return false;
  if (f.state >= 0 && ((meta >>> 8) & 0xff) !== f.state) return false;
  if (f.zone >= 0 && zoneOf(meta) !== f.zone) return false;
  if (f.router >= 0 && routerOf(rows, row) !== f.router) return false;
  if ((rows[row + Session.InsideAddress]! & f.insideMask) !== f.inside) return false;
  if ((rows[row + Session.ExternalAddress]! & f.externalMask) !== f.external) return false;
  if ((rows[row + Session.RemoteAddress]! & f.remoteMask) !== f.remote) return false;
  if (f.insidePort >= 0 && swapPort(rows[row + Session.OutwardPorts]! & 0xffff) !== f.insidePort) return false;
  if (f.externalPort >= 0 && swapPort(rows[row + Session.InwardPorts]! >>> 16) !== f.externalPort) return false;
  return f.remotePort < 0 || swapPort(rows[row + Session.OutwardPorts]! >>> 16) === f.remotePort;
}

/**
 * Walks over all sessions in slices, a slice a turn: to put each where its timer now belongs after the timers changed (TIM-3),
 * or to end those a filter means. Sessions made meanwhile are right already.
 */
export class SessionSweep {
  #next = -1;
  #end = 0;
  #filter: SessionFilter | 'reload' | undefined;
  /** Sessions ended by the sweep under way or done last. */
  ended = 0;

  get active(): boolean {
    return this.#next >= 0;
  }

  /** Starts a sweep that ends what `filter` means or what a reload contradicts, or without one a sweep that sets the timers anew. */
  begin(cx: PipelineContext, filter: SessionFilter | 'reload' | undefined): void {
    this.#next = 0;
    this.#end = cx.sessions.head[SessionsHead.HighWater]!;
    this.#filter = filter;
    this.ended = 0;
  }

  #isMeant(cx: PipelineContext, row: number, filter: SessionFilter | 'reload'): boolean {
    return filter === 'reload' ? isContradicted(cx, row) : sessionMatches(cx.sessions.rows, row, filter);
  }

  /** One slice. Returns true when it was the last. */
  run(cx: PipelineContext): boolean {
    const t = cx.sessions;
    const end = Math.min(this.#end, this.#next + ROWS_PER_TURN);
    for (; this.#next < end; this.#next++) {
      const row = this.#next * Session.Words;
      const meta = t.rows[row + Session.Meta]!;
      if ((meta & 0xff) === 0) continue;
      if (this.#filter === undefined) retime(cx, row, meta);
      else if (this.#filter === 'reload' && isIdleHeld(cx, row, meta)) endHeld(cx, row);
      else if (isSession(meta) && this.#isMeant(cx, row, this.#filter)) {
        purgeSession(cx, row);
        this.ended++;
        cx.counters.events[CounterEvent.SessionsPurged] = cx.counters.events[CounterEvent.SessionsPurged]! + 1;
      }
    }
    if (this.#next < this.#end) return false;
    this.#next = -1;
    return true;
  }
}

/** True for a held port of an address that is not handed out any more: nobody could get it. */
function isIdleHeld(cx: PipelineContext, row: number, meta: number): boolean {
  return ((meta >>> 8) & 0xff) === HELD && cx.zones.offered[poolIndexOf(cx.sessions.rows, row)] !== 1;
}

function retime(cx: PipelineContext, row: number, meta: number): void {
  const timeout = sessionTimeout(cx.timeouts, meta);
  wheelUnlink(cx.sessions, row);
  wheelLink(cx.sessions, row, cx.now, timeout - ((cx.now - cx.sessions.rows[row + Session.LastSeen]!) | 0));
}
