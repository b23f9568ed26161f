import type { Logger } from 'pino';
import type { EventRecord } from './events/record.js';
import { logExhaustion } from './loggingExhaustion.js';
import { logHostThresholds } from './loggingHosts.js';
import { logLinks } from './loggingLinks.js';
import { logNeighbors } from './loggingNeighbors.js';
import { logThresholds } from './loggingThresholds.js';
import { logUnderlay } from './loggingUnderlay.js';
import { logWorkers } from './loggingWorkers.js';
import type { Shown } from './show/shown.js';

/** How often the state is looked at. */
const LOOK_MS = 1000;

/**
 * One line per change of state, never per frame (D28). Workers say nothing themselves: they leave state and counters in memory
 * that main reads, so a log can neither slow a worker nor overflow. What changes and changes back between two looks is seen
 * in the counters only.
 */
export class ChangeLog {
  readonly #watches: readonly (() => void)[];
  #timer: NodeJS.Timeout | undefined;

  /** `note` takes what belongs into the record of NAT events as well. */
  constructor(
    shown: Shown,
    log: Logger,
    note: (record: EventRecord) => void = () => {},
    nowMs: () => number = () => performance.now(),
  ) {
    this.#watches = [
      logWorkers(shown, log),
      logLinks(shown, log),
      logNeighbors(shown, log, nowMs),
      logExhaustion(shown, log, nowMs),
      logThresholds(shown, log, note),
      logHostThresholds(shown, log),
      logUnderlay(shown, log),
    ];
  }

  /** Looks until stop(); keeps no process alive. */
  start(): void {
    this.#timer = setInterval(() => this.look(), LOOK_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  look(): void {
    for (const watch of this.#watches) watch();
  }
}
