import type { Logger } from 'pino';

/** Signals this close are one: timeout(1) and shells signal a process, and then its whole group. */
const SAME_MS = 250;

/**
 * SIGTERM and SIGINT, in their order:
 *   the first       begins the drain: frames are forwarded as before for `drainMs`, so that whoever takes over can do so. 0: no drain.
 *   during a drain  ends it at once.
 *   while stopping  ends the process without waiting for anybody, with exit code 1.
 * SIGHUP, which asks for a reload, ends nothing: not before the gateway can reload, nor when it no longer can.
 */
export class StopSignals {
  /** The signal that stops the gateway; resolves when the drain is over. */
  readonly stopped: Promise<NodeJS.Signals>;
  #resolve!: (signal: NodeJS.Signals) => void;
  #drain: NodeJS.Timeout | undefined;
  #stopping = false;
  #lastMs = -Infinity;
  readonly #heard = (signal: NodeJS.Signals): void => this.#hear(signal);

  constructor(
    private readonly log: Logger,
    private readonly drainMs: number,
  ) {
    this.stopped = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    for (const signal of SIGNALS) process.on(signal, this.#heard);
    process.on('SIGHUP', ignore);
  }

  /** True from the first signal on, while the drain lasts and while it stops. */
  get draining(): boolean {
    return this.#drain !== undefined || this.#stopping;
  }

  /** Leaves the signals to their defaults again. */
  close(): void {
    clearTimeout(this.#drain);
    for (const signal of SIGNALS) process.off(signal, this.#heard);
    process.off('SIGHUP', ignore);
  }

  #hear(signal: NodeJS.Signals): void {
    const now = performance.now();
    if (now - this.#lastMs < SAME_MS) return;
    this.#lastMs = now;
    if (this.#stopping) {
      this.log.warn({ signal }, 'told again while stopping: ends at once');
      process.exit(1);
    }
    if (this.drainMs > 0 && this.#drain === undefined) {
      this.log.info(
        { signal, drainSeconds: this.drainMs / 1000 },
        'draining: forwards until the time is over or until told again',
      );
      this.#drain = setTimeout(() => this.#stop(signal), this.drainMs);
    } else this.#stop(signal);
  }

  #stop(signal: NodeJS.Signals): void {
    clearTimeout(this.#drain);
    this.#stopping = true;
    this.#resolve(signal);
  }
}

/** Its default would end the process. */
function ignore(): void {}

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;
