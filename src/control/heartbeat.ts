import { ControlWord, WorkerState } from '../shared/control.js';

/** How often main looks. A running worker begins a turn at least each 100 ms, and counts it. */
export const LOOK_MS = 250;
/** Looks in a row without a turn after which a worker is stuck: 2 s. */
export const STUCK_LOOKS = 8;

/**
 * Tells which workers no longer turn (D10). Time is counted in looks, that is by what main itself got done: while the whole
 * process is stopped, or the machine sleeps, main does not look, and nobody is stuck. Only a worker that runs can be: one that
 * warms up or recovers is busy with that.
 */
export class HeartbeatWatch {
  readonly #seen: { heartbeat: number; silent: number }[];
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly controls: readonly Int32Array[],
    /** Called once for each time a worker gets stuck. */
    private readonly onStuck: (worker: number, silentMs: number) => void,
  ) {
    this.#seen = controls.map(() => ({ heartbeat: 0, silent: 0 }));
  }

  /** Looks until stop(); keeps no process alive. */
  start(): void {
    this.#timer = setInterval(() => this.look(), LOOK_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  look(): void {
    this.controls.forEach((control, worker) => {
      const seen = this.#seen[worker]!;
      const heartbeat = Atomics.load(control, ControlWord.Heartbeat);
      const runs = Atomics.load(control, ControlWord.State) === WorkerState.Running;
      seen.silent = runs && heartbeat === seen.heartbeat ? seen.silent + 1 : 0;
      seen.heartbeat = heartbeat;
      if (seen.silent === STUCK_LOOKS) this.onStuck(worker, STUCK_LOOKS * LOOK_MS);
    });
  }
}
