import { MAX_BURST } from '../pipeline/burst.js';
import type { PipelineContext } from '../pipeline/context.js';
import { CounterEvent } from '../shared/counters.js';
import { Verdict } from '../shared/verdict.js';
import { L2Kind } from '../tables/l2.js';
import { Network, SegType } from '../tables/networks.js';
import { Arena, copyRecord } from '../wire/memory.js';
import { deliver, fitsNetwork, sendToHost, useHostMac } from './exit.js';

/**
 * Broadcast, multicast, and what nobody is known to have: one copy to each other port of the network on this host; from a port also one to each
 * host of the network, or onto its physical network. What came from the fabric goes to ports only (dvr.md 2.3, split horizon).
 */
export function flood(cx: PipelineContext, f: number): Verdict {
  const frame = cx.offsets[f]!;
  const length = cx.lengths[f]!;
  if (cx.lport >= 0) {
    if (!fitsNetwork(cx, frame, length)) return Verdict.DropNetworkMtu;
    floodFabric(cx, cx.network, frame, length, false);
  }
  floodPorts(cx, cx.network, frame, length);
  // Several lists share it: joining it with a neighbour for one port would change it for the others.
  cx.follows[f] = 0;
  if (f + 1 < MAX_BURST) cx.follows[f + 1] = 0;
  return Verdict.Flooded;
}

/**
 * The same of what a router interface sends: ARP for somebody nobody knows. Ports see its own MAC, other hosts that of this host where it is
 * `replicated`.
 */
export function floodFromRouter(cx: PipelineContext, network: number, frame: number, length: number, replicated: boolean): void {
  const from = cx.lport;
  cx.lport = -1;
  floodFabric(cx, network, frame, length, replicated);
  floodPorts(cx, network, frame, length);
  cx.lport = from;
}

/** The list of every port has the frame itself: it stays as it is until the flush. */
function floodPorts(cx: PipelineContext, network: number, frame: number, length: number): void {
  const { rows, ports } = cx.switching.networks;
  const first = rows[network * Network.Words + Network.Ports]!;
  const count = rows[network * Network.Words + Network.PortCount]!;
  let sent = 0;
  for (let i = 0; i < count; i++) {
    const port = ports[first + i]!;
    if (port === cx.lport) continue;
    deliver(cx, port, frame, length);
    sent++;
  }
  countMade(cx, sent - 1);
}

function floodFabric(cx: PipelineContext, network: number, frame: number, length: number, routed: boolean): void {
  const { rows, vteps } = cx.switching.networks;
  const row = network * Network.Words;
  const first = rows[row + Network.Vteps]!;
  const count = rows[row + Network.VtepCount]!;
  for (let i = 0; i < count; i++) copyTo(cx, network, L2Kind.Remote, vteps[first + i]!, frame, length, routed);
  // Also when this host lacks the physical network: what is lost with it is counted where it would have gone.
  const type = rows[row + Network.SegType]!;
  if (type === SegType.Vlan || type === SegType.Flat) copyTo(cx, network, L2Kind.Wire, 0, frame, length, routed);
}

/** Each copy has a header of its own in front. */
function copyTo(
  cx: PipelineContext,
  network: number,
  kind: L2Kind,
  number: number,
  frame: number,
  length: number,
  routed: boolean,
): void {
  // Held: its segments are made of it in the same memory.
  const copy = cx.scratch.hold(length);
  if (copy < 0) {
    cx.scratch.letGo();
    cx.counters.events[CounterEvent.FloodCopiesLost] = cx.counters.events[CounterEvent.FloodCopiesLost]! + 1;
    return;
  }
  const m = cx.memory;
  copyRecord(m.i32, (copy - Arena.FrameStart) >> 2, m.i32, (frame - Arena.FrameStart) >> 2, length);
  if (routed) useHostMac(cx, copy);
  sendToHost(cx, network, kind, number, copy, length);
  cx.scratch.letGo();
  countMade(cx, 1);
}

/** Frames beyond the one that was received. */
function countMade(cx: PipelineContext, frames: number): void {
  cx.counters.events[CounterEvent.FramesMade] = cx.counters.events[CounterEvent.FramesMade]! + frames;
}
