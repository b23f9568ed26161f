import { GATEWAY_ROUTER } from './rifs.js';

/**
 * What one router may have of a table that all share, so that the guests of one tenant do not take the rows of the others: a new row only while it
 * has fewer than 8 times those that are free (dynamic threshold: Choudhury and Hahne, "Dynamic queue length thresholds for
 * shared-memory packet switches", 1998). One alone gets 8/9 of the table; what it leaves is there for the next, and shrinks for it as that
 * one grows. The gateway of the configuration file belongs to who runs the host: it has no share.
 */
const TIMES_FREE = 8;

/** False when `router`, which has `taken` rows, may have no more while `free` are free. */
export function mayTakeMore(router: number, taken: number, free: number): boolean {
  return router === GATEWAY_ROUTER || taken < TIMES_FREE * free;
}
