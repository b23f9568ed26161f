import { fold, sumOctets } from './checksum.js';
import { Ethernet, EtherType, etherTypeAt } from './ethernet.js';
import { Protocol } from './ipv4.js';
import { Ipv6, ipv6PayloadLength } from './ipv6.js';
import { Arena, type FrameMemory, swap16 } from './memory.js';
import { Tcp } from './tcp.js';
import { continuesTcp, tcpHeader } from './train.js';
import { GsoType, Virtio, VirtioFlag } from './virtioNet.js';

/** What train.ts and superFrame.ts do for IPv4, for segments of TCP over IPv6 without extension headers and tags (ipv6_gro_receive, or stricter). */

/** Octets of all headers but TCP's. */
const L4 = Ethernet.Header + Ipv6.Header;

/** Octets of both addresses. */
const ADDRESSES = 32;

/** Octets of data of a segment that may be part of a super-frame, 0 for any other frame. Its checksum is not looked at. */
export function dataOctets6(m: FrameMemory, frame: number, length: number): number {
  if (length < L4 + Tcp.MinHeader || etherTypeAt(m, frame + Ethernet.Type) !== EtherType.Ipv6) return 0;
  const ip = frame + Ethernet.Header;
  if (m.u8[ip]! >> 4 !== 6 || m.u8[ip + Ipv6.NextHeader] !== Protocol.Tcp) return 0;
  if (ipv6PayloadLength(m, ip) !== length - L4) return 0;
  const header = tcpHeader(m, frame + L4);
  return header === 0 || length - L4 <= header ? 0 : length - L4 - header;
}

/** True when the checksum of a frame that dataOctets6 takes is right. */
export function checksumFits6(m: FrameMemory, frame: number, length: number): boolean {
  return sumOctets(m, frame + L4, length - L4, pseudoSum6(m, frame, length - L4)) === 0xffff;
}

/** True when the segment at `frame` follows the one, or the super-frame, at `before` with `data` octets of data. */
export function continuesTrain6(m: FrameMemory, before: number, data: number, frame: number): boolean {
  for (let i = 0; i < Ethernet.Header; i += 2) if (m.u16[(before + i) >> 1] !== m.u16[(frame + i) >> 1]) return false;
  const a = (before + Ethernet.Header) >> 2;
  const b = (frame + Ethernet.Header) >> 2;
  // Version, class and flow label; next header and hop limit; addresses; ports.
  if (m.i32[a] !== m.i32[b] || m.u16[(a << 1) + 3] !== m.u16[(b << 1) + 3]) return false;
  for (let w = Ipv6.Source >> 2; w <= Ipv6.Header >> 2; w++) if (m.i32[a + w] !== m.i32[b + w]) return false;
  return continuesTcp(m, before + L4, data, frame + L4);
}

/** The virtio-net header of a super-frame whose segments have `size` octets of data behind `headers` octets of headers. */
export function becomeSuper6(m: FrameMemory, frame: number, headers: number, size: number): void {
  const h = (frame - Arena.VirtioHeader) >> 1;
  m.u16[h] = VirtioFlag.NeedsChecksum | (GsoType.Tcp6 << 8);
  m.u16[h + (Virtio.HeaderLength >> 1)] = headers;
  m.u16[h + (Virtio.GsoSize >> 1)] = size;
  m.u16[h + (Virtio.ChecksumStart >> 1)] = L4;
  m.u16[h + (Virtio.ChecksumOffset >> 1)] = Tcp.Checksum;
}

/** Payload length, and the sum of the pseudo header in place of the checksum. `length`: of the whole frame. */
export function setLength6(m: FrameMemory, frame: number, length: number): void {
  m.u16[(frame + Ethernet.Header + Ipv6.PayloadLength) >> 1] = swap16(length - L4);
  m.u16[(frame + L4 + Tcp.Checksum) >> 1] = pseudoSum6(m, frame, length - L4);
}

/** Of the pseudo header (RFC 8200, 8.1) of a segment with `octets` octets. */
function pseudoSum6(m: FrameMemory, frame: number, octets: number): number {
  return fold(sumOctets(m, frame + Ethernet.Header + Ipv6.Source, ADDRESSES, 0) + swap16(octets) + swap16(Protocol.Tcp));
}
