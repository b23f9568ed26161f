import type { z } from 'zod';
import { formatIpv4, hostOrder, maskOf, type Prefix, parseIpv4, parsePrefix, type WireIpv4 } from '../types/ipv4.js';
import { isFault, type Parsed } from '../types/parsed.js';
import { dsfieldNumbers, ipProtocolNumbers, protoNumbers, scopeNumbers } from './ipNames.js';
import { nearest } from './nearest.js';
import type { PortMatch } from './routingConfig.js';
import { scalar, text } from './scalar.js';

/** Single values of rules and routes, as ip(8) takes them. Numbers are decimal, or hexadecimal behind 0x. */

export const U32 = 0xffff_ffff;

/** A table as the file says it: its number, or a name that is looked up when the names are known. */
export type TableRef = number | string;

const DECIMAL = /^\d{1,20}$/;
const HEX = /^0x[0-9a-f]{1,16}$/i;

/** Reads a number from `low` to `high`. */
export function parseNumber(written: string, low: number, high: number): Parsed<number> {
  const value = DECIMAL.test(written) || HEX.test(written) ? Number(written) : undefined;
  if (value === undefined) return { fault: 'is not a whole number' };
  return value < low || value > high ? { fault: `is not between ${low} and ${high}` } : { value };
}

/** A number from `low` to `high`. */
export function number(low: number, high: number, example = String(low)): z.ZodType<number> {
  return scalar(
    text((written) => parseNumber(written, low, high)),
    { form: `number from ${low} to ${high}`, example, json: ['integer', 'string'] },
  );
}

/** A number up to `high`, or one of the names. */
function named(
  names: ReadonlyMap<string, number>,
  high: number,
  form: string,
  example: string,
  before = /^$/,
): z.ZodType<number> {
  return scalar(
    text((written): Parsed<number> => {
      const known = names.get(written.toLowerCase());
      if (known !== undefined) return { value: known };
      const parsed = parseNumber(written.replace(before, ''), 0, high);
      if (!isFault(parsed) || /^\d/.test(written)) return parsed;
      return { fault: 'is neither a known name nor a number', meant: nearest(written, [...names.keys()]) };
    }),
    { form, example, json: ['integer', 'string'] },
  );
}

export const proto = () => named(protoNumbers, 255, 'name of a routing protocol, or number', 'static');
/** ip(8) writes ipproto-200 for a number without a name. */
export const ipProtocol = () => named(ipProtocolNumbers, 255, 'name of an IP protocol, or number', 'udp', /^ipproto-/);
export const scope = () => named(scopeNumbers, 255, 'global | site | link | host | number', 'link');
export const group = () => named(new Map([['default', 0]]), 0x7fff_ffff, 'number of an interface group', '1');

/** "0x10", "CS1", "10" (text is hexadecimal in ip(8), with and without 0x); a number of YAML is what it says. */
export function tos(): z.ZodType<number> {
  return scalar(
    (raw) => {
      const written = typeof raw === 'string' ? raw.trim() : typeof raw === 'number' ? `0x${raw.toString(16)}` : undefined;
      if (written === undefined) return { fault: 'is not text' };
      const octet =
        dsfieldNumbers.get(written.toLowerCase()) ?? (/^(?:0x)?[0-9a-f]{1,2}$/i.test(written) ? parseInt(written, 16) : -1);
      if (octet < 0) return { fault: 'is not an octet in hexadecimal digits' };
      return (octet & 3) === 0
        ? { value: octet }
        : { fault: 'has one of the two lowest bits set, which are not of the field (ECN)' };
    },
    { form: 'octet in hexadecimal digits', example: '0x10', json: ['integer', 'string'] },
  );
}

/** "10.0.0.1/24", "10/8", "all"; a prefix of length 0 is all, which is undefined. Host bits stay. */
export function selected(): z.ZodType<Prefix | 'all'> {
  return scalar(
    text((written): Parsed<Prefix | 'all'> => {
      if (/^(?:all|any|default)$/.test(written)) return { value: 'all' };
      const parsed = parseShortPrefix(written);
      return isFault(parsed) || parsed.value.length > 0 ? parsed : { value: 'all' };
    }),
    { form: 'IPv4 prefix | all', example: '10.0.0.0/8' },
  );
}

/** A destination: "10.0.0.0/8", "10/8", "default". Host bits stay, a check warns about them. */
export function destination(): z.ZodType<Prefix> {
  return scalar(
    text((written) => parseShortPrefix(/^(?:default|all|any)$/.test(written) ? '0.0.0.0/0' : written)),
    { form: 'default or IPv4 prefix', example: '10.0.0.0/8' },
  );
}

/** ip(8) lets octets of zero at the end be left out before a length: 10/8. */
function parseShortPrefix(written: string): Parsed<Prefix> {
  const [, short, length] = /^(\d{1,3}(?:\.\d{1,3}){0,2})(\/\d{1,2})$/.exec(written) ?? [];
  if (short === undefined) return parsePrefix(written, true);
  return parsePrefix(`${short}${'.0'.repeat(4 - short.split('.').length)}${length}`, true);
}

/** A number from 1 to 2^32 - 1, or a name. 0 means "not said" to the kernel, which then makes a table nobody can name. */
export function table(): z.ZodType<TableRef> {
  return scalar(
    text((written): Parsed<TableRef> => {
      if (!/^\d|^-/.test(written)) return { value: written };
      const parsed = parseNumber(written, 0, U32);
      if (isFault(parsed)) return parsed;
      return parsed.value === 0 ? { fault: 'is no table: 0 stands for "not said"' } : parsed;
    }),
    { form: 'number or name of a table', example: 'main', json: ['integer', 'string'] },
  );
}

/** "0x1", "0x1/0xff" */
export function mark(): z.ZodType<{ readonly value: number; readonly mask: number }> {
  return scalar(
    text((written) => {
      const [value, mask] = numbers(written, '/', 0, U32);
      if (value === undefined) return { fault: 'is not a 32-bit number, or two with / between them' };
      // As the kernel: a mark of 0 without mask selects nothing.
      return { value: { value, mask: mask ?? (value === 0 ? 0 : U32) } };
    }),
    { form: 'mark, or mark/mask', example: '0x1/0xff', json: ['integer', 'string'] },
  );
}

/** "10", "0x8/0x38"; 6 bits. */
export function dscp(): z.ZodType<{ readonly value: number; readonly mask: number }> {
  return scalar(
    text((written) => {
      const [value, mask = 0x3f] = numbers(written, '/', 0, 0x3f);
      if (value === undefined) return { fault: 'is not a number from 0 to 63, or two with / between them' };
      return (value & ~mask) === 0 ? { value: { value, mask } } : { fault: 'has bits that its mask leaves out' };
    }),
    { form: 'number from 0 to 63, or number/mask', example: '10', json: ['integer', 'string'] },
  );
}

/** The kernel takes 65535 only where a mask stands behind it. */
const HIGHEST_PORT = 65_534;

/** "53", "1000-2000", "80/0xfff0" */
export function ports(): z.ZodType<PortMatch> {
  return scalar(
    text((written): Parsed<PortMatch> => {
      if (written.includes('/')) {
        const [value, mask] = numbers(written, '/', 0, 65_535);
        if (value === undefined || mask === undefined || value === 0 || value > HIGHEST_PORT)
          return { fault: `is not a port from 1 to ${HIGHEST_PORT} with a mask` };
        return (value & ~mask) === 0 ? { value: { value, mask } } : { fault: 'has bits that its mask leaves out' };
      }
      const [low, high = low] = numbers(written, '-', 1, HIGHEST_PORT);
      if (low === undefined) return { fault: `is not a port from 1 to ${HIGHEST_PORT}, or two with - between them` };
      return low > high! ? { fault: 'starts above its end' } : { value: { low, high: high! } };
    }),
    { form: 'port, port-port or port/mask', example: '1000-2000', json: ['integer', 'string'] },
  );
}

/** "1000-2000"; -1 is nobody in the kernel, so 2^32 - 1 is none. */
export function uids(): z.ZodType<{ readonly low: number; readonly high: number }> {
  return scalar(
    text((written) => {
      const [low, high] = numbers(written, '-', 0, U32 - 1);
      if (low === undefined || high === undefined) return { fault: 'is not two numbers of users with - between them' };
      return low > high ? { fault: 'starts above its end' } : { value: { low, high } };
    }),
    { form: 'number-number', example: '1000-2000' },
  );
}

/** 64 bits. */
export function tunnelId(): z.ZodType<bigint> {
  return scalar(
    text((written): Parsed<bigint> => {
      const value = DECIMAL.test(written) || HEX.test(written) ? BigInt(written) : undefined;
      return value !== undefined && value < 1n << 64n
        ? { value }
        : { fault: 'is not a number of 64 bits (quote one above 2^53)' };
    }),
    { form: 'number of 64 bits', example: '7', json: ['integer', 'string'] },
  );
}

/** "3", "3/4", "cosmos" is 0. What stands alone is where the packet goes. */
export function realms(): z.ZodType<{ readonly from: number; readonly to: number }> {
  return scalar(
    text((written) => {
      const both = written.split('/').map((one) => parseNumber(one === 'cosmos' ? '0' : one, 0, 65_535));
      const values = both.flatMap((one) => (isFault(one) ? [] : [one.value]));
      if (both.length > 2 || values.length !== both.length)
        return { fault: 'is not a realm from 0 to 65535, or two with / between them' };
      return { value: values.length === 1 ? { from: 0, to: values[0]! } : { from: values[0]!, to: values[1]! } };
    }),
    { form: 'realm, or realm/realm', example: '3', json: ['integer', 'string'] },
  );
}

/** "1400", "lock 1400" */
export function routeMtu(): z.ZodType<{ readonly octets: number; readonly lock: boolean }> {
  return scalar(
    text((written) => {
      const [, lock, digits] = /^(lock\s+)?(\S+)$/.exec(written) ?? ['', undefined, ''];
      const octets = parseNumber(digits!, SMALLEST_MTU, LARGEST_MTU);
      return isFault(octets) ? octets : { value: { octets: octets.value, lock: lock !== undefined } };
    }),
    { form: 'octets, or lock octets', example: '1400', json: ['integer', 'string'] },
  );
}

/** RFC 791: every link carries 68 octets. The kernel lowers more than 65520 to that. */
const SMALLEST_MTU = 68;
const LARGEST_MTU = 65_520;

/** Two numbers with a sign between them, or one; nothing when one of them is none. */
function numbers(written: string, sign: string, low: number, high: number): number[] {
  const parsed = written.split(sign).map((one) => parseNumber(one.trim(), low, high));
  return parsed.length > 2 || parsed.some(isFault) ? [] : parsed.map((one) => (one as { readonly value: number }).value);
}

/** An address a packet can be sent to or from. */
export function host(): z.ZodType<WireIpv4> {
  return scalar(text(parseIpv4), { form: 'IPv4 address', example: '1.2.3.4' });
}

/** As ip(8) shows a selected prefix: without a length when it is one address. */
export function prefixText(prefix: Prefix): string {
  return prefix.length === 32 ? formatIpv4(prefix.address) : `${formatIpv4(prefix.address)}/${prefix.length}`;
}

/** 224.0.0.0/4 and 255.255.255.255. */
export function isGroup(address: WireIpv4): boolean {
  return hostOrder((address & maskOf(4)) as WireIpv4) === 0xe000_0000 || address === -1;
}
