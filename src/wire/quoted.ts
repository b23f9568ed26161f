import { delta16, delta32, moveFinished, sumOctets } from './checksum.js';
import { Icmp, isIcmpError } from './icmp.js';
import { FragmentBits, Ipv4, ipv4HeaderLength, ipv4TotalLength, Protocol } from './ipv4.js';
import type { FrameMemory } from './memory.js';
import { Tcp } from './tcp.js';
import { Udp } from './udp.js';

/**
 * The packet that an ICMP error quotes (RFC 792, 1812 4.3.2.3, 4884). `icmp` is the offset of the error's ICMP header, `end` of the
 * end of its packet; the quoted IPv4 header stands at quoteOf(icmp), 4-aligned like every header of the frame.
 */

/** Octets of its L4 that every error quotes (RFC 792): the ports, or type, checksum and id of an ICMP query. */
const QUOTED_L4 = 8;

/** Offset of the quoted IPv4 header. */
export function quoteOf(icmp: number): number {
  return icmp + Icmp.Header;
}

/**
 * ERR-1, ERR-2, ERR-6: the error's own checksum holds, and it quotes a whole IPv4 header with a right checksum and eight octets
 * behind it. After true, the ipv4* accessors and eight octets of L4 are in bounds. The quoted L4 checksum is nobody's business
 * here (RFC 5508 REQ-3c).
 */
export function icmpErrorIsSound(m: FrameMemory, icmp: number, end: number): boolean {
  if (!quoteFits(m, icmp, end)) return false;
  const quote = quoteOf(icmp);
  return sumOctets(m, quote, ipv4HeaderLength(m, quote), 0) === 0xffff && sumOctets(m, icmp, end - icmp, 0) === 0xffff;
}

/** Whether it quotes a whole IPv4 header and eight octets behind it, whatever the checksums are. After true, both are in bounds. */
export function quoteFits(m: FrameMemory, icmp: number, end: number): boolean {
  const quote = quoteOf(icmp);
  if (end - quote < Ipv4.MinHeader + QUOTED_L4 || m.u8[quote]! >> 4 !== 4) return false;
  const header = ipv4HeaderLength(m, quote);
  return header >= Ipv4.MinHeader && quotedEnd(m, icmp, end) >= quote + header + QUOTED_L4;
}

/**
 * Where the quoted packet ends within `end`: at its own length, and before the extensions of RFC 4884, whose padding and objects
 * are no part of it (ERR-10). A length field too small for header and ports is the unused octet of RFC 792, not zero.
 */
export function quotedEnd(m: FrameMemory, icmp: number, end: number): number {
  const quote = quoteOf(icmp);
  const total = quote + ipv4TotalLength(m, quote);
  const octets = m.u8[icmp + Icmp.QuotedWords]! << 2;
  const field = octets < ipv4HeaderLength(m, quote) + QUOTED_L4 ? end : quote + octets;
  return Math.min(end, total, field);
}

/**
 * True when the quoted packet names a flow: no later fragment, no ICMP error. TCP and UDP do it by ports, ICMP queries and answers by
 * their id, other protocols by addresses alone.
 */
export function quotesFlow(m: FrameMemory, icmp: number): boolean {
  const quote = quoteOf(icmp);
  if ((m.u16[(quote + Ipv4.FlagsFragment) >> 1]! & FragmentBits.Offset) !== 0) return false;
  return m.u8[quote + Ipv4.Protocol] !== Protocol.Icmp || !isIcmpError(m.u8[quote + ipv4HeaderLength(m, quote)]!);
}

/** Ports of the quoted packet as loaded: source | destination << 16; 0 for a protocol that has none. */
export function quotedPorts(m: FrameMemory, icmp: number): number {
  const quote = quoteOf(icmp);
  const protocol = m.u8[quote + Ipv4.Protocol]!;
  if (protocol !== Protocol.Tcp && protocol !== Protocol.Udp) return 0;
  return m.i32[(quote + ipv4HeaderLength(m, quote)) >> 2]!;
}

/** Id of the quoted ICMP query or answer, as loaded. */
export function quotedEchoId(m: FrameMemory, icmp: number): number {
  const quote = quoteOf(icmp);
  return m.u16[(quote + ipv4HeaderLength(m, quote) + Icmp.Id) >> 1]!;
}

/**
 * Gives the quoted packet another source (`source` true) or destination: address and port, both as loaded. The port is an id for ICMP
 * and nothing for protocols without ports. Every checksum it moves goes by difference (CKS-3): the quoted header's, the quoted L4's
 * where it is quoted (UDP unless it is none; TCP with 18 octets or more), and the error's own by all of these (ERR-5). Requires
 * icmpErrorIsSound and quotesFlow.
 */
export function rewriteQuoted(m: FrameMemory, icmp: number, end: number, source: boolean, address: number, port: number): void {
  const quote = quoteOf(icmp);
  const addressAt = (quote + (source ? Ipv4.Source : Ipv4.Destination)) >> 2;
  const addressDelta = delta32(m.i32[addressAt]!, address);
  m.i32[addressAt] = address;
  let moved = addressDelta + moveSum(m, (quote + Ipv4.Checksum) >> 1, addressDelta);
  const protocol = m.u8[quote + Ipv4.Protocol]!;
  if (protocol === Protocol.Tcp || protocol === Protocol.Udp || protocol === Protocol.Icmp) {
    const l4 = quote + ipv4HeaderLength(m, quote);
    const portAt = (protocol === Protocol.Icmp ? l4 + Icmp.Id : source ? l4 : l4 + 2) >> 1;
    const portDelta = delta16(m.u16[portAt]!, port);
    m.u16[portAt] = port;
    moved += portDelta;
    const sum = l4 + checksumAt(protocol);
    if (sum + 2 <= quotedEnd(m, icmp, end)) {
      if (protocol === Protocol.Icmp) moved += moveSum(m, sum >> 1, portDelta);
      else if (protocol === Protocol.Tcp) moved += moveSum(m, sum >> 1, addressDelta + portDelta);
      else if (m.u16[sum >> 1] !== 0) moved += moveUdpSum(m, sum >> 1, addressDelta + portDelta);
    }
  } else if (protocol === Protocol.UdpLite || protocol === Protocol.Dccp) {
    // Translated by address alone, which is in their checksum (CKS-6); every quote has the eight octets it stands in.
    moved += moveSum(m, (quote + ipv4HeaderLength(m, quote) + Udp.Checksum) >> 1, addressDelta);
  }
  moveSum(m, (icmp + Icmp.Checksum) >> 1, moved);
}

/**
 * Gives the quoted packet another source or destination (`at`: Ipv4.Source or Ipv4.Destination) and leaves its ports: `delta` is what that makes
 * of a checksum. Moves the checksums that rewriteQuoted does, of a quoted later fragment only the header's. Requires quoteFits.
 */
export function moveQuotedAddress(m: FrameMemory, icmp: number, end: number, at: number, address: number, delta: number): void {
  const quote = quoteOf(icmp);
  m.i32[(quote + at) >> 2] = address;
  let moved = delta + moveSum(m, (quote + Ipv4.Checksum) >> 1, delta);
  const protocol = m.u8[quote + Ipv4.Protocol]!;
  const first = (m.u16[(quote + Ipv4.FlagsFragment) >> 1]! & FragmentBits.Offset) === 0;
  if (
    first &&
    (protocol === Protocol.Tcp || protocol === Protocol.Udp || protocol === Protocol.UdpLite || protocol === Protocol.Dccp)
  ) {
    const sum = quote + ipv4HeaderLength(m, quote) + checksumAt(protocol === Protocol.Tcp ? protocol : Protocol.Udp);
    if (sum + 2 <= quotedEnd(m, icmp, end)) {
      if (protocol !== Protocol.Udp) moved += moveSum(m, sum >> 1, delta);
      else if (m.u16[sum >> 1] !== 0) moved += moveUdpSum(m, sum >> 1, delta);
    }
  }
  moveSum(m, (icmp + Icmp.Checksum) >> 1, moved);
}

/** Offset of the checksum within an L4 header. */
function checksumAt(protocol: number): number {
  return protocol === Protocol.Tcp ? Tcp.Checksum : protocol === Protocol.Udp ? Udp.Checksum : Icmp.Checksum;
}

/** Moves the checksum in half-word `at` and returns the difference that this makes to a sum over it. */
function moveSum(m: FrameMemory, at: number, delta: number): number {
  const before = m.u16[at]!;
  const after = moveFinished(before, delta);
  m.u16[at] = after;
  return delta16(before, after);
}

/** The same for UDP, where a computed 0 is written as 0xffff. */
function moveUdpSum(m: FrameMemory, at: number, delta: number): number {
  const before = m.u16[at]!;
  const after = moveFinished(before, delta) || 0xffff;
  m.u16[at] = after;
  return delta16(before, after);
}
