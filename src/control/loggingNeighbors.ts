import type { Logger } from 'pino';
import { Adjacency, NeighborState, NeighborsHead } from '../tables/neighbors.js';
import { formatIpv4, type WireIpv4 } from '../types/ipv4.js';
import { LineBudget } from './loggingRate.js';
import type { Shown } from './show/shown.js';
import { rifNames } from './show/totals.js';

const LINES = 10;
const WINDOW_MS = 10_000;

const enum Known {
  /** Answered once. */
  Answered = 1,
  /** Told as failed. */
  Failed,
}

/**
 * Next hops of routes, and neighbours that had answered before, that fail, and that answer again. A host that never answered is
 * no change of state, and a scan of a subnet would be nothing but those. At most 10 lines per 10 s, then how many were held back.
 */
export function logNeighbors(shown: Pick<Shown, 'states' | 'built'>, log: Logger, nowMs: () => number): () => void {
  const known = new Map<string, Known>();
  const budget = new LineBudget(LINES, WINDOW_MS, (held) =>
    log.warn({ held }, 'more neighbors failed or came back than were logged'),
  );
  return () => {
    budget.turn(nowMs());
    const { neighbors: t } = shown.states[0]!;
    const nextHops = new Set(shown.built.config.routes.map(({ via }) => via));
    const names = rifNames(shown.built);
    const present = new Set<string>();
    for (let row = 0; row < t.head[NeighborsHead.HighWater]!; row++) {
      const at = row * Adjacency.Words;
      const state = t.rows[at + Adjacency.State]! as NeighborState;
      if (state === NeighborState.Free) continue;
      const address = t.rows[at + Adjacency.Address]! as WireIpv4;
      const rif = t.rows[at + Adjacency.Rif]!;
      const key = `${rif}/${address}`;
      present.add(key);
      const about = () => ({ neighbor: formatIpv4(address), dev: names.get(rif) ?? '' });
      const before = known.get(key);
      if (state >= NeighborState.Stale) {
        if (before !== Known.Answered) known.set(key, Known.Answered);
        if (before === Known.Failed && budget.take(nowMs())) log.info(about(), 'neighbor answers again');
      } else if (state === NeighborState.Failed && before !== Known.Failed) {
        if (before === undefined && !nextHops.has(address)) continue;
        known.set(key, Known.Failed);
        if (budget.take(nowMs())) log.warn(about(), 'neighbor does not answer');
      }
    }
    for (const key of known.keys()) if (!present.has(key)) known.delete(key);
  };
}
