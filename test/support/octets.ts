/**
 * Octets, numbers and text for tests: written for clarity, big-endian throughout, sharing no code with src/wire. What every frame of every
 * test goes through makes no arrays: it was half of what property tests took.
 */

/** "00" to "ff". */
const HEX = Array.from({ length: 256 }, (_, octet) => octet.toString(16).padStart(2, '0'));

export function ipOctets(text: string): number[] {
  return text.split('.').map(Number);
}

export function macOctets(text: string): number[] {
  return text.split(':').map((pair) => Number.parseInt(pair, 16));
}

export function ipText(octets: Uint8Array, at: number): string {
  return `${octets[at]}.${octets[at + 1]}.${octets[at + 2]}.${octets[at + 3]}`;
}

export function macText(octets: Uint8Array, at: number): string {
  let text = HEX[octets[at]!]!;
  for (let i = at + 1; i < at + 6; i++) text += `:${HEX[octets[i]!]}`;
  return text;
}

/** An address as the data plane keeps it: the little-endian int32 of its octets. */
export function wireIp(text: string): number {
  const [a, b, c, d] = ipOctets(text) as [number, number, number, number];
  return a | (b << 8) | (c << 16) | (d << 24);
}

/** A port as the data plane keeps it: the little-endian u16 of its octets. */
export function wirePort(port: number): number {
  return ((port & 0xff) << 8) | (port >> 8);
}

/** Two octets, most significant first. */
export function be16(value: number): number[] {
  return [(value >> 8) & 0xff, value & 0xff];
}

export function be32(value: number): number[] {
  return [(value >>> 24) & 0xff, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
}

export function get16(octets: Uint8Array, at: number): number {
  return octets[at]! * 256 + octets[at + 1]!;
}

export function get32(octets: Uint8Array, at: number): number {
  return get16(octets, at) * 65_536 + get16(octets, at + 2);
}

export function joined(...parts: readonly (ArrayLike<number> | number)[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += typeof part === 'number' ? 1 : part.length;
  const all = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    if (typeof part === 'number') all[at++] = part;
    else {
      all.set(part, at);
      at += part.length;
    }
  }
  return all;
}

/** One's-complement sum of big-endian words (RFC 1071), an odd last octet padded on the right; not inverted, big-endian number. */
export function naiveSum(octets: ArrayLike<number>, seed = 0): number {
  let sum = seed;
  for (let i = 0; i < octets.length; i += 2) {
    sum += octets[i]! * 256 + (octets[i + 1] ?? 0);
    while (sum > 0xffff) sum = (sum % 65_536) + Math.floor(sum / 65_536);
  }
  return sum;
}

export function pseudoHeader(
  source: ArrayLike<number>,
  destination: ArrayLike<number>,
  protocol: number,
  length: number,
): Uint8Array {
  return joined(source, destination, 0, protocol, be16(length));
}
