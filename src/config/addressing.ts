import type { z } from 'zod';
import { type HostIpv4, hostOrder, type Prefix, parseIpv4, parsePrefix, type WireIpv4 } from '../types/ipv4.js';
import { type AnyPrefix, parseAnyPrefix } from '../types/ipv6.js';
import { type Mac, parseMac } from '../types/mac.js';
import { isFault, type Parsed } from '../types/parsed.js';
import type { AddressRange } from './config.js';
import { name, scalar, text } from './scalar.js';

/** Addresses, prefixes, ranges and device names as values of the file. */

/** Most addresses one range may stand for; a zone of more is a slip of the pen, not a plan. */
const LARGEST_RANGE = 4096;

/** "1.2.3.4" */
export function ipv4(): z.ZodType<WireIpv4> {
  return scalar(text(parseIpv4), { form: 'IPv4 address', example: '1.2.3.4' });
}

/** "1.2.3.4" (port 0), "1.2.3.4:80"; the port is in host order. */
export function endpoint(example: string): z.ZodType<{ readonly address: WireIpv4; readonly port: number }> {
  return scalar(
    text((written) => {
      const colon = written.indexOf(':');
      const address = parseIpv4(colon < 0 ? written : written.slice(0, colon));
      if (isFault(address)) return address;
      if (colon < 0) return { value: { address: address.value, port: 0 } };
      const port = /^[1-9]\d{0,4}$/.test(written.slice(colon + 1)) ? Number(written.slice(colon + 1)) : 0;
      if (port < 1 || port > 65535) return { fault: 'has a port that is not between 1 and 65535' };
      return { value: { address: address.value, port } };
    }),
    { form: 'IPv4 address, or address:port', example },
  );
}

/** "1.1.100.1/16": an address with the length of its subnet; host bits stay. */
export function addressWithLength(): z.ZodType<Prefix> {
  return scalar(
    text((written) => parsePrefix(written, false)),
    { form: 'IPv4 address/length', example: '1.1.100.1/16' },
  );
}

/** "10.0.0.0/8" or a single address; host bits stay, a check warns about them. */
export function prefix(): z.ZodType<Prefix> {
  return scalar(
    text((written) => parsePrefix(written, true)),
    { form: 'IPv4 prefix', example: '10.0.0.0/8' },
  );
}

/** A prefix of IPv4 or IPv6, or a single address. */
export function anyPrefix(): z.ZodType<AnyPrefix> {
  return scalar(text(parseAnyPrefix), { form: 'IPv4 or IPv6 prefix', example: '10.0.0.0/8 or fd00::/64' });
}

/** A prefix, or `default` for 0.0.0.0/0. */
export function destination(): z.ZodType<Prefix> {
  return scalar(
    text((written) => parsePrefix(written === 'default' ? '0.0.0.0/0' : written, true)),
    { form: 'default or IPv4 prefix', example: '10.0.0.0/8' },
  );
}

/** Reads "1.2.100.8-1.2.100.10" or one address. */
export function parseAddressRange(written: string): Parsed<AddressRange> {
  const dash = written.indexOf('-');
  const first = parseIpv4((dash < 0 ? written : written.slice(0, dash)).trim());
  if (isFault(first)) return first;
  const last = dash < 0 ? first : parseIpv4(written.slice(dash + 1).trim());
  if (isFault(last)) return last;
  const low: HostIpv4 = hostOrder(first.value);
  const high: HostIpv4 = hostOrder(last.value);
  if (low > high) return { fault: 'starts above its end' };
  if (high - low >= LARGEST_RANGE) return { fault: `stands for more than ${LARGEST_RANGE} addresses` };
  return { value: { low, high } };
}

/** One address or a range. */
export function addressRange(): z.ZodType<AddressRange> {
  return scalar(text(parseAddressRange), { form: 'IPv4 address or range', example: '1.2.100.8-1.2.100.10' });
}

/** "02:00:00:00:00:01" */
export function mac(): z.ZodType<Mac> {
  return scalar(text(parseMac), { form: 'MAC address', example: '02:00:00:00:00:01' });
}

/** Name of a kernel device: at most 15 octets, no slash, colon or blank. */
export function deviceName(): z.ZodType<string> {
  return name(
    /^(?!\.{1,2}$)[\x21-\x2e\x30-\x39\x3b-\x7e]{1,15}$/,
    'a device name (1 to 15 letters without / : or blanks)',
    'wr-lan',
  );
}

/** Name of an interface in this file. */
export function ifaceName(): z.ZodType<string> {
  return name(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,31}$/, 'an interface name (1 to 32 letters, digits, _ . -)', 'lan');
}
