import type { Registry } from 'prom-client';
import { mergedNeighbors } from '../control/show/mergedNeighbors.js';
import type { Shown } from '../control/show/shown.js';
import { NeighborState, neighborStateNames } from '../tables/neighbors.js';
import { pulledGauge } from './pulled.js';

/** Neighbours by state, each once however many workers know it. The tables are small (limits.neighbors), so a scrape may walk them. */
export function registerNeighbors(registry: Registry, { states }: Pick<Shown, 'states'>): void {
  pulledGauge(registry, {
    name: 'windrose_neighbors',
    help: 'Neighbours, by state; none: known, and nothing was sent to it yet.',
    labels: ['state'],
    samples: () => {
      const counts = new Array<number>(NeighborState.Permanent + 1).fill(0);
      for (const { state } of mergedNeighbors(states).values()) counts[state]!++;
      return counts
        .map((count, state) => [{ state: neighborStateNames[state as NeighborState].toLowerCase() }, count] as const)
        .slice(NeighborState.None);
    },
  });
  pulledGauge(registry, {
    name: 'windrose_neighbors_limit',
    help: 'Most neighbours there can be.',
    samples: () => [[{}, states[0]!.neighbors.capacity]],
  });
}
