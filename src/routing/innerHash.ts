import type { HashKey } from '../tables/hash.js';
import { FragmentBits, Ipv4, ipv4HeaderLength } from '../wire/ipv4.js';
import type { FrameMemory } from '../wire/memory.js';
import { pathHash } from './pathHash.js';

/** Headers that are looked through, so that nobody makes us look for long. */
const MOST_TUNNELS = 4;
const IPV6_HEADER = 40;
const ETHERNET_HEADER = 14;

const enum Encapsulation {
  Ipv4 = 4,
  Ipv6 = 41,
  Gre = 47,
}

/** GRE (RFC 2784, RFC 2890): first octet's flags, and protocol types. */
const enum Gre {
  Checksum = 0x80,
  Key = 0x20,
  Sequence = 0x10,
  Ipv4 = 0x0800,
  Ipv6 = 0x86dd,
  Ethernet = 0x6558,
}

/**
 * The hash of multipath policy 2: over the addresses of the innermost packet in IPv4, IPv6 or GRE tunnels, or of the packet itself
 * when it carries none. As in Linux 6.18, ports do not count, and VXLAN and other tunnels over UDP are not looked into.
 */
export function innerHash(key: HashKey, m: FrameMemory, ip: number, end: number): number {
  let at = ip;
  for (let depth = 0; depth < MOST_TUNNELS; depth++) {
    // In a fragment the inner header may be missing: all of a datagram go by the outer one.
    if ((loadWord(m, at + Ipv4.FlagsFragment) & FragmentBits.NotWhole) !== 0) break;
    const payload = at + ipv4HeaderLength(m, at);
    const protocol = m.u8[at + Ipv4.Protocol]!;
    let type = 0;
    let inner = payload;
    if (protocol === Encapsulation.Gre) {
      inner = payload + greHeader(m, payload, end);
      if (inner === payload) break;
      type = (m.u8[payload + 2]! << 8) | m.u8[payload + 3]!;
      if (type === Gre.Ethernet) {
        if (inner + ETHERNET_HEADER > end) break;
        type = (m.u8[inner + 12]! << 8) | m.u8[inner + 13]!;
        inner += ETHERNET_HEADER;
      }
    } else if (protocol === Encapsulation.Ipv4) type = Gre.Ipv4;
    else if (protocol === Encapsulation.Ipv6) type = Gre.Ipv6;
    if (type === Gre.Ipv6 && inner + IPV6_HEADER <= end) return ipv6Hash(key, m, inner);
    if (type !== Gre.Ipv4 || !isIpv4(m, inner, end)) break;
    at = inner;
  }
  return pathHash(key, loadWord(m, at + Ipv4.Source), loadWord(m, at + Ipv4.Destination), 0, 0, 0);
}

/** Octets of the GRE header at `at`; 0 when it is cut off, or of a kind that is not looked into. */
function greHeader(m: FrameMemory, at: number, end: number): number {
  if (at + 4 > end) return 0;
  const flags = m.u8[at]!;
  // Routing (obsolete), and versions other than 0.
  if ((flags & ~(Gre.Checksum | Gre.Key | Gre.Sequence)) !== 0 || (m.u8[at + 1]! & 7) !== 0) return 0;
  let length = 4;
  if ((flags & Gre.Checksum) !== 0) length += 4;
  if ((flags & Gre.Key) !== 0) length += 4;
  if ((flags & Gre.Sequence) !== 0) length += 4;
  return at + length > end ? 0 : length;
}

function isIpv4(m: FrameMemory, at: number, end: number): boolean {
  if (at + Ipv4.MinHeader > end || m.u8[at]! >> 4 !== 4) return false;
  const header = ipv4HeaderLength(m, at);
  return header >= Ipv4.MinHeader && at + header <= end;
}

/** Sixteen octets of each address, folded into a word. */
function ipv6Hash(key: HashKey, m: FrameMemory, at: number): number {
  return pathHash(key, ipv6Word(m, at + 8), ipv6Word(m, at + 24), 0, 0, 0);
}

function ipv6Word(m: FrameMemory, at: number): number {
  let word = 0;
  for (let i = 0; i < 16; i += 4) word = Math.imul(word ^ loadWord(m, at + i), 0x9e37_79b1) ^ (word >>> 15);
  return word;
}

/** A word as loaded, at any octet: what is inside a tunnel need not be aligned. */
function loadWord(m: FrameMemory, at: number): number {
  return m.u8[at]! | (m.u8[at + 1]! << 8) | (m.u8[at + 2]! << 16) | (m.u8[at + 3]! << 24);
}
