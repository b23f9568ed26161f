import type { Logger } from 'pino';
import { NeighborState } from '../tables/neighbors.js';
import { formatIpv4 } from '../types/ipv4.js';
import { LineBudget } from './loggingRate.js';
import { mergedNeighbors } from './show/mergedNeighbors.js';
import type { Shown } from './show/shown.js';
import { rifNames } from './show/totals.js';

const LINES = 10;
const WINDOW_MS = 10_000;

/** What is known of a neighbour beyond nothing. */
const enum Known {
  /** Answered once. */
  Answered,
  /** Told as failed. */
  Failed,
}

/**
 * Next hops of routes, and neighbours that had answered before, that fail, and that answer again. A host that never answered is
 * no change of state, and a scan of a subnet would be nothing but those. At most 10 lines per 10 s, then how many were held back.
 */
export function logNeighbors(shown: Pick<Shown, 'states' | 'built'>, log: Logger, nowMs: () => number): () => void {
  let known = new Map<number, Known>();
  const budget = new LineBudget(LINES, WINDOW_MS, (held) =>
    log.warn({ held }, 'more neighbors failed or came back than were logged'),
  );
  return () => {
    budget.turn(nowMs());
    const nextHops = new Set<number | undefined>(
      shown.built.config.routes.flatMap(({ nexthops }) => nexthops.map(({ via }) => via)),
    );
    const names = rifNames(shown.built);
    // What is gone is forgotten.
    const next = new Map<number, Known>();
    for (const [key, { rif, address, state }] of mergedNeighbors(shown.states)) {
      const before = known.get(key);
      const about = () => ({ neighbor: formatIpv4(address), dev: names.get(rif) ?? '' });
      let now = before;
      if (state >= NeighborState.Stale) {
        now = Known.Answered;
        if (before === Known.Failed && budget.take(nowMs())) log.info(about(), 'neighbor answers again');
      } else if (state === NeighborState.Failed && before !== Known.Failed && (before !== undefined || nextHops.has(address))) {
        now = Known.Failed;
        if (budget.take(nowMs())) log.warn(about(), 'neighbor does not answer');
      }
      if (now !== undefined) next.set(key, now);
    }
    known = next;
  };
}
