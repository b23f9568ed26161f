import type { Brand } from './brand.js';
import { isFault, type Parsed } from './parsed.js';

/**
 * IPv4 addresses and prefixes as the data plane keeps them, and their text.
 *
 * A `WireIpv4` is the int32 that a little-endian machine loads from the four octets of the header: 1.2.3.4 is
 * (4 << 24 | 3 << 16 | 2 << 8 | 1) | 0. Masks are kept the same way, so `(address & mask) === prefix` needs no swap. Anything
 * that compares by size (ranges, "above") goes through `hostOrder` first.
 */
export type WireIpv4 = Brand<number, 'WireIpv4'>;

/** The same address as an unsigned number in host order: 1.2.3.4 is 0x01020304. Only for comparing, counting, printing. */
export type HostIpv4 = Brand<number, 'HostIpv4'>;

/** A prefix; `address` has no host bits. `length` is 0 to 32. */
export interface Prefix {
  readonly address: WireIpv4;
  readonly mask: WireIpv4;
  readonly length: number;
}

const ORDINALS = ['first', 'second', 'third', 'last'] as const;
const OCTET = /^\d{1,9}$/;

/** The int32 with its octets reversed: wire to host order and back. */
function swap(word: number): number {
  return ((word & 0xff) << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24);
}

/** Host order, unsigned. */
export function hostOrder(address: WireIpv4): HostIpv4 {
  return (swap(address) >>> 0) as HostIpv4;
}

/** Wire order of an unsigned number below 2^32. */
export function wireOrder(address: number): WireIpv4 {
  return swap(address | 0) as WireIpv4;
}

/** The mask of a prefix of this length (0 to 32), wire order. */
export function maskOf(length: number): WireIpv4 {
  return wireOrder(length === 0 ? 0 : -1 << (32 - length));
}

/** True when the prefix holds the address. */
export function covers(prefix: Prefix, address: WireIpv4): boolean {
  return (address & prefix.mask) === (prefix.address & prefix.mask);
}

/** Reads "1.2.3.4": four decimal octets, no leading zeros (some programs read those as octal). */
export function parseIpv4(text: string): Parsed<WireIpv4> {
  const octets = text.split('.');
  if (octets.length !== 4) return { fault: 'is not an IPv4 address (four octets with dots are expected)' };
  let word = 0;
  for (let i = 0; i < 4; i++) {
    const octet = octets[i]!;
    const which = `${ORDINALS[i]} octet`;
    if (!OCTET.test(octet)) return { fault: `is not an IPv4 address (${which} is not a number)` };
    if (octet.length > 1 && octet.startsWith('0')) return { fault: `is not an IPv4 address (${which} has a leading zero)` };
    if (Number(octet) > 255) return { fault: `is not an IPv4 address (${which} above 255)` };
    word |= Number(octet) << (8 * i);
  }
  return { value: word as WireIpv4 };
}

/**
 * Reads "10.0.0.0/8". A missing length is a fault unless `hostWithoutLength` (then 32). Host bits are kept: `address` is what
 * the text says; use `network` to clear them.
 */
export function parsePrefix(text: string, hostWithoutLength: boolean): Parsed<Prefix> {
  const slash = text.indexOf('/');
  if (slash < 0 && !hostWithoutLength) return { fault: 'has no prefix length (write it as 10.0.0.0/8)' };
  const address = parseIpv4(slash < 0 ? text : text.slice(0, slash));
  if (isFault(address)) return address;
  const digits = slash < 0 ? '32' : text.slice(slash + 1);
  if (!/^\d{1,2}$/.test(digits) || Number(digits) > 32) return { fault: 'has a prefix length that is not 0 to 32' };
  const length = Number(digits);
  return { value: { address: address.value, mask: maskOf(length), length } };
}

/** The prefix with its host bits cleared. */
export function network(prefix: Prefix): Prefix {
  return { address: (prefix.address & prefix.mask) as WireIpv4, mask: prefix.mask, length: prefix.length };
}

/** "1.2.3.4" */
export function formatIpv4(address: WireIpv4): string {
  return `${address & 0xff}.${(address >>> 8) & 0xff}.${(address >>> 16) & 0xff}.${address >>> 24}`;
}

/** "10.0.0.0/8" */
export function formatPrefix(prefix: Prefix): string {
  return `${formatIpv4(prefix.address)}/${prefix.length}`;
}
