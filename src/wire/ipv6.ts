import type { FrameMemory } from './memory.js';

/** RFC 8200. Offsets count from the first octet of the IPv6 header, which is 4-aligned in the arena. */
export const enum Ipv6 {
  VersionClass = 0,
  PayloadLength = 4,
  NextHeader = 6,
  Source = 8,
  Destination = 24,
  Header = 40,
}

/** Next headers that are extension headers (RFC 8200, 4; RFC 7045), and what ends a chain. */
const enum Extension {
  HopByHop = 0,
  Routing = 43,
  Fragment = 44,
  Authentication = 51,
  DestinationOptions = 60,
  Mobility = 135,
  Hip = 139,
  Shim6 = 140,
}

/** What ipv6Chain returns, unless it is BROKEN: protocol in the low octet, offset of its header above, then flags. */
export const enum Ipv6Chain {
  Protocol = 0xff,
  OffsetShift = 8,
  Offset = 0xfff,
  /** There is a fragment header, an atomic one (RFC 6946) included. */
  Fragment = 1 << 20,
  /** Not the first fragment: what stands at the offset is data, of whatever protocol. */
  Later = 1 << 21,
  /** More than eight headers or 256 octets of them, two fragment headers, or cut short before the header of the upper layer. */
  Broken = -1,
}

const MOST_HEADERS = 8;
const MOST_OCTETS = 256;

export function ipv6PayloadLength(m: FrameMemory, ip: number): number {
  return (m.u8[ip + Ipv6.PayloadLength]! << 8) | m.u8[ip + Ipv6.PayloadLength + 1]!;
}

/** A header of version 6 whose payload lies within the frame. After true, accessors are in bounds. */
export function ipv6Fits(m: FrameMemory, ip: number, end: number): boolean {
  return end - ip >= Ipv6.Header && m.u8[ip]! >> 4 === 6 && ip + Ipv6.Header + ipv6PayloadLength(m, ip) <= end;
}

/**
 * Walks the extension headers of the packet at `ip`, which ends at `end`, to the header of its upper layer (see Ipv6Chain). The header itself is
 * not looked at, and may begin where the packet ends.
 */
export function ipv6Chain(m: FrameMemory, ip: number, end: number): number {
  let next = m.u8[ip + Ipv6.NextHeader]!;
  let at = ip + Ipv6.Header;
  let flags = 0;
  for (let headers = 0; isExtension(next); headers++) {
    if (headers === MOST_HEADERS || end - at < 8) return Ipv6Chain.Broken;
    if (next === Extension.Fragment) {
      // At most once (RFC 8200, 4.1).
      if ((flags & Ipv6Chain.Fragment) !== 0) return Ipv6Chain.Broken;
      flags |= Ipv6Chain.Fragment;
      if (m.u8[at + 2] !== 0 || m.u8[at + 3]! >> 3 !== 0) flags |= Ipv6Chain.Later;
    }
    const octets = extensionOctets(m, at, next);
    next = m.u8[at]!;
    at += octets;
    if (at > end || at - ip - Ipv6.Header > MOST_OCTETS) return Ipv6Chain.Broken;
    if ((flags & Ipv6Chain.Later) !== 0) break;
  }
  return next | ((at - ip) << Ipv6Chain.OffsetShift) | flags;
}

/** Octets of an extension header: in units of eight behind the first ones, of four for AH (RFC 4302, 2.2). */
function extensionOctets(m: FrameMemory, at: number, type: number): number {
  if (type === Extension.Fragment) return 8;
  return type === Extension.Authentication ? (m.u8[at + 1]! + 2) << 2 : (m.u8[at + 1]! + 1) << 3;
}

/** ESP hides what follows and ends the chain, as anything unknown does. */
function isExtension(next: number): boolean {
  return (
    next === Extension.HopByHop ||
    next === Extension.Routing ||
    next === Extension.Fragment ||
    next === Extension.Authentication ||
    next === Extension.DestinationOptions ||
    next === Extension.Mobility ||
    next === Extension.Hip ||
    next === Extension.Shim6
  );
}
