import type { FrameMemory } from './memory.js';

/**
 * Internet checksums (RFC 1071) moved by difference (RFC 1624 equation 3), never summed again for a frame that passes (K4).
 *
 * Sums are byte-order independent, so words are loaded as the host loads them; a checksum computed so is stored so.
 */

/** Folds a sum of at most 2^31 to 16 bits. */
export function fold(sum: number): number {
  const once = (sum & 0xffff) + (sum >>> 16);
  return (once & 0xffff) + (once >>> 16);
}

/** Difference that replacing one loaded 32-bit word by another makes, 16 bits. */
export function delta32(before: number, after: number): number {
  const old = ~before;
  return fold((old & 0xffff) + (old >>> 16) + (after & 0xffff) + (after >>> 16));
}

/** Difference that replacing one loaded 16-bit word by another makes, 16 bits. */
export function delta16(before: number, after: number): number {
  return fold((~before & 0xffff) + after);
}

/** The opposite difference: undoes `delta`. */
export function negate(delta: number): number {
  return ~delta & 0xffff;
}

/** TTL one less: the word TTL|protocol shrinks by one when TTL is its low octet, as on a little-endian load. */
export const TTL_DELTA = 0xfffe;

/** New value of a finished checksum field. */
export function moveFinished(check: number, delta: number): number {
  return ~fold((~check & 0xffff) + delta) & 0xffff;
}

/** New value of a partial (pseudo-header only, not inverted) field: takes address differences, never ports (OFF-2). */
export function movePartial(check: number, delta: number): number {
  return fold(check + delta);
}

/** Up to here a call costs more than the loop here. */
const SHORT = 40;

/** One's-complement sum of `octets` octets at the even offset `at`, folded, not inverted. */
export function sumOctets(m: FrameMemory, at: number, octets: number, seed: number): number {
  if (octets > SHORT) return fold(m.loops.sum(at, octets) + seed);
  let sum = seed;
  const end = at + (octets & ~1);
  for (let p = at; p < end; p += 2) sum += m.u16[p >> 1]!;
  if ((octets & 1) !== 0) sum += m.u8[end]!;
  return fold(sum);
}

/** Sum of the IPv4 pseudo header for addresses as loaded, protocol number and L4 length in host order. */
export function pseudoHeaderSum(source: number, destination: number, protocol: number, l4Octets: number): number {
  const lengthWord = ((l4Octets & 0xff) << 8) | (l4Octets >> 8);
  return fold((source & 0xffff) + (source >>> 16) + (destination & 0xffff) + (destination >>> 16) + (protocol << 8) + lengthWord);
}
