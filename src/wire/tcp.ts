import type { FrameMemory } from './memory.js';

/** RFC 9293. Offsets count from the first octet of the TCP header. */
export const enum Tcp {
  SourcePort = 0,
  DestinationPort = 2,
  Sequence = 4,
  Acknowledgement = 8,
  DataOffset = 12,
  Flags = 13,
  Window = 14,
  Checksum = 16,
  Urgent = 18,
  MinHeader = 20,
}

export const enum TcpFlag {
  Fin = 1,
  Syn = 2,
  Rst = 4,
  Psh = 8,
  Ack = 16,
  Urg = 32,
  Ece = 64,
  Cwr = 128,
}

/** Header length in octets, as the data offset says. */
export function tcpHeaderLength(m: FrameMemory, l4: number): number {
  return (m.u8[l4 + Tcp.DataOffset]! >> 4) << 2;
}

/** TCP-14: a whole header within the segment. After true, accessors are in bounds. */
export function tcpFits(m: FrameMemory, l4: number, end: number): boolean {
  if (end - l4 < Tcp.MinHeader) return false;
  const header = tcpHeaderLength(m, l4);
  return header >= Tcp.MinHeader && header <= end - l4;
}
