import type { Logger } from 'pino';
import { Adjacency, NeighborState, NeighborsHead } from '../tables/neighbors.js';
import { formatIpv4, type WireIpv4 } from '../types/ipv4.js';
import { LineBudget } from './loggingRate.js';
import type { Shown } from './show/shown.js';
import { rifNames } from './show/totals.js';

const LINES = 10;
const WINDOW_MS = 10_000;

const enum Known {
  Nothing = 0,
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
  const { neighbors: t } = shown.states[0]!;
  // What is known of each row, and of whom: a row is given to another neighbour once nobody needs it.
  const known = new Uint8Array(t.capacity);
  const address = new Int32Array(t.capacity);
  const rif = new Int32Array(t.capacity);
  const budget = new LineBudget(LINES, WINDOW_MS, (held) =>
    log.warn({ held }, 'more neighbors failed or came back than were logged'),
  );
  return () => {
    budget.turn(nowMs());
    const nextHops = new Set<number | undefined>(shown.built.config.routes.map(({ via }) => via));
    for (let row = 0; row < t.head[NeighborsHead.HighWater]!; row++) {
      const at = row * Adjacency.Words;
      const state = t.rows[at + Adjacency.State]! as NeighborState;
      if (
        state === NeighborState.Free ||
        t.rows[at + Adjacency.Address] !== address[row] ||
        t.rows[at + Adjacency.Rif] !== rif[row]
      ) {
        known[row] = Known.Nothing;
        address[row] = t.rows[at + Adjacency.Address]!;
        rif[row] = t.rows[at + Adjacency.Rif]!;
      }
      const before = known[row]!;
      const about = () => ({
        neighbor: formatIpv4(address[row]! as WireIpv4),
        dev: rifNames(shown.built).get(rif[row]!) ?? '',
      });
      if (state >= NeighborState.Stale) {
        known[row] = Known.Answered;
        if (before === Known.Failed && budget.take(nowMs())) log.info(about(), 'neighbor answers again');
      } else if (state === NeighborState.Failed && before !== Known.Failed) {
        if (before === Known.Nothing && !nextHops.has(address[row]!)) continue;
        known[row] = Known.Failed;
        if (budget.take(nowMs())) log.warn(about(), 'neighbor does not answer');
      }
    }
  };
}
