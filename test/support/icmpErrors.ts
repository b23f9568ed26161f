import type { MemoryFrame } from '../../src/io/memoryIface.js';
import { inward, outward } from './flows.js';
import { icmp, ipv4, type Layer, packet } from './layers.js';
import { be16, naiveSum } from './octets.js';

/** ICMP errors as hosts and routers make them about packets they got. */

export interface ErrorFields {
  /** Who sends it, and to whom. */
  src: string;
  dst: string;
  type?: number;
  code?: number;
  mtu?: number;
  /** Behind the quote, as RFC 4884 has it: the quote is padded to 128 octets or the next multiple of 4. */
  extension?: Uint8Array;
  options?: readonly number[];
  ttl?: number;
  df?: boolean;
}

/** The IPv4 packet of a frame, as it looks where its TTL is `ttl`. */
export function packetAt(frame: Uint8Array, ttl: number): Uint8Array {
  const at = frame[12] === 0x81 ? 18 : 14;
  const ip = frame.slice(at, at + frame[at + 2]! * 256 + frame[at + 3]!);
  ip[8] = ttl;
  return withHeaderSum(ip);
}

/** The same packet with a right header checksum. */
export function withHeaderSum(ip: Uint8Array): Uint8Array {
  const out = ip.slice();
  out.set([0, 0], 10);
  out.set(be16(~naiveSum(out.subarray(0, (out[0]! & 15) * 4)) & 0xffff), 10);
  return out;
}

/** What an error says: its ICMP message, `quote` and all. */
export function errorMessage(quote: Uint8Array, f: ErrorFields): Uint8Array {
  const told = { type: f.type ?? 3, code: f.code ?? 1, mtu: f.mtu ?? 0 };
  if (f.extension === undefined) return packet(icmp(told), quote);
  const padded = new Uint8Array(Math.max(128, (quote.length + 3) & ~3));
  padded.set(quote);
  return packet(icmp({ ...told, id: padded.length / 4 }), padded, f.extension);
}

/** An error that comes in from outside, or from inside `f.src` (10.0.0.0/16), and quotes `quote`. */
export function errorFrame(quote: Uint8Array, f: ErrorFields): Uint8Array {
  const way: Layer = f.src.startsWith('10.0.') ? outward(f.src) : inward();
  const ends = { src: f.src, dst: f.dst, protocol: 1, ttl: f.ttl ?? 60, options: f.options ?? [], df: f.df ?? false };
  return packet(way, ipv4(ends), errorMessage(quote, f));
}

/** The start of the ICMP message of a frame that was sent: type, code, and all that follows the quote's place. */
export function errorIn(frame: MemoryFrame): { head: Uint8Array; quote: Uint8Array } {
  const ip = frame.octets.subarray(14);
  const message = ip.subarray((ip[0]! & 15) * 4, ip[2]! * 256 + ip[3]!);
  return { head: message.slice(0, 8), quote: message.slice(8) };
}
