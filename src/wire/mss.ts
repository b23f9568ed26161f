import { delta16, moveFinished } from './checksum.js';
import type { FrameMemory } from './memory.js';
import { Tcp, tcpHeaderLength } from './tcp.js';

/** TCP options (RFC 9293 3.1). */
const enum Option {
  End = 0,
  NoOperation = 1,
  MaximumSegmentSize = 2,
  /** Octets of the MSS option, kind and length included. */
  MssOctets = 4,
}

/**
 * Lowers the maximum segment size that the SYN at `l4` announces to `most` octets; never raises it and never adds the option (TCP-13).
 * An option list that is not sound from end to end is left as it is. A partial checksum (`partial`) does not cover options yet and
 * stays. The caller has checked that the header is whole.
 */
export function lowerMss(m: FrameMemory, l4: number, most: number, partial: boolean): void {
  const end = l4 + tcpHeaderLength(m, l4);
  if (!areOptionsSound(m, l4 + Tcp.MinHeader, end)) return;
  let p = l4 + Tcp.MinHeader;
  while (p < end && m.u8[p] !== Option.End) {
    if (m.u8[p] === Option.MaximumSegmentSize) lower(m, l4, p + 2, most, partial);
    p += m.u8[p] === Option.NoOperation ? 1 : m.u8[p + 1]!;
  }
}

function areOptionsSound(m: FrameMemory, start: number, end: number): boolean {
  let p = start;
  while (p < end) {
    const kind = m.u8[p]!;
    if (kind === Option.End) return true;
    if (kind === Option.NoOperation) {
      p++;
      continue;
    }
    const octets = p + 1 < end ? m.u8[p + 1]! : 0;
    if (octets < 2 || p + octets > end || (kind === Option.MaximumSegmentSize && octets !== Option.MssOctets)) return false;
    p += octets;
  }
  return true;
}

/** `at`: the value's offset in the arena. */
function lower(m: FrameMemory, l4: number, at: number, most: number, partial: boolean): void {
  const high = m.u8[at]!;
  const low = m.u8[at + 1]!;
  if (((high << 8) | low) <= most) return;
  m.u8[at] = most >> 8;
  m.u8[at + 1] = most;
  if (partial) return;
  // As 16-bit loads see it: an odd value's first octet is the upper half of one word, its second the lower half of the next.
  const odd = (at & 1) !== 0;
  const before = odd ? (high << 8) | low : high | (low << 8);
  const after = odd ? most : (most >> 8) | ((most & 0xff) << 8);
  const check = (l4 + Tcp.Checksum) >> 1;
  m.u16[check] = moveFinished(m.u16[check]!, delta16(before, after));
}
