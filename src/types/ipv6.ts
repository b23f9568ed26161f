import { formatPrefix, type Prefix, parsePrefix } from './ipv4.js';
import type { Parsed } from './parsed.js';

/** IPv6 prefixes and their text (RFC 4291, RFC 5952). */

export interface Ipv6Prefix {
  /** Eight 16-bit words in host order; host bits stay as written. */
  readonly words: readonly number[];
  /** 0 to 128. */
  readonly length: number;
}

/** A prefix of either version. */
export type AnyPrefix = Prefix | Ipv6Prefix;

export function isIpv6Prefix(prefix: AnyPrefix): prefix is Ipv6Prefix {
  return 'words' in prefix;
}

/** Words of "fd00::11"; undefined: it is no IPv6 address. The dotted form of IPv4 within is not taken, nor a zone. */
function wordsOf(text: string): number[] | undefined {
  const sides = text.split('::');
  if (sides.length > 2) return undefined;
  const [head, tail] = sides.map((side) => (side === '' ? [] : side.split(':')));
  const written = [...head!, ...(tail ?? [])];
  if (!written.every((word) => /^[0-9a-fA-F]{1,4}$/.test(word))) return undefined;
  if (tail === undefined ? written.length !== 8 : written.length > 7) return undefined;
  const zeros = new Array<string>(8 - written.length).fill('0');
  return [...head!, ...zeros, ...(tail ?? [])].map((word) => Number.parseInt(word, 16));
}

/** Reads "fd00::/64", or an address alone (then 128). */
export function parseIpv6Prefix(text: string): Parsed<Ipv6Prefix> {
  const slash = text.indexOf('/');
  const words = wordsOf(slash < 0 ? text : text.slice(0, slash));
  if (words === undefined) return { fault: 'is not an IPv6 address (words of up to four hexadecimal digits, :: once)' };
  const digits = slash < 0 ? '128' : text.slice(slash + 1);
  if (!/^\d{1,3}$/.test(digits) || Number(digits) > 128) return { fault: 'has a prefix length that is not 0 to 128' };
  return { value: { words, length: Number(digits) } };
}

/** Reads a prefix of either version; an address alone is one of full length. */
export function parseAnyPrefix(text: string): Parsed<AnyPrefix> {
  return text.includes(':') ? parseIpv6Prefix(text) : parsePrefix(text, true);
}

/** Eight words of the mask of a length, host order. */
export function ipv6MaskOf(length: number): number[] {
  return Array.from({ length: 8 }, (_, i) => (0xffff << (16 - Math.min(16, Math.max(0, length - 16 * i)))) & 0xffff);
}

/** "fd00::11/128": lower case, the longest run of two words of 0 or more as "::" (RFC 5952). */
function formatIpv6Prefix({ words, length }: Ipv6Prefix): string {
  let [start, most] = [-1, 1];
  for (let i = 0; i < 8; i++) {
    let run = 0;
    while (i + run < 8 && words[i + run] === 0) run++;
    if (run > most) [start, most] = [i, run];
  }
  const text = (from: number, to: number): string =>
    words
      .slice(from, to)
      .map((word) => word.toString(16))
      .join(':');
  return `${start < 0 ? text(0, 8) : `${text(0, start)}::${text(start + most, 8)}`}/${length}`;
}

export function formatAnyPrefix(prefix: AnyPrefix): string {
  return isIpv6Prefix(prefix) ? formatIpv6Prefix(prefix) : formatPrefix(prefix);
}
