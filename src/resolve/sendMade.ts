import type { PipelineContext } from '../pipeline/context.js';
import { emit } from '../pipeline/emit.js';
import { CounterEvent } from '../shared/counters.js';
import { Adjacency, NeighborState } from '../tables/neighbors.js';
import { Rif } from '../tables/rifs.js';
import { Ipv4, ipv4HeaderLength, ipv4Source, Protocol } from '../wire/ipv4.js';
import { queueMade } from './nextHop.js';
import { adjacencyOfWay, rifOfWay, wayOfOwn } from './way.js';

/**
 * Routes a packet the gateway made about frame `f` (an RST) to its sender `destination`, waiting for the neighbour if
 * need be (ERR-17). `l2` octets of Ethernet header stand before `ip`. What cannot go is counted as QueuedDropped.
 */
export function sendMade(cx: PipelineContext, f: number, ip: number, octets: number, l2: number, destination: number): void {
  const m = cx.memory;
  const protocol = m.u8[ip + Ipv4.Protocol]!;
  const ports = protocol === Protocol.Tcp ? m.i32[(ip + ipv4HeaderLength(m, ip)) >> 2]! : 0;
  const found = wayOfOwn(cx, ipv4Source(m, ip), destination, m.u8[ip + Ipv4.Tos]!, ports, protocol);
  sendByWay(cx, f, found, ip, octets, l2, destination);
}

/** The same by the way `found`, the rest of which stands in `cx.way`. */
export function sendByWay(
  cx: PipelineContext,
  f: number,
  found: number,
  ip: number,
  octets: number,
  l2: number,
  destination: number,
): void {
  sendBy(cx, isOnSideOf(cx, f, rifOfWay(cx, found)) ? adjacencyOfWay(cx, found, destination) : -1, ip, octets, l2);
}

/** Sends a packet the gateway made to the next hop in `adjacency`, as sendMade does; -1 = there is none. */
export function sendBy(cx: PipelineContext, adjacency: number, ip: number, octets: number, l2: number): void {
  if (adjacency >= 0) {
    if (cx.neighbors.rows[adjacency + Adjacency.State]! >= NeighborState.Stale) {
      emit(cx, ip, octets, l2, adjacency);
      return;
    }
    if (queueMade(cx, adjacency, ip - l2, octets + l2)) return;
  }
  cx.counters.events[CounterEvent.QueuedDropped] = cx.counters.events[CounterEvent.QueuedDropped]! + 1;
}

/**
 * A sender inside that names an outside address, or the other way round, lied about its source: an answer would carry an
 * address of ours, or somebody's payload, across the border untranslated (GEN-7).
 */
export function isOnSideOf(cx: PipelineContext, f: number, rif: number): boolean {
  const rows = cx.rifs.rows;
  return rif >= 0 && rows[rif * Rif.Words + Rif.Role] === rows[cx.rif[f]! * Rif.Words + Rif.Role];
}
