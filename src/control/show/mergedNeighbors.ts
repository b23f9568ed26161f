import { ControlWord } from '../../shared/control.js';
import { Adjacency, NeighborState, type Neighbors, NeighborsHead } from '../../tables/neighbors.js';
import type { State } from '../../tables/state.js';
import type { WireIpv4 } from '../../types/ipv4.js';

/**
 * Every worker resolves its own next hops, so each has a table of them. A host is one neighbour all the same: main shows and
 * counts it once, as the worker sees it that knows most about it.
 */
export interface MergedNeighbor {
  readonly rif: number;
  readonly address: WireIpv4;
  readonly state: NeighborState;
  /** Where it stands: the table, and the index of the row's first word. */
  readonly table: Neighbors;
  readonly row: number;
  /** Tick of that worker's clock. */
  readonly now: number;
}

/** How much a state says about the neighbour: one that asks says more than one that gave up, which says more than one that never asked. */
const KNOWLEDGE: Readonly<Record<NeighborState, number>> = {
  [NeighborState.Free]: 0,
  [NeighborState.None]: 1,
  [NeighborState.Failed]: 2,
  [NeighborState.Incomplete]: 3,
  [NeighborState.Stale]: 4,
  [NeighborState.Probe]: 5,
  [NeighborState.Reachable]: 6,
  [NeighborState.Nowhere]: 7,
  [NeighborState.Permanent]: 8,
};

/** Neighbours by interface and address, none twice. The workers go on meanwhile. */
export function mergedNeighbors(states: readonly Pick<State, 'neighbors' | 'control'>[]): Map<number, MergedNeighbor> {
  const merged = new Map<number, MergedNeighbor>();
  for (const { neighbors: table, control } of states) {
    const now = Atomics.load(control, ControlWord.ClockTick);
    const end = table.head[NeighborsHead.HighWater]! * Adjacency.Words;
    for (let row = 0; row < end; row += Adjacency.Words) {
      const state = table.rows[row + Adjacency.State]! as NeighborState;
      if (state === NeighborState.Free) continue;
      const rif = table.rows[row + Adjacency.Rif]!;
      const address = table.rows[row + Adjacency.Address]! as WireIpv4;
      const one = { rif, address, state, table, row, now };
      const key = rif * 2 ** 32 + (address >>> 0);
      const known = merged.get(key);
      if (known === undefined || isBetter(one, known)) merged.set(key, one);
    }
  }
  return merged;
}

/** More is known; or as much, and later. */
function isBetter(one: MergedNeighbor, other: MergedNeighbor): boolean {
  const more = KNOWLEDGE[one.state] - KNOWLEDGE[other.state];
  return more > 0 || (more === 0 && sinceTicks(one) < sinceTicks(other));
}

/** Ticks since the last confirmation of a neighbour that has answered, since the change of state of one that has not. */
export function sinceTicks({ state, table, row, now }: MergedNeighbor): number {
  const answered = state >= NeighborState.Stale && state !== NeighborState.Permanent;
  return Math.max(0, (now - table.rows[row + (answered ? Adjacency.Confirmed : Adjacency.Changed)]!) | 0);
}
