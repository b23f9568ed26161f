import type { Parsed } from './parsed.js';

/** A MAC address as its six octets in the order of the wire. Treated as immutable. */
export type Mac = Uint8Array;

const MAC_TEXT = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i;

/** Reads "02:00:00:00:00:01" (either case) as a unicast address. */
export function parseMac(text: string): Parsed<Mac> {
  if (!MAC_TEXT.test(text)) return { fault: 'is not a MAC address (six pairs of hexadecimal digits with colons are expected)' };
  const octets = Uint8Array.from(text.split(':'), (pair) => Number.parseInt(pair, 16));
  if ((octets[0]! & 1) === 1) return { fault: 'is a group MAC address (the lowest bit of its first octet is set)' };
  if (octets.every((octet) => octet === 0)) return { fault: 'is the all-zero MAC address' };
  return { value: octets };
}

/** "02:00:00:00:00:01", lower case. */
export function formatMac(mac: Mac): string {
  return Array.from(mac, (octet) => octet.toString(16).padStart(2, '0')).join(':');
}
