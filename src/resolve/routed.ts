import { largestPacket } from '../pipeline/applySession.js';
import type { PipelineContext } from '../pipeline/context.js';
import { emit } from '../pipeline/emit.js';
import { Verdict } from '../shared/verdict.js';
import { Adjacency, NeighborState } from '../tables/neighbors.js';
import { moveFinished, TTL_DELTA } from '../wire/checksum.js';
import { Ipv4 } from '../wire/ipv4.js';
import { fragmentAndSend } from './fragment.js';
import { tooBig } from './mtu.js';
import { adjacencyFor } from './nextHop.js';
import { waitForNeighbor } from './waitForNeighbor.js';

/** Inside to inside: routed, never translated, no state (GEN-9). */
export function routed(cx: PipelineContext, f: number, rif: number, hop: number): Verdict {
  const m = cx.memory;
  const adjacency = adjacencyFor(cx, rif, hop);
  if (adjacency < 0) return Verdict.DropNeighborTableFull;
  if (cx.neighbors.rows[adjacency + Adjacency.State]! < NeighborState.Stale) return waitForNeighbor(cx, f, adjacency);
  const mtu = cx.neighbors.rows[adjacency + Adjacency.Mtu]!;
  const fits = largestPacket(cx, f) <= mtu;
  if (!fits) {
    const v = tooBig(cx, f, mtu);
    if (v !== Verdict.Continue) return v;
  }
  const ip = cx.ip[f]!;
  m.u8[ip + Ipv4.Ttl] = m.u8[ip + Ipv4.Ttl]! - 1;
  const check = (ip + Ipv4.Checksum) >> 1;
  m.u16[check] = moveFinished(m.u16[check]!, TTL_DELTA);
  if (!fits) return fragmentAndSend(cx, f, adjacency, mtu) ? Verdict.Routed : Verdict.DropScratchFull;
  emit(cx, ip, cx.end[f]! - ip, ip - cx.offsets[f]!, adjacency);
  return Verdict.Routed;
}
