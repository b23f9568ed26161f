import type { PipelineContext } from '../pipeline/context.js';
import { endSession } from '../pipeline/expire.js';
import { endHeld } from '../pipeline/heldPorts.js';
import { sessionTimeout } from '../pipeline/tcpState.js';
import { CounterEvent, countEvent } from '../shared/counters.js';
import { blocksHeld, headOf, PoolHead, portsUsed, swapPort } from '../tables/portBlocks.js';
import { portTake } from '../tables/portTake.js';
import { roomFirst } from '../tables/roomLists.js';
import { Session, SessionFlag } from '../tables/sessions.js';
import { Mode } from '../tables/zones.js';
import { Choice } from './choice.js';
import { sharePort } from './sharePort.js';

/**
 * How far the search for a port goes when a pool runs short; each stage is tried on all addresses of the zone, with all workers,
 * before the next (ZON-3, zones.md 4 "exhaustion"). Established sessions are never ended (EXH-1).
 */
export const enum Stage {
  /** A port nobody has. */
  Free = 0,
  /** One in use, for another remote (port overloading; MAP-3). */
  Share,
  /** One that is held back after its session, the oldest first (ZON-7). */
  Held,
  /** One of a closing or half-open session that was silent for ten seconds, of the same host if there is one. */
  Recycle,
  Count,
}

/** Ticks without a frame after which a closing or half-open session may be ended for another. */
const RECYCLE_IDLE = 100;
/** Rows of a list looked at for one that suits best. */
const SEARCH = 32;

/**
 * A port of `pool` by `stage` out of our own blocks, in host order, or -1. Sets the flags in `cx.choice` that come with it. `modes`
 * are the zone's Mode bits for the protocol.
 */
export function portBy(
  cx: PipelineContext,
  stage: Stage,
  modes: number,
  pool: number,
  inside: number,
  remote: number,
  remotePort: number,
): number {
  if (stage === Stage.Free) return portTake(cx.ports64, cx.worker, pool, cx.random);
  if (stage === Stage.Share) return shared(cx, pool, remote, remotePort);
  const row = stage === Stage.Held ? heldFor(cx, pool, remote, remotePort) : recyclable(cx, pool, inside, remote, remotePort);
  if (row < 0) return -1;
  if (stage === Stage.Held) {
    endHeld(cx, row);
    countEvent(cx.counters, CounterEvent.HeldReused);
  } else {
    endSession(cx, row, false);
    countEvent(cx.counters, CounterEvent.SessionsRecycled);
  }
  // The port may have had other sessions: then it is free towards this remote only.
  const port = portTake(cx.ports64, cx.worker, pool, cx.random);
  return port >= 0 || (modes & Mode.Overload) === 0 ? port : shared(cx, pool, remote, remotePort);
}

/** A shared port is nobody's mapping. */
function shared(cx: PipelineContext, pool: number, remote: number, remotePort: number): number {
  const port = sharePort(cx, pool, cx.choice[Choice.External]!, remote, remotePort);
  if (port >= 0) cx.choice[Choice.Flags] = SessionFlag.Overlapped;
  return port;
}

/**
 * The port that has been held longest among those whose end helps; -1 when none does. In a long list the oldest goes when none of the
 * first helps, so that the next session finds more.
 */
export function heldFor(cx: PipelineContext, pool: number, remote: number, remotePort: number): number {
  const r = cx.sessions.rows;
  const oldest = roomFirst(cx.ports64, cx.worker, pool, PoolHead.HeldFirst);
  let row = oldest;
  for (let i = 0; i < SEARCH && row >= 0; i++) {
    if (helps(cx, row, pool, remote, remotePort)) return row;
    row = r[row + Session.SiblingNext]! - 1;
  }
  return row < 0 ? -1 : oldest;
}

/** True when with the end of `row` its port is usable towards the remote: nobody shares it, or the row's remote is this one. */
function helps(cx: PipelineContext, row: number, pool: number, remote: number, remotePort: number): boolean {
  const r = cx.sessions.rows;
  const inward = r[row + Session.InwardPorts]!;
  if (r[row + Session.RemoteAddress] === remote && (inward & 0xffff) === remotePort) return true;
  return cx.ports64.sharers[pool * 65_536 + swapPort(inward >>> 16)] === 0;
}

/** False when `worker` certainly has nothing of `pool` to offer at this stage. What others have changes while we look: it is a hint. */
export function mayOffer(cx: PipelineContext, worker: number, stage: Stage, pool: number): boolean {
  const p = cx.ports64;
  const head = headOf(p, worker, pool);
  if (stage === Stage.Free) return Atomics.load(p.heads, head + PoolHead.Capacity) > portsUsed(p, worker, pool);
  if (stage === Stage.Share) return blocksHeld(p, worker, pool) > 0;
  return Atomics.load(p.heads, head + (stage === Stage.Held ? PoolHead.HeldFirst : PoolHead.RecycleFirst)) !== 0;
}

/**
 * The session that has been closing or half open longest, one of this host among the first; -1 when none was silent long enough.
 * Only one whose end helps: nobody shares its port, or its remote is this one.
 */
export function recyclable(cx: PipelineContext, pool: number, inside: number, remote: number, remotePort: number): number {
  const r = cx.sessions.rows;
  let found = -1;
  let row = roomFirst(cx.ports64, cx.worker, pool, PoolHead.RecycleFirst);
  for (let i = 0; i < SEARCH && row >= 0; i++) {
    const idle = (cx.now - r[row + Session.LastSeen]!) | 0;
    // With short timers of a lab, half of the timer is long enough.
    if (
      helps(cx, row, pool, remote, remotePort) &&
      idle >= Math.min(RECYCLE_IDLE, sessionTimeout(cx.timeouts, r[row + Session.Meta]!) >> 1)
    ) {
      if (r[row + Session.InsideAddress] === inside) return row;
      if (found < 0) found = row;
    }
    row = r[row + Session.SiblingNext]! - 1;
  }
  return found;
}
