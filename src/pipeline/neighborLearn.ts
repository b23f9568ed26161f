import { Adjacency, NeighborState, neighborWriteHeader } from '../tables/neighbors.js';
import { Rif } from '../tables/rifs.js';
import type { PipelineContext } from './context.js';

/** An answer to our own request: the neighbour is reachable, at the MAC that stands in the arena at `macAt`. */
export function neighborConfirm(cx: PipelineContext, row: number, macAt: number): void {
  const r = cx.neighbors.rows;
  if (isGiven(r[row + Adjacency.State]!)) return;
  writeHeader(cx, row, macAt);
  r[row + Adjacency.Confirmed] = cx.now;
  setNeighborState(cx, row, NeighborState.Reachable);
  cx.pending.markReady(row);
}

/**
 * Somebody's own word about itself (a request, an announcement): take the MAC. A new or changed one is Stale: usable, and
 * probed at its next use (RFC 4861 section 7.2.5 does the same).
 */
export function neighborLearn(cx: PipelineContext, row: number, macAt: number): void {
  const r = cx.neighbors.rows;
  const state = r[row + Adjacency.State]!;
  if (isGiven(state)) return;
  if (state >= NeighborState.Stale && sameMac(cx, row, macAt)) return;
  writeHeader(cx, row, macAt);
  setNeighborState(cx, row, NeighborState.Stale);
  cx.pending.markReady(row);
}

/** True for a row that main has written: nobody's word changes it. */
export function isGiven(state: NeighborState): boolean {
  return state === NeighborState.Permanent || state === NeighborState.Nowhere;
}

export function setNeighborState(cx: PipelineContext, row: number, state: NeighborState): void {
  const r = cx.neighbors.rows;
  r[row + Adjacency.State] = state;
  r[row + Adjacency.Changed] = cx.now;
  r[row + Adjacency.Probes] = 0;
}

function writeHeader(cx: PipelineContext, row: number, macAt: number): void {
  const rif = cx.neighbors.rows[row + Adjacency.Rif]!;
  const at = rif * Rif.Words;
  cx.neighbors.rows[row + Adjacency.Mtu] = cx.rifs.rows[at + Rif.Mtu]!;
  neighborWriteHeader(cx.neighbors, row, cx.memory.u8, macAt, cx.rifs.macs, rif * 8, cx.rifs.rows[at + Rif.Vlan]!);
}

function sameMac(cx: PipelineContext, row: number, macAt: number): boolean {
  const r = cx.neighbors.rows;
  const u8 = cx.memory.u8;
  const low = u8[macAt + 2]! | (u8[macAt + 3]! << 8) | (u8[macAt + 4]! << 16) | (u8[macAt + 5]! << 24);
  return r[row + Adjacency.Header0] === (u8[macAt]! | (u8[macAt + 1]! << 8)) && r[row + Adjacency.Header1] === low;
}
