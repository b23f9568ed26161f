import { ControlWord } from '../../shared/control.js';
import { CounterEvent } from '../../shared/counters.js';
import type { State } from '../../tables/state.js';

/** Busy time is looked at this often; a worker reports it each 100 ms. */
const SAMPLE_MS = 2000;

interface Sample {
  readonly atMs: number;
  readonly busyMicros: number;
  readonly polledMicros: number;
}

/** Signs of life of the workers: when each turned last, and what share of the last two seconds it worked. */
export class WorkerPulse {
  readonly #startedMs: number;
  /** Per worker: the last but one sample and the last. */
  readonly #samples: [Sample, Sample][];
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly states: readonly State[],
    /** Monotonic milliseconds as the workers read them: Addon.nowMs. */
    private readonly clockMs: () => number,
    private readonly nowMs: () => number = () => performance.now(),
  ) {
    this.#startedMs = nowMs();
    this.#samples = states.map((state) => {
      const first = this.#take(state);
      return [first, first];
    });
  }

  /** Samples until stop(); keeps no process alive. */
  start(): void {
    this.#timer = setInterval(() => this.sample(), SAMPLE_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  sample(): void {
    this.states.forEach((state, id) => {
      this.#samples[id] = [this.#samples[id]![1], this.#take(state)];
    });
  }

  /** Milliseconds since the worker began a turn. One that never did: since the gateway started. */
  heartbeatAgeMs(id: number): number {
    const { control } = this.states[id]!;
    const neverTurned = Atomics.load(control, ControlWord.ClockTick) === 0;
    if (neverTurned) return Math.round(this.nowMs() - this.#startedMs);
    return Math.max(0, (this.clockMs() - Atomics.load(control, ControlWord.ClockMs)) | 0);
  }

  /** 0 to 1. */
  busyRatio(id: number): number {
    return this.#share(id, 'busyMicros');
  }

  /** 0 to 1: the share it polled in vain, or until a frame came. */
  polledRatio(id: number): number {
    return this.#share(id, 'polledMicros');
  }

  #share(id: number, of: 'busyMicros' | 'polledMicros'): number {
    const [before, last] = this.#samples[id]!;
    const micros = (last.atMs - before.atMs) * 1000;
    return micros <= 0 ? 0 : Math.min(1, Math.max(0, (last[of] - before[of]) / micros));
  }

  #take({ counters }: State): Sample {
    const { events } = counters;
    return { atMs: this.nowMs(), busyMicros: events[CounterEvent.BusyMicros]!, polledMicros: events[CounterEvent.PolledMicros]! };
  }
}
