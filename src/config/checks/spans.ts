import { hostOrder, type Prefix } from '../../types/ipv4.js';

/** Addresses in host order, both ends included. */
export interface Span {
  readonly low: number;
  readonly high: number;
}

export function spanOf(prefix: Prefix): Span {
  const low = hostOrder(prefix.address);
  return { low, high: low + 2 ** (32 - prefix.length) - 1 };
}

/** Spans by their low end, so that a look-up takes a binary search instead of a walk over all. */
export class Spans<T> {
  readonly #lows: number[] = [];
  /** Of the spans up to and including this one, the one that reaches furthest. */
  readonly #furthest: { readonly high: number; readonly value: T }[] = [];

  add({ low, high }: Span, value: T): void {
    let at = this.#upTo(low) + 1;
    const before = this.#furthest[at - 1];
    this.#lows.splice(at, 0, low);
    this.#furthest.splice(at, 0, before !== undefined && before.high >= high ? before : { high, value });
    // Those behind it that reach less far know it now.
    for (at++; at < this.#lows.length && this.#furthest[at]!.high < high; at++) this.#furthest[at] = { high, value };
  }

  /** Whether one of the spans has an address of this one. */
  touches({ low, high }: Span): boolean {
    return (this.#furthest[this.#upTo(high)]?.high ?? -1) >= low;
  }

  /** What stands for the spans that hold every address of this one between them; empty when one address is left. */
  covering({ low, high }: Span): T[] {
    const used: T[] = [];
    for (let next = low; next <= high; ) {
      const best = this.#furthest[this.#upTo(next)];
      if (best === undefined || best.high < next) return [];
      used.push(best.value);
      next = best.high + 1;
    }
    return used;
  }

  /** Index of the last span that begins at the address or before it; -1: none does. */
  #upTo(address: number): number {
    let from = 0;
    let to = this.#lows.length;
    while (from < to) {
      const middle = (from + to) >> 1;
      if (this.#lows[middle]! <= address) from = middle + 1;
      else to = middle;
    }
    return from - 1;
  }
}
