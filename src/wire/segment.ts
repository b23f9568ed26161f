import { delta16, fold, moveFinished, sumOctets } from './checksum.js';
import { Ethernet, EtherType, etherTypeAt } from './ethernet.js';
import { Ipv4, ipv4HeaderLength, Protocol } from './ipv4.js';
import { Ipv6 } from './ipv6.js';
import { Arena, type FrameMemory, swap16, swap32 } from './memory.js';
import { Tcp, TcpFlag, tcpHeaderLength } from './tcp.js';
import { Udp } from './udp.js';
import { GsoType, Virtio, VirtioFlag, virtioChecksumStart, virtioClear, virtioFlagsAndGso, virtioGsoSize } from './virtioNet.js';

/**
 * Cuts super-frames of TCP (TSO) and UDP (USO) as Linux does (tcp_gso_segment, __udp_gso_segment, inet_gso_segment, ipv6_gso_segment):
 * every segment has the headers of the super-frame, IPv6 extension headers included, its own lengths, sequence number and IPv4 id, and
 * checksums moved by difference. What was wrong with a partial checksum stays wrong in every segment.
 *
 * What all of them want: a whole IP packet whose virtio-net header agrees with it (virtioAgrees), Ethernet header with or without
 * one tag. `frame` is the first octet of the Ethernet header, `end` the end of the IP packet.
 */

/** Offset of the IP header behind an Ethernet header with or without one tag. */
export function ipOf(m: FrameMemory, frame: number): number {
  return frame + (etherTypeAt(m, frame + Ethernet.Type) === EtherType.Vlan ? Ethernet.TaggedHeader : Ethernet.Header);
}

/** Octets of IPv4 and L4 header of the packet at `ip`. The header length in the virtio-net header is a hint and may be larger. */
export function packetHeaders(m: FrameMemory, ip: number): number {
  const l4 = ip + ipv4HeaderLength(m, ip);
  return l4 - ip + (m.u8[ip + Ipv4.Protocol] === Protocol.Tcp ? tcpHeaderLength(m, l4) : Udp.Header);
}

/** Offset of the L4 header of a super-frame from its Ethernet header. Behind extension headers the virtio-net header says it. */
function l4Offset(m: FrameMemory, frame: number, ip: number): number {
  return m.u8[ip]! >> 4 === 6 ? virtioChecksumStart(m, frame) : ip - frame + ipv4HeaderLength(m, ip);
}

/** Octets of all headers of a super-frame, Ethernet's too. */
function superHeaders(m: FrameMemory, frame: number, ip: number): number {
  const l4 = l4Offset(m, frame, ip);
  return l4 + (isUdp(m, frame) ? Udp.Header : tcpHeaderLength(m, frame + l4));
}

function isUdp(m: FrameMemory, frame: number): boolean {
  return virtioFlagsAndGso(m, frame) >> 8 === GsoType.UdpL4;
}

/** Segments the super-frame becomes; at least 1. */
export function segmentCount(m: FrameMemory, frame: number, ip: number, end: number): number {
  const size = virtioGsoSize(m, frame);
  const payload = end - frame - superHeaders(m, frame, ip);
  return size === 0 || payload <= size ? 1 : Math.ceil(payload / size);
}

/** Packets a frame is on the wire: the segments of a super-frame, else 1 (OFF-14). */
export function wirePackets(m: FrameMemory, frame: number, length: number): number {
  if (virtioFlagsAndGso(m, frame) >> 8 === GsoType.None) return 1;
  return segmentCount(m, frame, ipOf(m, frame), frame + length);
}

/** Octets of the largest segment with its Ethernet header. */
export function segmentRoom(m: FrameMemory, frame: number, ip: number): number {
  return superHeaders(m, frame, ip) + virtioGsoSize(m, frame);
}

/**
 * Writes segment `k` (0 is the first) to `out`, Ethernet header and all, with a virtio-net header of its own: cleared when the
 * checksum is to be complete, else saying that it is partial. `count` segments there are. The super-frame is only read. Returns
 * the segment's octets.
 */
export function writeSegment(
  m: FrameMemory,
  frame: number,
  end: number,
  k: number,
  count: number,
  out: number,
  complete: boolean,
): number {
  const ip = ipOf(m, frame);
  const headers = superHeaders(m, frame, ip);
  const size = virtioGsoSize(m, frame);
  const from = frame + headers + k * size;
  const payload = k === count - 1 ? end - from : size;
  m.loops.copy(out, frame, headers);
  m.loops.copy(out + headers, from, payload);
  const length = headers + payload;
  const packet = out + (ip - frame);
  const tcp = !isUdp(m, frame);
  const l4 = out + l4Offset(m, frame, ip);
  if (m.u8[packet]! >> 4 === 6) writeIpv6(m, packet, out + length - packet);
  else writeIpv4(m, packet, out + length - packet, k);
  const octets = out + length - l4;
  const before = tcp ? swap16(end - ip - (l4 - packet)) : m.u16[(l4 + Udp.Length) >> 1]!;
  if (tcp) writeTcp(m, l4, k * size, k === 0, k === count - 1);
  else {
    m.u8[l4 + Udp.Length] = octets >> 8;
    m.u8[l4 + Udp.Length + 1] = octets;
  }
  const field = (l4 + (tcp ? Tcp.Checksum : Udp.Checksum)) >> 1;
  const partial = fold(m.u16[field]! + delta16(before, swap16(octets)));
  m.u16[field] = partial;
  virtioClear(m, out);
  if (complete) {
    const sum = ~sumOctets(m, l4, octets, 0) & 0xffff;
    m.u16[field] = sum === 0 && !tcp ? 0xffff : sum;
  } else {
    const h = (out - Arena.VirtioHeader) >> 1;
    m.u16[h] = VirtioFlag.NeedsChecksum;
    m.u16[h + (Virtio.ChecksumStart >> 1)] = l4 - out;
    m.u16[h + (Virtio.ChecksumOffset >> 1)] = tcp ? Tcp.Checksum : Udp.Checksum;
  }
  return length;
}

/** Total length and id of segment `k`; the header checksum by difference. */
function writeIpv4(m: FrameMemory, ip: number, octets: number, k: number): void {
  const lengthAt = (ip + Ipv4.TotalLength) >> 1;
  const idAt = (ip + Ipv4.Id) >> 1;
  const checkAt = (ip + Ipv4.Checksum) >> 1;
  const length = swap16(octets);
  const id = swap16((swap16(m.u16[idAt]!) + k) & 0xffff);
  m.u16[checkAt] = moveFinished(m.u16[checkAt]!, delta16(m.u16[lengthAt]!, length) + delta16(m.u16[idAt]!, id));
  m.u16[lengthAt] = length;
  m.u16[idAt] = id;
}

/** Payload length: all that stands behind the fixed header. */
function writeIpv6(m: FrameMemory, ip: number, octets: number): void {
  m.u16[(ip + Ipv6.PayloadLength) >> 1] = swap16(octets - Ipv6.Header);
}

/** Sequence number, and the flags that belong to one end of the data: CWR to the first segment, FIN and PSH to the last. */
function writeTcp(m: FrameMemory, l4: number, offset: number, first: boolean, last: boolean): void {
  const at = (l4 + Tcp.Sequence) >> 2;
  m.i32[at] = swap32((swap32(m.i32[at]!) + offset) | 0);
  let flags = m.u8[l4 + Tcp.Flags]!;
  if (!first) flags &= ~TcpFlag.Cwr;
  if (!last) flags &= ~(TcpFlag.Fin | TcpFlag.Psh);
  m.u8[l4 + Tcp.Flags] = flags;
}
