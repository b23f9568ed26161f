import { largestPacket } from '../pipeline/applySession.js';
import type { PipelineContext } from '../pipeline/context.js';
import { emit } from '../pipeline/emit.js';
import { Verdict } from '../shared/verdict.js';
import { Adjacency, NeighborState } from '../tables/neighbors.js';
import { moveFinished, TTL_DELTA } from '../wire/checksum.js';
import { Ipv4 } from '../wire/ipv4.js';
import { fragmentAndSend } from './fragment.js';
import { tooBig } from './mtu.js';
import { waitForNeighbor } from './waitForNeighbor.js';

/**
 * The way out of a frame that no session row leads: is it open? Continue: passOn may send the frame, which is still as it came.
 * `adjacency` below 0: the neighbour table has no room. `mtu`: that of the way (way.ts).
 */
export function wayOut(cx: PipelineContext, f: number, adjacency: number, mtu: number): Verdict {
  if (adjacency < 0) return Verdict.DropNeighborTableFull;
  if (cx.neighbors.rows[adjacency + Adjacency.State]! < NeighborState.Stale) return waitForNeighbor(cx, f, adjacency);
  return largestPacket(cx, f) <= mtu ? Verdict.Continue : tooBig(cx, f, mtu);
}

/** Takes one from the TTL and sends the frame, in fragments when it is too big for one. Returns `sent`. */
export function passOn(cx: PipelineContext, f: number, adjacency: number, mtu: number, sent: Verdict): Verdict {
  const m = cx.memory;
  const ip = cx.ip[f]!;
  m.u8[ip + Ipv4.Ttl] = m.u8[ip + Ipv4.Ttl]! - 1;
  const check = (ip + Ipv4.Checksum) >> 1;
  m.u16[check] = moveFinished(m.u16[check]!, TTL_DELTA);
  if (largestPacket(cx, f) > mtu) return fragmentAndSend(cx, f, adjacency, mtu, 0) ? sent : Verdict.DropScratchFull;
  emit(cx, ip, cx.end[f]! - ip, ip - cx.offsets[f]!, adjacency);
  return sent;
}
