import { ControlWord } from '../../shared/control.js';
import { Adjacency, NeighborState, NeighborsHead, neighborMac, neighborStateNames } from '../../tables/neighbors.js';
import { formatIpv4, hostOrder, type WireIpv4 } from '../../types/ipv4.js';
import { formatMac } from '../../types/mac.js';
import type { NeighborRow } from '../../types/show.js';
import type { Shown } from './shown.js';
import { framesWaiting, rifNames } from './totals.js';

const TICK_SECONDS = 0.1;

/**
 * Neighbours by interface and address. Rows that nothing was sent to yet are left out, as ip-neighbour(8) does. The age counts
 * from the last confirmation for a neighbour that has answered, from the change of state for one that has not.
 *
 * The worker keeps the waiting frames themselves to itself and publishes how many there are. They wait for INCOMPLETE
 * neighbours only, so with one of those the number is its own; with several, theirs are unknown.
 */
export function showNeighbors({ built, states }: Shown): NeighborRow[] {
  const { neighbors: t, control } = states[0]!;
  const now = Atomics.load(control, ControlWord.ClockTick);
  const found: { rif: number; address: WireIpv4; row: NeighborRow }[] = [];
  const mac = new Uint8Array(6);
  const names = rifNames(built);
  for (let i = 0; i < t.head[NeighborsHead.HighWater]!; i++) {
    const at = i * Adjacency.Words;
    const state = t.rows[at + Adjacency.State]! as NeighborState;
    if (state === NeighborState.Free || state === NeighborState.None) continue;
    const rif = t.rows[at + Adjacency.Rif]!;
    const address = t.rows[at + Adjacency.Address]! as WireIpv4;
    const known = state >= NeighborState.Stale;
    neighborMac(t, at, mac);
    const since = t.rows[at + (known && state !== NeighborState.Permanent ? Adjacency.Confirmed : Adjacency.Changed)]!;
    found.push({
      rif,
      address,
      row: {
        address: formatIpv4(address),
        mac: known ? formatMac(mac) : '',
        dev: names.get(rif) ?? '',
        state: neighborStateNames[state] as NeighborRow['state'],
        ageSeconds: Math.max(0, Math.round(((now - since) | 0) * TICK_SECONDS * 10) / 10),
        queued: 0,
      },
    });
  }
  const incomplete = found.filter(({ row }) => row.state === 'INCOMPLETE');
  for (const { row } of incomplete) row.queued = incomplete.length === 1 ? framesWaiting(states) : null;
  return found.sort((a, b) => a.rif - b.rif || hostOrder(a.address) - hostOrder(b.address)).map(({ row }) => row);
}
