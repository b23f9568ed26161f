import type { PipelineContext } from '../pipeline/context.js';
import { CounterEvent, countEvent } from '../shared/counters.js';
import type { Spin } from './spin.js';

/** What a worker does after a turn. */
export const enum Next {
  /** Another turn: there was work. */
  GoOn,
  /** Another turn, looking for frames, after others that wait for this CPU have run. */
  Poll,
  Sleep,
}

const MICROS_MASK = 0x3fff_ffff;

/**
 * Where a worker's time goes, turn by turn: busy, polled, slept; and what comes next (D40). A gap lies between two turns that sent frames.
 * A turn that had frames and sent none does not end it: polling after what is dropped anyway would answer nobody sooner. Clocks are in
 * microseconds and wrap.
 */
export class Idle {
  #last: number;
  #busyMicros = 0;
  #polledMicros = 0;
  /** End of the last turn that sent frames, and the device that it had frames of last. */
  #since: number;
  #source = 0;
  /** Whether a turn has come back without frames since. */
  #idle = false;
  /** Whether it has slept since. */
  #slept = false;
  /** How long this gap is polled. */
  #poll = 0;

  constructor(
    readonly spin: Spin,
    now: number,
  ) {
    this.#last = now;
    this.#since = now;
  }

  /** A turn ended `now`; it had something to do (`worked`), and sent frames or handed them over (`served`). */
  turned(cx: PipelineContext, now: number, worked: boolean, served: boolean): Next {
    const passed = (now - this.#last) & MICROS_MASK;
    if (served) {
      if (this.#idle) this.#endGap(cx);
      this.spin.served(passed);
      this.#since = now;
      this.#source = cx.iface;
    }
    this.#last = now;
    if (worked) {
      this.#busyMicros += passed;
      if (!served) this.spin.passed(passed);
      return Next.GoOn;
    }
    return this.#nothing(now, passed);
  }

  #nothing(now: number, passed: number): Next {
    if (!this.#idle) this.#poll = this.spin.afford(this.#source);
    this.#idle = true;
    if (this.#slept) {
      this.spin.passed(passed);
      return Next.Sleep;
    }
    // The look that finds nothing comes before every sleep; what follows it is polling.
    if (this.#poll > 0) {
      this.#polledMicros += passed;
      this.spin.polled(passed);
    } else this.spin.passed(passed);
    if (((now - this.#since) & MICROS_MASK) < this.#poll) return Next.Poll;
    this.#slept = true;
    return Next.Sleep;
  }

  /** A sleep ended `now`. */
  woke(now: number): void {
    this.spin.passed((now - this.#last) & MICROS_MASK);
    this.#last = now;
  }

  /** The turn just done sent frames again; it began where the last one ended. */
  #endGap(cx: PipelineContext): void {
    this.spin.met((this.#last - this.#since) & MICROS_MASK, this.#source);
    if (!this.#slept) countEvent(cx.counters, CounterEvent.PollsMet);
    this.#idle = false;
    this.#slept = false;
  }

  /** Moves what was busy and polled since the last report into the counters. */
  report(cx: PipelineContext): void {
    const { events } = cx.counters;
    events[CounterEvent.BusyMicros] = events[CounterEvent.BusyMicros]! + this.#busyMicros;
    events[CounterEvent.PolledMicros] = events[CounterEvent.PolledMicros]! + this.#polledMicros;
    this.#busyMicros = 0;
    this.#polledMicros = 0;
  }
}
