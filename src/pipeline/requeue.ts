import { CounterEvent } from '../shared/counters.js';
import { Letter } from '../tables/handoffRing.js';
import { Adjacency, NeighborState } from '../tables/neighbors.js';
import { Limit } from '../tables/snapshot.js';
import type { PipelineContext } from './context.js';
import { emit } from './emit.js';
import { forwardBurst } from './forward.js';

/**
 * Takes up the frames whose neighbour answered or failed. A received one is decided again as if it had just come in, which
 * translates it or tells its sender; one the gateway made is sent or dropped. Every frame that leaves the queue counts as
 * Requeued, so that frames received = verdicts - requeued.
 */
export function requeueReady(cx: PipelineContext): void {
  const p = cx.pending;
  while (p.take()) {
    letGo(cx);
    if (p.iface < 0) sendMadeFrame(cx);
    else decideAgain(cx);
  }
}

/** Gives up frames that have waited too long (FWD-11: 1 s); their senders are told that the host is unreachable. */
export function dropExpired(cx: PipelineContext): void {
  const p = cx.pending;
  while (p.takeExpired(cx.now, cx.limits[Limit.NeighborQueueTicks]!)) {
    letGo(cx);
    if (p.iface < 0) countDropped(cx);
    else {
      cx.waitedOut = true;
      decideAgain(cx);
      cx.waitedOut = false;
    }
  }
}

/** A made frame no longer holds its adjacency's row. */
function letGo(cx: PipelineContext): void {
  if (cx.pending.iface >= 0) return;
  const n = cx.neighbors.rows;
  const references = cx.pending.adjacency + Adjacency.References;
  n[references] = n[references]! - 1;
  cx.counters.events[CounterEvent.MadeWaiting] = cx.counters.events[CounterEvent.MadeWaiting]! - 1;
}

function decideAgain(cx: PipelineContext): void {
  const p = cx.pending;
  cx.counters.events[CounterEvent.Requeued] = cx.counters.events[CounterEvent.Requeued]! + 1;
  cx.iface = p.iface;
  cx.offsets[0] = p.frame;
  cx.lengths[0] = p.length;
  cx.tags[0] = p.tag;
  cx.letter[Letter.Flags] = p.flags;
  cx.letter[Letter.DatagramPorts] = p.ports;
  cx.requeued = true;
  forwardBurst(cx, 1);
  cx.requeued = false;
  cx.letter[Letter.Flags] = 0;
}

function sendMadeFrame(cx: PipelineContext): void {
  const p = cx.pending;
  if (cx.neighbors.rows[p.adjacency + Adjacency.State]! < NeighborState.Stale) {
    countDropped(cx);
    return;
  }
  // Made frames carry an untagged header or the one the asker's frame had; the packet starts behind it.
  const l2 = cx.memory.u16[(p.frame + 12) >> 1] === 0x0081 ? 18 : 14;
  emit(cx, p.frame + l2, p.length - l2, l2, p.adjacency);
}

function countDropped(cx: PipelineContext): void {
  cx.counters.events[CounterEvent.QueuedDropped] = cx.counters.events[CounterEvent.QueuedDropped]! + 1;
}
