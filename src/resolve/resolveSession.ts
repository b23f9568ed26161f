import { applySession, largestPacket, rewrite, writeId } from '../pipeline/applySession.js';
import type { PipelineContext } from '../pipeline/context.js';
import { emit } from '../pipeline/emit.js';
import { newFragmentId } from '../pipeline/fragments.js';
import { Verdict } from '../shared/verdict.js';
import { FibError } from '../tables/fib.js';
import { Adjacency, NeighborState } from '../tables/neighbors.js';
import { Session } from '../tables/sessions.js';
import { FragmentBits, Ipv4 } from '../wire/ipv4.js';
import { asItCame } from './asItCame.js';
import { fragmentAndSend } from './fragment.js';
import { tooBig } from './mtu.js';
import { refuse } from './refuse.js';
import { ttlOver } from './ttlOver.js';
import { waitForNeighbor } from './waitForNeighbor.js';
import { adjacencyOfWay, leadsOutAgain, mayKeepWay, mtuOfWay, rifOfWay, wayOfSession } from './way.js';

/**
 * A frame of a known session that the fast path would not take: TTL, a route that changed, a neighbour that is not ready, a packet too
 * big for the way out, or a way that the session may not keep. Its addresses and port are never chosen again (D1).
 */
export function resolveSession(cx: PipelineContext, f: number, row: number, outward: boolean): Verdict {
  const m = cx.memory;
  const r = cx.sessions.rows;
  const ip = cx.ip[f]!;
  const word = row + (outward ? Session.OutwardAdjacency : Session.InwardAdjacency);
  if ((r[row + Session.EpochPool]! & 0xffff) !== cx.epoch) forgetWays(cx, row);
  let adjacency = r[word]!;
  let mtu = 0;
  if (adjacency < 0) {
    const found = wayOfSession(cx, row, outward, f);
    const leaks = leadsOutAgain(cx, found, outward);
    if (leaks || rifOfWay(cx, found) < 0) {
      if (cx.hairpin) asItCame(cx, f);
      return refuse(cx, f, leaks ? FibError.None : found);
    }
    mtu = mtuOfWay(cx, found);
    const keep = mayKeepWay(cx, found);
    adjacency = adjacencyOfWay(cx, found, r[row + (outward ? Session.RemoteAddress : Session.InsideAddress)]!);
    if (adjacency < 0) return Verdict.DropNeighborTableFull;
    if (keep) keepAdjacency(cx, word, adjacency);
  } else mtu = cx.neighbors.rows[adjacency + Adjacency.Mtu]!;
  const over = ttlOver(cx, f, 0);
  if (over !== Verdict.Continue) return over;
  if (cx.neighbors.rows[adjacency + Adjacency.State]! < NeighborState.Stale) return waitForNeighbor(cx, f, adjacency);
  const fits = largestPacket(cx, f) <= mtu;
  if (!fits) {
    const v = tooBig(cx, f, mtu);
    if (v !== Verdict.Continue) return v;
  }
  const whole = (m.u16[(ip + Ipv4.FlagsFragment) >> 1]! & FragmentBits.NotWhole) === 0;
  cx.wayMtu = mtu;
  rewrite(cx, f, row, outward);
  cx.wayMtu = 0;
  if (fits) {
    emit(cx, ip, cx.end[f]! - ip, ip - cx.offsets[f]!, adjacency);
    return Verdict.Translated;
  }
  const ids = (outward || cx.hairpin) && whole ? r[row + Session.RemoteAddress]! : 0;
  if (ids !== 0) writeId(m, ip, newFragmentId(cx, ids));
  return fragmentAndSend(cx, f, adjacency, mtu, ids) ? Verdict.Translated : Verdict.DropScratchFull;
}

/** A frame of a session that was found in the slow path: by the fast path's steps if they take it. */
export function forwardSession(cx: PipelineContext, f: number, row: number, outward: boolean): Verdict {
  const v = applySession(cx, f, row, outward);
  return v === Verdict.Continue ? resolveSession(cx, f, row, outward) : v;
}

/** Lets go of both next hops: routes or router interfaces have changed. Each direction looks for its own with its next frame. */
function forgetWays(cx: PipelineContext, row: number): void {
  const r = cx.sessions.rows;
  keepAdjacency(cx, row + Session.OutwardAdjacency, -1);
  keepAdjacency(cx, row + Session.InwardAdjacency, -1);
  r[row + Session.EpochPool] = (r[row + Session.EpochPool]! & ~0xffff) | cx.epoch;
}

/** Moves the reference in a word of a session from one neighbour to another; -1 = none. */
function keepAdjacency(cx: PipelineContext, word: number, after: number): void {
  const n = cx.neighbors.rows;
  const before = cx.sessions.rows[word]!;
  if (after === before) return;
  if (before >= 0) n[before + Adjacency.References] = n[before + Adjacency.References]! - 1;
  if (after >= 0) n[after + Adjacency.References] = n[after + Adjacency.References]! + 1;
  cx.sessions.rows[word] = after;
}
