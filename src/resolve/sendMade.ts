import type { PipelineContext } from '../pipeline/context.js';
import { emit } from '../pipeline/emit.js';
import { CounterEvent } from '../shared/counters.js';
import { Adjacency, NeighborState } from '../tables/neighbors.js';
import { adjacencyTowards, queueMade } from './nextHop.js';

/**
 * Routes a packet the gateway made (an echo reply, an ICMP error) to `destination`, waiting for its neighbour if need be
 * (ERR-17). `l2` octets of Ethernet header stand before `ip`. What cannot go is counted as QueuedDropped.
 */
export function sendMade(cx: PipelineContext, ip: number, octets: number, l2: number, destination: number): void {
  const adjacency = adjacencyTowards(cx, destination);
  if (adjacency >= 0) {
    if (cx.neighbors.rows[adjacency + Adjacency.State]! >= NeighborState.Stale) {
      emit(cx, ip, octets, l2, adjacency);
      return;
    }
    if (queueMade(cx, adjacency, ip - l2, octets + l2)) return;
  }
  cx.counters.events[CounterEvent.QueuedDropped] = cx.counters.events[CounterEvent.QueuedDropped]! + 1;
}
