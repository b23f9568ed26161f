import {
  Adjacency,
  NeighborState,
  NeighborsHead,
  neighborMac,
  neighborRemove,
  neighborWriteHeader,
} from '../tables/neighbors.js';
import { GONE_IFACE, Rif } from '../tables/rifs.js';
import type { PipelineContext } from './context.js';
import { isGiven, setNeighborState } from './neighborLearn.js';
import { isOwnNeighbor } from './ownNeighbor.js';

const mac = new Uint8Array(6);

/**
 * After a change of configuration: own MAC, VLAN and MTU of every adjacency anew, entries of router interfaces that are gone
 * forgotten (or emptied while sessions still point at them), entries that were permanent learnt again.
 */
export function refreshNeighbors(cx: PipelineContext): void {
  const t = cx.neighbors;
  for (let i = 0; i < t.head[NeighborsHead.HighWater]!; i++) {
    const row = i * Adjacency.Words;
    const state = t.rows[row + Adjacency.State]!;
    if (state === NeighborState.Free) continue;
    const rif = t.rows[row + Adjacency.Rif]!;
    if (rif >= cx.rifs.count || cx.rifs.rows[rif * Rif.Words + Rif.Iface] === GONE_IFACE) {
      cx.pending.markReady(row);
      if (t.rows[row + Adjacency.References] === 0) neighborRemove(t, row);
      else setNeighborState(cx, row, NeighborState.None);
      continue;
    }
    t.rows[row + Adjacency.Mtu] = cx.rifs.rows[rif * Rif.Words + Rif.Mtu]!;
    if (state === NeighborState.Nowhere) setNeighborState(cx, row, NeighborState.None);
    if (isOwnNeighbor(cx, row) || state < NeighborState.Stale) continue;
    neighborMac(t, row, mac);
    neighborWriteHeader(t, row, mac, 0, cx.rifs.macs, rif * 8, cx.rifs.rows[rif * Rif.Words + Rif.Vlan]!);
    if (state === NeighborState.Permanent) setNeighborState(cx, row, NeighborState.Stale);
  }
}

/**
 * A device was taken away and opened again: who was behind it may have another MAC, or be gone. Whoever is needed is asked for by
 * broadcast, as the kernel does after a loss of carrier.
 */
export function askNeighborsAgain(cx: PipelineContext, iface: number): void {
  const t = cx.neighbors;
  for (let i = 0; i < t.head[NeighborsHead.HighWater]!; i++) {
    const row = i * Adjacency.Words;
    const state = t.rows[row + Adjacency.State]!;
    if (state < NeighborState.Failed || isGiven(state)) continue;
    if (cx.rifs.rows[t.rows[row + Adjacency.Rif]! * Rif.Words + Rif.Iface] === iface)
      setNeighborState(cx, row, NeighborState.None);
  }
}
