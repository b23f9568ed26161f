import type { Registry } from 'prom-client';
import type { Shown } from '../control/show/shown.js';
import { Adjacency, NeighborState, NeighborsHead, neighborStateNames } from '../tables/neighbors.js';
import { pulledGauge } from './pulled.js';

/** Neighbours by state. The table is small (limits.neighbors), so a scrape may walk it. */
export function registerNeighbors(registry: Registry, { states }: Pick<Shown, 'states'>): void {
  const table = states[0]!.neighbors;
  pulledGauge(registry, {
    name: 'windrose_neighbors',
    help: 'Neighbours, by state; none: known, and nothing was sent to it yet.',
    labels: ['state'],
    samples: () => {
      const counts = new Array<number>(NeighborState.Permanent + 1).fill(0);
      for (let i = 0; i < table.head[NeighborsHead.HighWater]!; i++)
        counts[table.rows[i * Adjacency.Words + Adjacency.State]!]!++;
      return counts
        .map((count, state) => [{ state: neighborStateNames[state as NeighborState].toLowerCase() }, count] as const)
        .slice(NeighborState.None);
    },
  });
  pulledGauge(registry, {
    name: 'windrose_neighbors_limit',
    help: 'Most neighbours there can be.',
    samples: () => [[{}, table.capacity]],
  });
}
