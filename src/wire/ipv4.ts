import { Verdict } from '../shared/verdict.js';
import { fold, sumOctets } from './checksum.js';
import type { FrameMemory } from './memory.js';

/** RFC 791. Offsets count from the first octet of the IPv4 header, which is 4-aligned in the arena. */
export const enum Ipv4 {
  VersionIhl = 0,
  Tos = 1,
  TotalLength = 2,
  Id = 4,
  FlagsFragment = 6,
  Ttl = 8,
  Protocol = 9,
  Checksum = 10,
  Source = 12,
  Destination = 16,
  MinHeader = 20,
}

/** FlagsFragment as a little-endian u16 load gives it. */
export const enum FragmentBits {
  DontFragment = 0x0040,
  MoreFragments = 0x0020,
  /** Offset bits and more-fragments: any of them set means the datagram is not whole. */
  NotWhole = 0xff3f,
  Offset = 0xff1f,
}

export const enum Protocol {
  Icmp = 1,
  Tcp = 6,
  Udp = 17,
  Dccp = 33,
  Sctp = 132,
  UdpLite = 136,
}

/** Protocols that begin with two ports. */
export function hasPorts(protocol: number): boolean {
  return (
    protocol === Protocol.Tcp ||
    protocol === Protocol.Udp ||
    protocol === Protocol.Sctp ||
    protocol === Protocol.Dccp ||
    protocol === Protocol.UdpLite
  );
}

export function ipv4HeaderLength(m: FrameMemory, ip: number): number {
  return (m.u8[ip]! & 0x0f) << 2;
}

export function ipv4TotalLength(m: FrameMemory, ip: number): number {
  return (m.u8[ip + Ipv4.TotalLength]! << 8) | m.u8[ip + Ipv4.TotalLength + 1]!;
}

export function ipv4Source(m: FrameMemory, ip: number): number {
  return m.i32[(ip + Ipv4.Source) >> 2]!;
}

export function ipv4Destination(m: FrameMemory, ip: number): number {
  return m.i32[(ip + Ipv4.Destination) >> 2]!;
}

/** Fragment offset in octets. */
export function ipv4FragmentOffset(m: FrameMemory, ip: number): number {
  return (((m.u8[ip + Ipv4.FlagsFragment]! & 0x1f) << 8) | m.u8[ip + Ipv4.FlagsFragment + 1]!) << 3;
}

/**
 * RFC 1812 5.2.2 (FWD-1): version, header length, total length within the frame, header checksum. After Continue every
 * ipv4* accessor is in bounds until something writes VersionIhl or TotalLength.
 */
export function ipv4Check(m: FrameMemory, ip: number, end: number): Verdict {
  if (end - ip < Ipv4.MinHeader) return Verdict.DropIpShort;
  const versionIhl = m.u8[ip]!;
  if (versionIhl === 0x45) {
    const w = ip >> 2;
    const a = m.i32[w]!;
    const b = m.i32[w + 1]!;
    const c = m.i32[w + 2]!;
    const d = m.i32[w + 3]!;
    const e = m.i32[w + 4]!;
    const sum =
      (a & 0xffff) +
      (a >>> 16) +
      (b & 0xffff) +
      (b >>> 16) +
      (c & 0xffff) +
      (c >>> 16) +
      (d & 0xffff) +
      (d >>> 16) +
      (e & 0xffff) +
      (e >>> 16);
    const total = ((a >>> 8) & 0xff00) | (a >>> 24);
    if (total < Ipv4.MinHeader || total > end - ip) return Verdict.DropIpTotalLength;
    return fold(sum) === 0xffff ? Verdict.Continue : Verdict.DropIpChecksum;
  }
  if (versionIhl >> 4 !== 4) return Verdict.DropIpVersion;
  const header = (versionIhl & 0x0f) << 2;
  if (header < Ipv4.MinHeader || header > end - ip) return Verdict.DropIpHeaderLength;
  const total = ipv4TotalLength(m, ip);
  if (total < header || total > end - ip) return Verdict.DropIpTotalLength;
  return sumOctets(m, ip, header, 0) === 0xffff ? Verdict.Continue : Verdict.DropIpChecksum;
}

/** Computes and writes the header checksum. */
export function ipv4WriteChecksum(m: FrameMemory, ip: number): void {
  m.u16[(ip + Ipv4.Checksum) >> 1] = 0;
  m.u16[(ip + Ipv4.Checksum) >> 1] = ~sumOctets(m, ip, ipv4HeaderLength(m, ip), 0) & 0xffff;
}

/** Walks the options for source routes (LSRR 131, SSRR 137), which are dropped (FWD-8). A broken option list counts as one. */
export function ipv4HasSourceRoute(m: FrameMemory, ip: number): boolean {
  const end = ip + ipv4HeaderLength(m, ip);
  let p = ip + Ipv4.MinHeader;
  while (p < end) {
    const kind = m.u8[p]!;
    if (kind === 0) return false;
    if (kind === 131 || kind === 137) return true;
    if (kind === 1) {
      p++;
      continue;
    }
    if (p + 1 >= end) return true;
    const length = m.u8[p + 1]!;
    if (length < 2 || p + length > end) return true;
    p += length;
  }
  return false;
}

/** FWD-4: 0/8, 127/8, multicast, class E and broadcast are no sources. `address` as loaded. */
export function isMartianSource(address: number): boolean {
  const first = address & 0xff;
  return first === 0 || first === 127 || first >= 224;
}

/** FWD-4: 0/8, 127/8 and class E (broadcast included) are no destinations. Multicast is not forwarded either but counted apart. */
export function isMartianDestination(address: number): boolean {
  const first = address & 0xff;
  return first === 0 || first === 127 || first >= 240;
}

/** 169.254/16, which no router forwards (RFC 3927 2.7). `address` as loaded. */
export function isLinkLocal(address: number): boolean {
  return (address & 0xffff) === 0xfea9;
}

export function isMulticast(address: number): boolean {
  return (address & 0xf0) === 0xe0;
}
