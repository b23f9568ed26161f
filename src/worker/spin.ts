import { FIRST_LPORT } from '../tables/rifs.js';

/** Longest time that is polled when nothing else is configured (D25). */
export const LONGEST_SPIN_MICROS = 300;
/** Gaps are told apart in steps of this. */
const STEP_MICROS = 16;
const STEPS = Math.ceil(LONGEST_SPIN_MICROS / STEP_MICROS);
/** What one sleep saved may cost in polling: 3 % of a CPU at 100 sleeps saved in a second, 30 % at 1,000. The budget bounds the rest. */
const WORTH_MICROS = 300;
/** Of ten microseconds that pass, polling may take this many: what 1,000 round trips a second are worth. */
const TENTHS = 3;
/** What may be saved up, in tenths of a microsecond: no second has more than 33 % of polling without frames that were worth it. */
const MOST = 300_000;
/** The choice is made anew after this many gaps. */
const CHOOSE_EVERY = 16;
/** From this many gaps on, earlier ones count half as much with each choice. */
const MEMORY = 64;
/** Gaps are told apart by the device that the frames before them came from; all ports are one. */
const SOURCES = FIRST_LPORT + 1;
/** Words of a source's gaps: the last counts those no polling would have met. */
const GAPS = STEPS + 1;

/**
 * How long an idle worker polls before it sleeps (D40). A fixed time stays. `auto` follows the traffic. The gaps between the end
 * of one burst and the next frame are counted by length. The time chosen is the one whose polling of all these gaps costs least
 * against the sleeps it saves: none when frames come far apart, a little more than a peer needs to answer when only answers come
 * soon, the longest when every gap is short. Each source (the device that the burst came from) has a time of its own: an answer
 * follows a guest's question soon, and nothing an answer, so counted together neither would be polled for.
 *
 * What is polled in all has a budget, or one host that sends a frame every 290 us would take a whole CPU. It is three tenths of
 * the time that passes, and as much again as forwarding takes, so that a busy worker stays awake. Nothing here allocates: the
 * budget is a small integer.
 */
export class Spin {
  /** Microseconds to poll before the next sleep, by source. */
  readonly #micros = new Int32Array(SOURCES);
  /** Gaps by length, of one source behind the other; how many were counted since its time was chosen. */
  readonly #gaps = new Int32Array(SOURCES * GAPS);
  readonly #unseen = new Int32Array(SOURCES);
  readonly #adapts: boolean;
  /** Tenths of a microsecond that may still be polled. */
  #budget = MOST;

  constructor(configured: number | 'auto') {
    this.#adapts = configured === 'auto';
    this.#micros.fill(configured === 'auto' ? 0 : configured);
  }

  /** The longest that is polled after frames of any device. */
  get micros(): number {
    let longest = 0;
    for (let source = 0; source < SOURCES; source++) longest = Math.max(longest, this.#micros[source]!);
    return longest;
  }

  /**
   * Microseconds to poll in the gap that begins after frames of device `iface`. All or nothing: polling that is given up early
   * costs and meets nobody.
   */
  afford(iface: number): number {
    const micros = this.#micros[sourceOf(iface)]!;
    return this.#adapts && this.#budget < micros * 10 ? 0 : micros;
  }

  /** So long was slept, or worked for nothing. */
  passed(micros: number): void {
    this.#budget = Math.min(this.#budget + micros * TENTHS, MOST);
  }

  /** So long was spent on frames that were sent on. */
  served(micros: number): void {
    this.#budget = Math.min(this.#budget + micros * 10, MOST);
  }

  /** So long was polled. */
  polled(micros: number): void {
    this.#budget = Math.max(this.#budget - micros * (10 - TENTHS), 0);
  }

  /** Frames came this long after the last ones, those of device `iface`. */
  met(gapMicros: number, iface: number): void {
    if (!this.#adapts) return;
    const source = sourceOf(iface);
    const step = source * GAPS + (gapMicros < LONGEST_SPIN_MICROS ? (gapMicros / STEP_MICROS) | 0 : STEPS);
    this.#gaps[step] = this.#gaps[step]! + 1;
    const unseen = this.#unseen[source]! + 1;
    this.#unseen[source] = unseen % CHOOSE_EVERY;
    if (unseen === CHOOSE_EVERY) this.#choose(source);
  }

  #choose(source: number): void {
    const gaps = this.#gaps;
    const first = source * GAPS;
    let all = 0;
    for (let i = 0; i < GAPS; i++) all += gaps[first + i]!;
    let met = 0;
    let polled = 0;
    let best = 0;
    let bestGain = 0;
    for (let i = 0; i < STEPS; i++) {
      met += gaps[first + i]!;
      polled += gaps[first + i]! * (i + 0.5) * STEP_MICROS;
      const end = (i + 1) * STEP_MICROS;
      const gain = met * WORTH_MICROS - polled - (all - met) * end;
      // At the same price the longer one: it is what keeps a busy worker awake.
      if (met === 0 || gain < bestGain) continue;
      bestGain = gain;
      best = end;
    }
    this.#micros[source] = Math.min(best, LONGEST_SPIN_MICROS);
    if (all < MEMORY) return;
    for (let i = 0; i < GAPS; i++) gaps[first + i] = gaps[first + i]! >> 1;
  }
}

function sourceOf(iface: number): number {
  return Math.min(iface, FIRST_LPORT);
}
