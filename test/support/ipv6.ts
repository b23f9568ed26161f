import { isIPv6 } from 'node:net';
import { be16, be32, get16, get32, joined, macOctets, naiveSum } from './octets.js';

/** IPv6 packets for tests, written without src/wire: pieces of octets, put together by whoever wants a frame. */

export const ETHER_IPV6 = 0x86dd;
export const ALL_NODES = 'ff02::1';
export const ALL_NODES_MAC = '33:33:00:00:00:01';

export function ip6Octets(text: string): number[] {
  if (!isIPv6(text) || text.includes('.')) throw new Error(`${text} is no IPv6 address`);
  const [head = '', tail] = text.split('::');
  const words = (part: string): number[] => (part === '' ? [] : part.split(':').map((word) => Number.parseInt(word, 16)));
  const [a, b] = [words(head), tail === undefined ? [] : words(tail)];
  const zeros = tail === undefined ? 0 : 8 - a.length - b.length;
  return [...a, ...new Array<number>(zeros).fill(0), ...b].flatMap(be16);
}

/** The link-local address that a MAC gives. */
export function linkLocalOf(mac: string): string {
  const [a, b, c, d, e, f] = macOctets(mac) as [number, number, number, number, number, number];
  const word = (high: number, low: number): string => (high * 256 + low).toString(16);
  return `fe80::${word(a ^ 2, b)}:${word(c, 0xff)}:${word(0xfe, d)}:${word(e, f)}`;
}

export interface Frame6 {
  src: string;
  dst: string;
  from: string;
  to: string;
  /** Of what `payload` begins with. */
  next: number;
  payload: Uint8Array;
  payloadLength?: number;
}

/** An Ethernet frame with an IPv6 packet. */
export function frame6({ src, dst, from, to, next, payload, payloadLength }: Frame6): Uint8Array {
  return joined(
    macOctets(dst),
    macOctets(src),
    be16(ETHER_IPV6),
    [0x60, 0, 0, 0],
    be16(payloadLength ?? payload.length),
    [next, 64],
    ip6Octets(from),
    ip6Octets(to),
    payload,
  );
}

/** Sum of the pseudo header (RFC 8200, 8.1). */
export function pseudo6(from: string, to: string, protocol: number, octets: number): number {
  return naiveSum(joined(ip6Octets(from), ip6Octets(to), be32(octets), [0, 0, 0, protocol]));
}

export interface Ends6 {
  from: string;
  to: string;
  sport?: number;
  dport?: number;
  /** The field holds the sum of the pseudo header only. */
  partial?: boolean;
}

function finished(segment: Uint8Array, at: number, protocol: number, { from, to, partial = false }: Ends6): Uint8Array {
  const pseudo = pseudo6(from, to, protocol, segment.length);
  const sum = partial ? pseudo : ~naiveSum(segment, pseudo) & 0xffff;
  segment.set(be16(sum === 0 && protocol === 17 ? 0xffff : sum), at);
  return segment;
}

export function udp6(ends: Ends6, data: Uint8Array): Uint8Array {
  const header = [...be16(ends.sport ?? 1000), ...be16(ends.dport ?? 2000), ...be16(8 + data.length), 0, 0];
  return finished(joined(header, data), 6, 17, ends);
}

export function tcp6(ends: Ends6 & { seq?: number; flags?: number; dataOffset?: number }, data: Uint8Array): Uint8Array {
  const { sport = 1000, dport = 2000, seq = 1, flags = 0x10, dataOffset = 5 } = ends;
  const header = [...be16(sport), ...be16(dport), ...be32(seq), ...be32(0), dataOffset << 4, flags, 255, 255, 0, 0, 0, 0];
  return finished(joined(header, data), 16, 6, ends);
}

/** A message of ICMPv6; its checksum is right. */
export function icmp6(type: number, ends: Ends6, body: ArrayLike<number>): Uint8Array {
  return finished(joined(type, 0, 0, 0, body), 2, 58, ends);
}

/** Neighbour solicitation and advertisement: flags and target. */
export function neighbor6(type: 135 | 136, ends: Ends6, target: string): Uint8Array {
  return icmp6(type, ends, joined([0, 0, 0, 0], ip6Octets(target)));
}

/** An extension header of options (hop-by-hop, destination) or routing: `octets` long, a multiple of eight. */
export function extension(next: number, octets = 8): Uint8Array {
  const header = new Uint8Array(octets);
  header.set([next, octets / 8 - 1, 1, octets - 4]);
  return header;
}

/** A fragment header; `offset` in octets. */
export function fragment6(next: number, offset: number, more: boolean, id = 7): Uint8Array {
  return joined(next, 0, be16(offset | (more ? 1 : 0)), be32(id));
}

export interface Decoded6 {
  src: string;
  dst: string;
  payloadLength: number;
  next: number;
  /** Behind the fixed header. */
  payload: Uint8Array;
  /** Whether the checksum of the TCP or UDP segment behind `skip` octets of extension headers is right. */
  sumRight: (protocol: 6 | 17, skip?: number) => boolean;
  seq: (skip?: number) => number;
}

export function decode6(frame: Uint8Array): Decoded6 {
  if (get16(frame, 12) !== ETHER_IPV6) throw new Error('not IPv6');
  const text = (at: number): string => Array.from(frame.subarray(at, at + 6), (o) => o.toString(16).padStart(2, '0')).join(':');
  const payload = frame.subarray(54);
  return {
    src: text(6),
    dst: text(0),
    payloadLength: get16(frame, 18),
    next: frame[20]!,
    payload,
    sumRight: (protocol, skip = 0) => {
      const segment = payload.subarray(skip);
      const pseudo = naiveSum(joined(frame.subarray(22, 54), be32(segment.length), [0, 0, 0, protocol]));
      return naiveSum(segment, pseudo) === 0xffff;
    },
    seq: (skip = 0) => get32(payload, skip + 4),
  };
}
