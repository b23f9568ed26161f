import { applySession, largestPacket, rewrite, writeId } from '../pipeline/applySession.js';
import type { PipelineContext } from '../pipeline/context.js';
import { newFragmentId } from '../pipeline/fragments.js';
import { Verdict } from '../shared/verdict.js';
import { Adjacency, NeighborState } from '../tables/neighbors.js';
import { Session } from '../tables/sessions.js';
import { IcmpType } from '../wire/icmp.js';
import { FragmentBits, Ipv4 } from '../wire/ipv4.js';
import { fragmentAndSend } from './fragment.js';
import { sendIcmpError } from './icmpError.js';
import { tooBig } from './mtu.js';
import { adjacencyTowards } from './nextHop.js';
import { waitForNeighbor } from './waitForNeighbor.js';

/**
 * A frame of a known session that the fast path would not take: TTL, a route that changed, a neighbour that is not ready, or a
 * packet too big for the way out. The session's addresses and port are never chosen again (D1).
 */
export function resolveSession(cx: PipelineContext, f: number, row: number, outward: boolean): Verdict {
  const m = cx.memory;
  const r = cx.sessions.rows;
  const ip = cx.ip[f]!;
  if (m.u8[ip + Ipv4.Ttl]! <= 1) {
    sendIcmpError(cx, f, IcmpType.TimeExceeded, 0, 0);
    return Verdict.DropTtlExceeded;
  }
  if ((r[row + Session.EpochPool]! & 0xffff) !== cx.epoch) {
    chooseAdjacency(cx, row, true);
    chooseAdjacency(cx, row, false);
    r[row + Session.EpochPool] = (r[row + Session.EpochPool]! & ~0xffff) | cx.epoch;
  }
  if (r[row + (outward ? Session.OutwardAdjacency : Session.InwardAdjacency)]! < 0) chooseAdjacency(cx, row, outward);
  const adjacency = r[row + (outward ? Session.OutwardAdjacency : Session.InwardAdjacency)]!;
  if (adjacency < 0) return Verdict.DropNoRoute;
  if (cx.neighbors.rows[adjacency + Adjacency.State]! < NeighborState.Stale) return waitForNeighbor(cx, f, adjacency);
  const mtu = cx.neighbors.rows[adjacency + Adjacency.Mtu]!;
  if (largestPacket(cx, f) <= mtu) return applySession(cx, f, row, outward);
  const v = tooBig(cx, f, mtu);
  if (v !== Verdict.Continue) return v;
  const whole = (m.u16[(ip + Ipv4.FlagsFragment) >> 1]! & FragmentBits.NotWhole) === 0;
  rewrite(cx, f, row, outward);
  if ((outward || cx.hairpin) && whole) writeId(m, ip, newFragmentId(cx, r[row + Session.RemoteAddress]!));
  return fragmentAndSend(cx, f, adjacency, mtu) ? Verdict.Translated : Verdict.DropScratchFull;
}

/** A frame of a session that was found in the slow path: by the fast path's steps if they take it. */
export function forwardSession(cx: PipelineContext, f: number, row: number, outward: boolean): Verdict {
  const v = applySession(cx, f, row, outward);
  return v === Verdict.Continue ? resolveSession(cx, f, row, outward) : v;
}

/** Chooses the next hop of one direction anew and moves the reference. -1 when there is no route or no room. */
function chooseAdjacency(cx: PipelineContext, row: number, outward: boolean): void {
  const r = cx.sessions.rows;
  const word = row + (outward ? Session.OutwardAdjacency : Session.InwardAdjacency);
  const before = r[word]!;
  const after = adjacencyTowards(cx, r[row + (outward ? Session.RemoteAddress : Session.InsideAddress)]!);
  if (after === before) return;
  const n = cx.neighbors.rows;
  if (before >= 0) n[before + Adjacency.References] = n[before + Adjacency.References]! - 1;
  if (after >= 0) n[after + Adjacency.References] = n[after + Adjacency.References]! + 1;
  r[word] = after;
}
