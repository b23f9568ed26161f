import { writeId } from '../pipeline/applySession.js';
import { Kind, type PipelineContext } from '../pipeline/context.js';
import { emit } from '../pipeline/emit.js';
import { newFragmentId } from '../pipeline/fragments.js';
import { countCut } from '../pipeline/withoutOffload.js';
import { CounterEvent } from '../shared/counters.js';
import { completeChecksum } from '../wire/completeChecksum.js';
import { FragmentBits, Ipv4, ipv4FragmentOffset, ipv4HeaderLength, ipv4WriteChecksum, Protocol } from '../wire/ipv4.js';
import type { FrameMemory } from '../wire/memory.js';
import { segmentCount, segmentRoom, writeSegment } from '../wire/segment.js';
import { virtioClear, virtioFlagsAndGso } from '../wire/virtioNet.js';

const L2 = 14;

/** True for a part of a datagram that lacks the L4 header by which its flow is known; address and protocol alone are in every part. */
export function isLaterFragment(cx: PipelineContext, f: number): boolean {
  const m = cx.memory;
  const ip = cx.ip[f]!;
  const protocol = m.u8[ip + Ipv4.Protocol]!;
  const named = protocol === Protocol.Tcp || protocol === Protocol.Udp || protocol === Protocol.Icmp || cx.kind[f] !== Kind.Flow;
  return named && ipv4FragmentOffset(m, ip) !== 0;
}

/**
 * Sends the packet of frame `f` (translated already, TTL taken) in fragments of at most `mtu` octets; a super-frame is cut into its
 * segments first, each of which is a packet of its own, as Linux does (ip_finish_output_gso). `ids`: where the packet has an id of ours,
 * the destination its further segments get theirs for (FRG-8), as loaded; 0 = ids are the sender's. False when a turn's scratch memory
 * is used up.
 */
export function fragmentAndSend(cx: PipelineContext, f: number, adjacency: number, mtu: number, ids: number): boolean {
  const m = cx.memory;
  const frame = cx.offsets[f]!;
  if (virtioFlagsAndGso(m, frame) >> 8 !== 0) return fragmentSegments(cx, f, adjacency, mtu, ids);
  // A partial checksum is completed first (FRG-9).
  completeChecksum(m, frame, cx.end[f]!);
  return fragmentPacket(cx, cx.ip[f]!, cx.end[f]!, adjacency, mtu);
}

/** One segment at a time: it lies in scratch memory until its fragments are on their way. */
function fragmentSegments(cx: PipelineContext, f: number, adjacency: number, mtu: number, ids: number): boolean {
  const m = cx.memory;
  const frame = cx.offsets[f]!;
  const ip = cx.ip[f]!;
  const end = cx.end[f]!;
  const count = segmentCount(m, frame, ip, end);
  const room = segmentRoom(m, frame, ip);
  countCut(cx, count);
  for (let k = 0; k < count; k++) {
    const out = cx.scratch.hold(room);
    if (out < 0) {
      cx.scratch.letGo();
      return false;
    }
    const length = writeSegment(m, frame, end, k, count, out, true);
    const packet = out + (ip - frame);
    if (ids !== 0 && k > 0) writeId(m, packet, newFragmentId(cx, ids));
    const sent = fragmentPacket(cx, packet, out + length, adjacency, mtu);
    cx.scratch.letGo();
    if (!sent) return false;
  }
  return true;
}

/**
 * Cuts one packet, whose checksums are complete, into fragments of at most `mtu` octets and sends them in order (FWD-10, RFC
 * 791): payload in units of 8 octets, same id, options copied by their copy bit. A fragment may be fragmented again. What fits goes whole.
 */
function fragmentPacket(cx: PipelineContext, ip: number, end: number, adjacency: number, mtu: number): boolean {
  const m = cx.memory;
  const header = ipv4HeaderLength(m, ip);
  const offset = ipv4FragmentOffset(m, ip);
  const more = m.u16[(ip + Ipv4.FlagsFragment) >> 1]! & FragmentBits.MoreFragments;
  let from = ip + header;
  let first = true;
  while (from < end) {
    const record = cx.scratch.take(L2 + mtu);
    if (record < 0) return false;
    const out = record + L2;
    const outHeader = copyHeader(m, ip, header, out, first && offset === 0);
    const room = (mtu - outHeader) & ~7;
    const payload = end - from <= mtu - outHeader ? end - from : room;
    const total = outHeader + payload;
    m.loops.copy(out + outHeader, from, payload);
    const units = (offset + from - ip - header) >> 3;
    m.u8[out + Ipv4.FlagsFragment] = units >> 8;
    m.u8[out + Ipv4.FlagsFragment + 1] = units;
    if (from + payload < end || more !== 0) m.u16[(out + Ipv4.FlagsFragment) >> 1]! |= FragmentBits.MoreFragments;
    m.u8[out + Ipv4.TotalLength] = total >> 8;
    m.u8[out + Ipv4.TotalLength + 1] = total;
    ipv4WriteChecksum(m, out);
    virtioClear(m, record);
    emit(cx, out, total, L2, adjacency);
    if (!first) {
      cx.counters.events[CounterEvent.FragmentsMade] = cx.counters.events[CounterEvent.FragmentsMade]! + 1;
      cx.counters.events[CounterEvent.FramesMade] = cx.counters.events[CounterEvent.FramesMade]! + 1;
    }
    from += payload;
    first = false;
  }
  return true;
}

/** Copies the header; a later fragment keeps only options whose copy bit is set. Returns its length in octets. */
function copyHeader(m: FrameMemory, ip: number, header: number, out: number, all: boolean): number {
  m.u8.copyWithin(out, ip, ip + Ipv4.MinHeader);
  let to = out + Ipv4.MinHeader;
  if (all) {
    m.u8.copyWithin(to, ip + Ipv4.MinHeader, ip + header);
    to = out + header;
  } else {
    let p = ip + Ipv4.MinHeader;
    const end = ip + header;
    while (p < end && m.u8[p] !== 0) {
      const length = m.u8[p] === 1 ? 1 : m.u8[p + 1]!;
      if (length === 0 || p + length > end) break;
      if (m.u8[p]! >= 0x80) {
        m.u8.copyWithin(to, p, p + length);
        to += length;
      }
      p += length;
    }
    while (((to - out) & 3) !== 0) m.u8[to++] = 0;
  }
  m.u8[out] = 0x40 | ((to - out) >> 2);
  return to - out;
}
