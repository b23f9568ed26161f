import { IfaceCounter } from '../shared/counters.js';

/**
 * errno values on Linux that mean "no room just now", "longer than the MTU" and "device down or gone", or no way to the address. What the
 * far end of a veth pair drops, for its own MTU for instance, comes back as the first (ENOBUFS).
 */
const FULL: readonly number[] = [11, 105];
const TOO_LONG = 90;
const DOWN: readonly number[] = [5, 6, 19, 77, 100, 101, 113];

/** Counter of a frame that the kernel refused with this errno. */
export function causeOf(errno: number): IfaceCounter {
  if (FULL.includes(errno)) return IfaceCounter.TxFull;
  if (errno === TOO_LONG) return IfaceCounter.TxTooLong;
  return DOWN.includes(errno) ? IfaceCounter.TxDown : IfaceCounter.TxError;
}
