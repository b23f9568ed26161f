import { pseudoHeaderSum, sumOctets } from './checksum.js';
import { Ethernet, EtherType, etherTypeAt } from './ethernet.js';
import { Ipv4, ipv4Destination, ipv4Source, ipv4TotalLength, Protocol } from './ipv4.js';
import { Arena, type FrameMemory } from './memory.js';
import { ipOf } from './segment.js';
import { Tcp, TcpFlag, tcpHeaderLength } from './tcp.js';
import { Udp, udpLength } from './udp.js';
import { GsoType, Virtio, VirtioFlag } from './virtioNet.js';

/**
 * Which TCP segments or UDP datagrams may become one super-frame, by the rules of Linux's GRO (inet_gro_receive, tcp_gro_receive,
 * udp_gro_receive_segment), or stricter: cut again they must be the very packets that came. So the IPv4 ids rise by one: the virtio-net
 * header cannot say that all are alike.
 */

/** FlagsFragment of a packet that is whole, as loaded: nothing set but DF. */
const BUT_DF = 0xffbf;

/** Octets of data and reserved bits behind the data offset: none set. */
const RESERVED = 0x0f;

/**
 * Octets of data of a TCP segment or UDP datagram that may be part of a super-frame, 0 for any other frame: IPv4 without options, not a
 * fragment, no trailer, no TCP flags but ACK and PSH, and its checksum is partial or was found right by the kernel. Of a frame whose
 * checksum nobody has looked at a new one would hide the damage.
 */
export function trainSize(m: FrameMemory, frame: number, length: number): number {
  const h = (frame - Arena.VirtioHeader) >> 1;
  const flagsAndGso = m.u16[h]!;
  if ((flagsAndGso & (VirtioFlag.NeedsChecksum | VirtioFlag.DataValid)) === 0 || flagsAndGso >> 8 !== GsoType.None) return 0;
  const data = dataOctets(m, frame, length);
  if (data === 0 || (flagsAndGso & VirtioFlag.NeedsChecksum) === 0) return data;
  const ip = ipOf(m, frame);
  const protocol = m.u8[ip + Ipv4.Protocol]!;
  const l4 = ip + Ipv4.MinHeader;
  const offset = protocol === Protocol.Tcp ? Tcp.Checksum : Udp.Checksum;
  if (m.u16[h + (Virtio.ChecksumStart >> 1)] !== l4 - frame || m.u16[h + (Virtio.ChecksumOffset >> 1)] !== offset) return 0;
  const pseudo = pseudoHeaderSum(ipv4Source(m, ip), ipv4Destination(m, ip), protocol, length - (l4 - frame));
  return m.u16[(l4 + offset) >> 1]! % 0xffff === pseudo % 0xffff ? data : 0;
}

/** The same by the packet alone: its checksum is not looked at, and there need be no virtio-net header. */
export function dataOctets(m: FrameMemory, frame: number, length: number): number {
  if (length < Ethernet.TaggedHeader + Ipv4.MinHeader) return 0;
  const ip = ipOf(m, frame);
  const protocol = m.u8[ip + Ipv4.Protocol]!;
  if (etherTypeAt(m, ip - 2) !== EtherType.Ipv4 || m.u8[ip] !== 0x45) return 0;
  if (protocol !== Protocol.Tcp && protocol !== Protocol.Udp) return 0;
  if ((m.u16[(ip + Ipv4.FlagsFragment) >> 1]! & BUT_DF) !== 0 || ipv4TotalLength(m, ip) !== length - (ip - frame)) return 0;
  const l4 = ip + Ipv4.MinHeader;
  const octets = length - (l4 - frame);
  const header = protocol === Protocol.Tcp ? tcpHeader(m, l4) : udpHeader(m, l4, octets);
  return header === 0 || octets <= header ? 0 : octets - header;
}

/** True when both checksums of a frame that dataOctets takes are right. */
export function checksumFits(m: FrameMemory, frame: number, length: number): boolean {
  const ip = ipOf(m, frame);
  const l4 = ip + Ipv4.MinHeader;
  const octets = length - (l4 - frame);
  const pseudo = pseudoHeaderSum(ipv4Source(m, ip), ipv4Destination(m, ip), m.u8[ip + Ipv4.Protocol]!, octets);
  return sumOctets(m, ip, Ipv4.MinHeader, 0) === 0xffff && sumOctets(m, l4, octets, pseudo) === 0xffff;
}

/** Octets of the header of a segment that may be joined, else 0. */
export function tcpHeader(m: FrameMemory, l4: number): number {
  if ((m.u8[l4 + Tcp.Flags]! & ~TcpFlag.Psh) !== TcpFlag.Ack || (m.u8[l4 + Tcp.DataOffset]! & RESERVED) !== 0) return 0;
  const header = tcpHeaderLength(m, l4);
  return header < Tcp.MinHeader ? 0 : header;
}

/** The same of a datagram in `octets` octets of IPv4: one that says its own length, and has a checksum (0: none). */
function udpHeader(m: FrameMemory, l4: number, octets: number): number {
  return udpLength(m, l4) !== octets || m.u16[(l4 + Udp.Checksum) >> 1] === 0 ? 0 : Udp.Header;
}

/**
 * True when the packet at `frame` follows the one at `before` with `size` octets of data, or the super-frame made of `packets` of them there.
 * Both are ones that trainSize takes.
 */
export function continuesTrain(m: FrameMemory, before: number, size: number, frame: number, packets = 1): boolean {
  const a = ipOf(m, before);
  const b = ipOf(m, frame);
  if (a - before !== b - frame) return false;
  for (let i = 0; i < a - before; i += 2) if (m.u16[(before + i) >> 1] !== m.u16[(frame + i) >> 1]) return false;
  // TOS; DF; TTL and protocol; addresses; ports.
  if (m.u8[a + Ipv4.Tos] !== m.u8[b + Ipv4.Tos] || m.u16[(a + Ipv4.Ttl) >> 1] !== m.u16[(b + Ipv4.Ttl) >> 1]) return false;
  if (m.u16[(a + Ipv4.FlagsFragment) >> 1] !== m.u16[(b + Ipv4.FlagsFragment) >> 1]) return false;
  if (m.i32[(a + Ipv4.Source) >> 2] !== m.i32[(b + Ipv4.Source) >> 2]) return false;
  if (m.i32[(a + Ipv4.Destination) >> 2] !== m.i32[(b + Ipv4.Destination) >> 2]) return false;
  if (m.i32[(a + Ipv4.MinHeader) >> 2] !== m.i32[(b + Ipv4.MinHeader) >> 2]) return false;
  if (((word16(m, a + Ipv4.Id) + packets) & 0xffff) !== word16(m, b + Ipv4.Id)) return false;
  return m.u8[a + Ipv4.Protocol] === Protocol.Udp || continuesTcp(m, a + Ipv4.MinHeader, size, b + Ipv4.MinHeader);
}

/** The same of two TCP headers: all that segments have in common, and the sequence number. */
export function continuesTcp(m: FrameMemory, a: number, size: number, b: number): boolean {
  if (m.i32[(a + Tcp.Acknowledgement) >> 2] !== m.i32[(b + Tcp.Acknowledgement) >> 2]) return false;
  if (((word32(m, a + Tcp.Sequence) + size) | 0) !== word32(m, b + Tcp.Sequence)) return false;
  // Data offset; PSH of the first ends the train; window and urgent pointer; options.
  if (m.u8[a + Tcp.DataOffset] !== m.u8[b + Tcp.DataOffset] || (m.u8[a + Tcp.Flags]! & TcpFlag.Psh) !== 0) return false;
  if (
    m.u16[(a + Tcp.Window) >> 1] !== m.u16[(b + Tcp.Window) >> 1] ||
    m.u16[(a + Tcp.Urgent) >> 1] !== m.u16[(b + Tcp.Urgent) >> 1]
  )
    return false;
  for (let o = Tcp.MinHeader; o < tcpHeaderLength(m, a); o += 4) if (m.i32[(a + o) >> 2] !== m.i32[(b + o) >> 2]) return false;
  return true;
}

/** A 16-bit number in host order. */
function word16(m: FrameMemory, at: number): number {
  return (m.u8[at]! << 8) | m.u8[at + 1]!;
}

/** A 32-bit number in host order, as int32. */
function word32(m: FrameMemory, at: number): number {
  return (word16(m, at) << 16) | word16(m, at + 2);
}
