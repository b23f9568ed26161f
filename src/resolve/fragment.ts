import { Kind, type PipelineContext } from '../pipeline/context.js';
import { emit } from '../pipeline/emit.js';
import { CounterEvent } from '../shared/counters.js';
import { completeChecksum } from '../wire/completeChecksum.js';
import { FragmentBits, Ipv4, ipv4FragmentOffset, ipv4HeaderLength, ipv4WriteChecksum, Protocol } from '../wire/ipv4.js';
import type { FrameMemory } from '../wire/memory.js';
import { virtioClear } from '../wire/virtioNet.js';

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
 * Cuts the packet of frame `f` (translated already, TTL taken) into fragments of at most `mtu` octets and sends them in order
 * (FWD-10, RFC 791): payload in units of 8 octets, same id, options copied by their copy bit. A partial checksum is
 * completed first (FRG-9). A fragment may be fragmented again. False when a turn's scratch memory is used up.
 */
export function fragmentAndSend(cx: PipelineContext, f: number, adjacency: number, mtu: number): boolean {
  const m = cx.memory;
  const ip = cx.ip[f]!;
  const end = cx.end[f]!;
  completeChecksum(m, cx.offsets[f]!);
  const header = ipv4HeaderLength(m, ip);
  const offset = ipv4FragmentOffset(m, ip);
  const more = m.u16[(ip + Ipv4.FlagsFragment) >> 1]! & FragmentBits.MoreFragments;
  let from = ip + header;
  let first = true;
  while (from < end) {
    const record = cx.takeScratch(L2 + mtu);
    if (record < 0) return false;
    const out = record + L2;
    const outHeader = copyHeader(m, ip, header, out, first && offset === 0);
    const room = (mtu - outHeader) & ~7;
    const payload = end - from <= mtu - outHeader ? end - from : room;
    const total = outHeader + payload;
    m.u8.copyWithin(out + outHeader, from, from + payload);
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
