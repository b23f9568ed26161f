import { decode } from './decode.js';

/** Puts the fragments of one IPv4 datagram together, naively (RFC 815 without holes). Throws on gaps, overlaps, no end. */
export function reassemble(frames: readonly Uint8Array[]): Uint8Array {
  const parts = frames.map((frame) => decode(frame)).sort((a, b) => a.ipv4!.offset - b.ipv4!.offset);
  let at = 0;
  for (const [i, part] of parts.entries()) {
    const last = i === parts.length - 1;
    if (part.ipv4!.offset !== at) throw new Error(`a fragment starts at ${part.ipv4!.offset}, expected ${at}`);
    if (part.ipv4!.mf === last) throw new Error(`more-fragments is ${part.ipv4!.mf} on fragment ${i} of ${parts.length}`);
    if (!last && part.segment.length % 8 !== 0) throw new Error('a fragment that is not the last has an odd length');
    at += part.segment.length;
  }
  const whole = new Uint8Array(at);
  for (const part of parts) whole.set(part.segment, part.ipv4!.offset);
  return whole;
}
