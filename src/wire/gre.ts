import type { FrameMemory } from './memory.js';

/** GRE header with a key and nothing else (RFC 2784, RFC 2890), before an Ethernet frame. */
export const enum Gre {
  Flags = 0,
  Protocol = 2,
  Key = 4,
  Octets = 8,
}

/** Key present; version 0. As loaded. */
const KEY_PRESENT = 0x0020;
/** Checksum, routing, sequence number, the reserved bits that RFC 2784 has a receiver discard by, version. */
const REFUSED = 0x07dc;
/** Transparent Ethernet bridging, 0x6558. */
const ETHERNET = 0x5865;

/** Writes the header of a key at `at` (2 mod 4). */
export function greWrite(m: FrameMemory, at: number, key: number): void {
  m.u16[at >> 1] = KEY_PRESENT;
  m.u16[(at + Gre.Protocol) >> 1] = ETHERNET;
  m.u8[at + Gre.Key] = key >>> 24;
  m.u8[at + Gre.Key + 1] = key >>> 16;
  m.u8[at + Gre.Key + 2] = key >>> 8;
  m.u8[at + Gre.Key + 3] = key;
}

/** True for a header with a key, an Ethernet frame behind it, and nothing else. */
export function greFits(m: FrameMemory, at: number, octets: number): boolean {
  if (octets < Gre.Octets) return false;
  const flags = m.u16[at >> 1]!;
  return (flags & KEY_PRESENT) !== 0 && (flags & REFUSED) === 0 && m.u16[(at + Gre.Protocol) >> 1] === ETHERNET;
}

/** The key of a header that fits: 32 bits, signed. */
export function greKey(m: FrameMemory, at: number): number {
  const k = at + Gre.Key;
  return (m.u8[k]! << 24) | (m.u8[k + 1]! << 16) | (m.u8[k + 2]! << 8) | m.u8[k + 3]!;
}
