import type { FrameMemory } from './memory.js';

/** RFC 768. Offsets count from the first octet of the UDP header. */
export const enum Udp {
  SourcePort = 0,
  DestinationPort = 2,
  Length = 4,
  Checksum = 6,
  Header = 8,
}

export function udpLength(m: FrameMemory, l4: number): number {
  return (m.u8[l4 + Udp.Length]! << 8) | m.u8[l4 + Udp.Length + 1]!;
}

/** UDP-2: length at least 8 and within the IP payload. (A USO super-frame carries the length of all its datagrams, or 0 when it would not fit.) */
export function udpFits(m: FrameMemory, l4: number, end: number): boolean {
  if (end - l4 < Udp.Header) return false;
  const length = udpLength(m, l4);
  return length >= Udp.Header && length <= end - l4;
}
