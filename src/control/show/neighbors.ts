import { NeighborState, neighborMac, neighborStateNames } from '../../tables/neighbors.js';
import { formatIpv4, hostOrder } from '../../types/ipv4.js';
import { formatMac } from '../../types/mac.js';
import type { NeighborRow } from '../../types/show.js';
import { mergedNeighbors, sinceTicks } from './mergedNeighbors.js';
import type { RoutingOf } from './routerScope.js';
import type { Shown } from './shown.js';
import { framesWaiting, rifNames } from './totals.js';

const TICK_SECONDS = 0.1;

/**
 * Neighbours by interface and address. Rows that nothing was sent to yet are left out, as ip-neighbour(8) does. The age counts
 * from the last confirmation for a neighbour that has answered, from the change of state for one that has not.
 *
 * The workers keep the waiting frames themselves to themselves and publish how many there are. They wait for INCOMPLETE
 * neighbours only, so with one of those the number is its own; with several, theirs are unknown. `of`: those of one router.
 */
export function showNeighbors({ built, states }: Pick<Shown, 'built' | 'states'>, of?: Pick<RoutingOf, 'rifs'>): NeighborRow[] {
  const only = of && new Set(of.rifs.map(({ index }) => index));
  const mac = new Uint8Array(6);
  const names = rifNames(built);
  const found = [...mergedNeighbors(states).values()]
    .filter(({ state, rif }) => state !== NeighborState.None && (only === undefined || only.has(rif)))
    .sort((a, b) => a.rif - b.rif || hostOrder(a.address) - hostOrder(b.address))
    .map((one): NeighborRow => {
      const known = one.state >= NeighborState.Stale;
      neighborMac(one.table, one.row, mac);
      return {
        address: formatIpv4(one.address),
        mac: known ? formatMac(mac) : '',
        dev: names.get(one.rif) ?? '',
        state: neighborStateNames[one.state] as NeighborRow['state'],
        ageSeconds: Math.round(sinceTicks(one) * TICK_SECONDS * 10) / 10,
        queued: 0,
      };
    });
  const incomplete = found.filter(({ state }) => state === 'INCOMPLETE');
  for (const row of incomplete) row.queued = incomplete.length === 1 ? framesWaiting(states) : null;
  return found;
}
