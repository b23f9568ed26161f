import { Arena, type FrameMemory } from './memory.js';
import { tcpFits } from './tcp.js';

/**
 * struct virtio_net_hdr (10 octets, host byte order) in front of every frame. Offsets count from its first octet, which is
 * even but not 4-aligned. Spec ids OFF-1 to OFF-15.
 */
export const enum Virtio {
  Flags = 0,
  GsoType = 1,
  HeaderLength = 2,
  GsoSize = 4,
  ChecksumStart = 6,
  ChecksumOffset = 8,
}

export const enum VirtioFlag {
  NeedsChecksum = 1,
  DataValid = 2,
}

export const enum GsoType {
  None = 0,
  Tcp4 = 1,
  Udp4 = 3,
  Tcp6 = 4,
  UdpL4 = 5,
  /** May accompany TCP types only. */
  Ecn = 0x80,
}

/**
 * Octets of data in a segment, at least: the smallest MSS that Linux sends by is 48 with all options (TCP_MIN_SND_MSS), 40 of which they may
 * take (TCP_MIN_GSO_SIZE). Smaller ones would make 65,000 frames of one.
 */
export const SMALLEST_TCP_SEGMENT = 8;
/** Datagrams in a super-frame, at most (UDP_MAX_SEGMENTS; 64 before Linux 6.9). The kernel takes no more either. */
const MOST_DATAGRAMS = 128;

/** Clears the whole header: a plain frame with nothing left to do. */
export function virtioClear(m: FrameMemory, frame: number): void {
  const h = (frame - Arena.VirtioHeader) >> 1;
  m.u16[h] = 0;
  m.u16[h + 1] = 0;
  m.u16[h + 2] = 0;
  m.u16[h + 3] = 0;
  m.u16[h + 4] = 0;
}

/** Flags in the low octet, GSO type in the high one. 0 or DataValid: an ordinary frame. */
export function virtioFlagsAndGso(m: FrameMemory, frame: number): number {
  return m.u16[(frame - Arena.VirtioHeader) >> 1]!;
}

export function virtioGsoSize(m: FrameMemory, frame: number): number {
  return m.u16[(frame - Arena.VirtioHeader + Virtio.GsoSize) >> 1]!;
}

/** Where the octets that the checksum covers begin, from the Ethernet header on: the L4 header. */
export function virtioChecksumStart(m: FrameMemory, frame: number): number {
  return m.u16[(frame - Arena.VirtioHeader + Virtio.ChecksumStart) >> 1]!;
}

/**
 * OFF-5, OFF-15: the header of a frame whose flags or GSO type are set agrees with the IP packet in it, and does not make more
 * segments of it than a kernel would.
 * `l4` is the offset of the L4 header, `protocol` its number, `frame`..`end` the frame, `whole` false on a fragment; `tcp`: the type that
 * super-frames of TCP have over this version of IP.
 */
export function virtioAgrees(
  m: FrameMemory,
  frame: number,
  l4: number,
  end: number,
  protocol: number,
  whole: boolean,
  tcp: GsoType,
): boolean {
  const h = (frame - Arena.VirtioHeader) >> 1;
  const flagsAndGso = m.u16[h]!;
  const needsChecksum = (flagsAndGso & VirtioFlag.NeedsChecksum) !== 0;
  const gso = flagsAndGso >> 8;
  if (needsChecksum) {
    const offset = m.u16[h + 4]!;
    if (m.u16[h + 3] !== l4 - frame || !whole) return false;
    if (!((protocol === 6 && offset === 16) || (protocol === 17 && offset === 6))) return false;
    if (l4 + offset + 2 > end) return false;
  }
  if (gso === GsoType.None) return true;
  if (!needsChecksum || m.u16[h + 1] === 0 || m.u16[h + 2] === 0 || !whole || m.u16[h + 1]! > end - frame) return false;
  const size = m.u16[h + 2]!;
  if ((gso & 0x7f) === tcp) return protocol === 6 && size >= SMALLEST_TCP_SEGMENT && tcpFits(m, l4, end);
  return gso === GsoType.UdpL4 && protocol === 17 && end - l4 - 8 <= size * MOST_DATAGRAMS;
}
