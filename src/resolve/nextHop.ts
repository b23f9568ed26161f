import { sendArpRequest } from '../pipeline/arpSend.js';
import type { PipelineContext } from '../pipeline/context.js';
import { setNeighborState } from '../pipeline/neighborLearn.js';
import { isOwnNeighbor } from '../pipeline/ownNeighbor.js';
import { CounterEvent } from '../shared/counters.js';
import { Letter } from '../tables/handoffRing.js';
import { Adjacency, NeighborState, neighborFind, neighborInsert } from '../tables/neighbors.js';
import { Limit } from '../tables/snapshot.js';

/** Row of the neighbour `address` on `rif`, made if need be; -1 when the table is full. */
export function adjacencyFor(cx: PipelineContext, rif: number, address: number): number {
  const row = neighborFind(cx.neighbors, rif, address);
  if (row >= 0) return row;
  const made = neighborInsert(cx.neighbors, rif, address, cx.now);
  if (made >= 0) isOwnNeighbor(cx, made);
  return made;
}

/** Queues a frame the gateway made, to be sent when the neighbour answers. */
export function queueMade(cx: PipelineContext, adjacency: number, frame: number, length: number): boolean {
  const state = cx.neighbors.rows[adjacency + Adjacency.State]!;
  if (state === NeighborState.Failed || state === NeighborState.Nowhere) return false;
  return queueFor(cx, adjacency, frame, length, -1, 0);
}

/**
 * Puts a copy of a frame on the neighbour's queue and asks for the neighbour if nobody has yet. `iface` is -1 for a frame the
 * gateway made. False when the queue is full.
 */
export function queueFor(
  cx: PipelineContext,
  adjacency: number,
  frame: number,
  length: number,
  iface: number,
  tag: number,
): boolean {
  const n = cx.neighbors.rows;
  n[adjacency + Adjacency.Used] = cx.now;
  const room = cx.pending.mayWait(adjacency, length, cx.limits[Limit.NeighborQueue]!);
  // The copy first: asking may flush and reuse the scratch memory that a made frame stands in.
  const queued = room && cx.pending.put(adjacency, frame, length, iface, tag, cx.now);
  if (queued && iface >= 0) cx.pending.note(cx.letter[Letter.Flags]!, cx.letter[Letter.DatagramPorts]!);
  // A made frame is sent by the row it waits for, so the row must stay; a received one is decided again from the start.
  if (queued && iface < 0) {
    n[adjacency + Adjacency.References] = n[adjacency + Adjacency.References]! + 1;
    cx.counters.events[CounterEvent.MadeWaiting] = cx.counters.events[CounterEvent.MadeWaiting]! + 1;
  }
  if (n[adjacency + Adjacency.State] === NeighborState.None && !isOwnNeighbor(cx, adjacency)) {
    setNeighborState(cx, adjacency, NeighborState.Incomplete);
    n[adjacency + Adjacency.Probes] = 1;
    sendArpRequest(cx, n[adjacency + Adjacency.Rif]!, n[adjacency + Adjacency.Address]!, null);
  }
  return queued;
}
