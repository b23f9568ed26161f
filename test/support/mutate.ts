/** A small generator of numbers for fuzzing (xorshift32): the seed is printed, so that a failure can be run again. */
export class Dice {
  #state: number;

  constructor(readonly seed: number) {
    this.#state = seed | 0 || 1;
  }

  /** 0 to n - 1. */
  below(n: number): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return (this.#state >>> 0) % n;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }

  octets(n: number): Uint8Array {
    return Uint8Array.from({ length: n }, () => this.below(256));
  }
}

const EXTREMES = [0, 1, 0x7f, 0x80, 0xff, 0x45, 0x4f, 0x40, 0x46, 4, 5, 6, 17, 20, 60];

/** The octets with a few changes: bits, extreme values, words, a cut or a longer end. */
export function mutate(octets: Uint8Array, dice: Dice): Uint8Array {
  let out = octets.slice();
  for (let n = 1 + dice.below(4); n > 0 && out.length > 0; n--) {
    const at = dice.below(Math.min(out.length, dice.below(4) === 0 ? out.length : 64));
    const how = dice.below(5);
    if (how === 0) out[at]! ^= 1 << dice.below(8);
    else if (how === 1) out[at] = dice.pick(EXTREMES);
    else if (how === 2) out.fill(dice.pick([0, 0xff]), at, at + 1 + dice.below(4));
    else if (how === 3) out = out.slice(0, dice.below(out.length + 1));
    else out = Uint8Array.from([...out, ...dice.octets(dice.below(80))]);
  }
  return out;
}
