import { CounterEvent, countEvent } from '../shared/counters.js';
import { Lacks } from '../shared/offloads.js';
import { Ethernet } from '../wire/ethernet.js';
import { Ipv4, Protocol } from '../wire/ipv4.js';
import { Arena, type FrameMemory } from '../wire/memory.js';
import { ipOf, packetHeaders } from '../wire/segment.js';
import { becomeSuper, setPacketLength, takePush } from '../wire/superFrame.js';
import { continuesTrain, trainSize } from '../wire/train.js';
import { GsoType, virtioFlagsAndGso } from '../wire/virtioNet.js';
import type { PipelineContext } from './context.js';
import { Listed, listedRow } from './listed.js';
import type { Outlet } from './outlet.js';

/**
 * Receive coalescing: TCP segments and UDP datagrams of a flow that follow each other in a burst leave as one super-frame where the device
 * takes it, for a system call costs more than all we do to a frame. Nothing waits for it: a burst is what has come anyway, and has no more
 * frames (MAX_BURST) than the kernel makes of a super-frame of UDP (UDP_MAX_SEGMENTS, 64 before Linux 6.9).
 *
 * In two steps. Before the burst is forwarded markTrains finds neighbours that continue each other, by the headers they came with;
 * afterwards mergeTrains joins those that went out one behind the other by the same device. Every frame has been through the whole
 * pipeline by then and has its own verdict. Data moves down in the arena, over what lies between the two frames' data, which is the header
 * of the second and nothing else: they are neighbours in the burst, and its offsets rise.
 */

const LARGEST_PACKET = 65_535;

/** A word that frames of one flow have in common: its ports, or behind a tag its destination. It tells most frames of others apart at once. */
const FLOW_WORD = Ethernet.Header + Ipv4.MinHeader;

/** How far emit may have moved a frame's start: a tag put in or taken out. */
const MOVED = Ethernet.TaggedHeader - Ethernet.Header;

/** Fills `cx.follows`: 1 for a frame that continues the one before it. Returns how many there are; 0: the column is not filled. */
export function markTrains(cx: PipelineContext, count: number): number {
  const m = cx.memory;
  const { offsets, lengths, tags, follows } = cx;
  let marked = 0;
  // Octets of data in the frame before, -1 when nobody has looked, and in the first of its train.
  let before = -1;
  let first = 0;
  follows[0] = 0;
  for (let f = 1; f < count; f++) {
    const last = offsets[f - 1]!;
    const frame = offsets[f]!;
    // A packet socket puts a large frame behind the small ones: neighbours are none then.
    if (frame < last) return 0;
    follows[f] = 0;
    if (m.i32[(last + FLOW_WORD) >> 2] !== m.i32[(frame + FLOW_WORD) >> 2]) {
      before = -1;
      continue;
    }
    if (before < 0) {
      before = trainSize(m, last, lengths[f - 1]!);
      first = before;
    }
    const size = trainSize(m, frame, lengths[f]!);
    if (
      size > 0 &&
      before > 0 &&
      before === first &&
      size <= first &&
      tags[f] === tags[f - 1] &&
      continuesTrain(m, last, before, frame)
    ) {
      follows[f] = 1;
      marked++;
    } else first = size;
    before = size;
  }
  return marked;
}

/** Joins what markTrains marked in a burst of `count` frames, on the list of the device with number `iface`. */
export function mergeTrains(cx: PipelineContext, outlet: Outlet, iface: number, count: number): void {
  const { offsets, follows } = cx;
  const { sends, queued } = outlet;
  let kept = 0;
  // Frame of the burst that was listed last, its place in the list being kept - 1; -1 = something else was.
  let last = -1;
  for (let i = 0, f = 0; i < queued; i++) {
    const frame = sends[i << 1]!;
    const length = sends[(i << 1) | 1]!;
    let of = -1;
    if (frame < Arena.BurstEnd) {
      while (f < count && offsets[f]! + MOVED < frame) f++;
      if (f < count && offsets[f]! - MOVED <= frame) of = f;
    }
    if (of > 0 && follows[of] === 1 && last === of - 1 && join(cx, outlet, (kept - 1) << 1, frame, length, iface)) {
      last = of;
      continue;
    }
    sends[kept << 1] = frame;
    sends[(kept << 1) | 1] = length;
    kept++;
    last = of;
  }
  outlet.queued = kept;
}

/** Puts the data of `frame` behind that of the frame at `at` of the list. False when the two are no longer alike, or too much for a packet. */
function join(cx: PipelineContext, outlet: Outlet, at: number, frame: number, length: number, iface: number): boolean {
  const m = cx.memory;
  const head = outlet.sends[at]!;
  const octets = outlet.sends[at | 1]!;
  const ip = ipOf(m, head);
  const headers = ip - head + packetHeaders(m, ip);
  const data = length - headers;
  const tcp = m.u8[ip + Ipv4.Protocol] === Protocol.Tcp;
  if (
    (!tcp && (outlet.lacks & Lacks.Uso) !== 0) ||
    octets + data - (ip - head) > LARGEST_PACKET ||
    !sameFlow(m, ip, frame + (ip - head)) ||
    ipOf(m, frame) !== frame + (ip - head)
  )
    return false;
  if (virtioFlagsAndGso(m, head) >> 8 === GsoType.None) becomeSuper(m, head, ip, headers, octets - headers, tcp);
  // Before its data takes the place of its headers.
  if (tcp) takePush(m, ip + Ipv4.MinHeader, frame + (ip + Ipv4.MinHeader - head));
  m.loops.copy(head + octets, frame + headers, data);
  setPacketLength(m, ip, octets + data - (ip - head), tcp);
  outlet.sends[at | 1] = octets + data;
  countJoined(cx, head, headers, iface);
  return true;
}

/** Addresses and ports are those of one flow after translation, too. */
function sameFlow(m: FrameMemory, a: number, b: number): boolean {
  const v = (a + Ipv4.Source) >> 2;
  const w = (b + Ipv4.Source) >> 2;
  return m.i32[v] === m.i32[w] && m.i32[v + 1] === m.i32[w + 1] && m.i32[v + 2] === m.i32[w + 2];
}

/** One frame less was sent than was listed, and its headers with it; packets on the wire stay as many. */
function countJoined(cx: PipelineContext, frame: number, headers: number, iface: number): void {
  const l = cx.listed;
  const row = listedRow(cx, iface, frame);
  l[row] = l[row]! - 1;
  l[row + Listed.Octets] = l[row + Listed.Octets]! - headers;
  countEvent(cx.counters, CounterEvent.FramesCoalesced);
}
