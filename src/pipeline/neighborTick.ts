import { Adjacency, NeighborState, type Neighbors, NeighborsHead, neighborMac, neighborRemove } from '../tables/neighbors.js';
import { Limit, Timeout } from '../tables/snapshot.js';
import { sendArpRequest } from './arpSend.js';
import type { PipelineContext } from './context.js';
import { setNeighborState } from './neighborLearn.js';

/** Rows looked at in one tick of 100 ms at most; a table of 4,096 comes round in 400 ms. */
const ROWS_PER_TICK = 1024;

const probeMac = new Uint8Array(6);

/** Where the walk over the rows goes on. */
export interface NeighborWalk {
  next: number;
}

/**
 * Ages, probes, retries and forgets neighbours (states: tables/neighbors). Called once per tick of 100 ms.
 */
export function neighborTick(cx: PipelineContext, walk: NeighborWalk): void {
  const t = cx.neighbors;
  const high = t.head[NeighborsHead.HighWater]!;
  for (let i = 0; i < ROWS_PER_TICK && i < high; i++) {
    if (walk.next >= high) walk.next = 0;
    visit(cx, t, walk.next * Adjacency.Words);
    walk.next++;
  }
}

function visit(cx: PipelineContext, t: Neighbors, row: number): void {
  const r = t.rows;
  const state = r[row + Adjacency.State]!;
  const inState = (cx.now - r[row + Adjacency.Changed]!) | 0;
  const unused = (cx.now - r[row + Adjacency.Used]!) | 0;
  switch (state) {
    case NeighborState.Incomplete:
    case NeighborState.Probe:
      if (inState >= r[row + Adjacency.Probes]! * cx.timeouts[Timeout.NeighborRetry]!) probe(cx, t, row, state);
      return;
    case NeighborState.Reachable:
      if (((cx.now - r[row + Adjacency.Confirmed]!) | 0) >= cx.timeouts[Timeout.NeighborReachable]!)
        setNeighborState(cx, row, NeighborState.Stale);
      return;
    case NeighborState.Stale:
      // Used since it went stale: make sure it is still there. Unused and unreferenced: forget it.
      if (((r[row + Adjacency.Used]! - r[row + Adjacency.Changed]!) | 0) > 0) startProbe(cx, t, row);
      else if (unused >= cx.timeouts[Timeout.NeighborIdle]! && r[row + Adjacency.References] === 0) neighborRemove(t, row);
      return;
    case NeighborState.Failed:
      if (inState >= cx.timeouts[Timeout.NeighborFailed]!) setNeighborState(cx, row, NeighborState.None);
      return;
    case NeighborState.None:
      if (unused >= cx.timeouts[Timeout.NeighborFailed]! && r[row + Adjacency.References] === 0) neighborRemove(t, row);
      return;
    default:
      return;
  }
}

function startProbe(cx: PipelineContext, t: Neighbors, row: number): void {
  setNeighborState(cx, row, NeighborState.Probe);
  neighborMac(t, row, probeMac);
  sendArpRequest(cx, t.rows[row + Adjacency.Rif]!, t.rows[row + Adjacency.Address]!, probeMac);
  t.rows[row + Adjacency.Probes] = 1;
}

/** Next request, or the state's end: a probed neighbour is asked for by broadcast, an incomplete one has failed. */
function probe(cx: PipelineContext, t: Neighbors, row: number, state: NeighborState): void {
  const r = t.rows;
  if (r[row + Adjacency.Probes]! >= cx.limits[Limit.NeighborProbes]!) {
    if (state === NeighborState.Probe) {
      setNeighborState(cx, row, NeighborState.Incomplete);
    } else {
      setNeighborState(cx, row, NeighborState.Failed);
      cx.pending.markReady(row);
      return;
    }
  }
  const unicast = r[row + Adjacency.State] === NeighborState.Probe;
  if (unicast) neighborMac(t, row, probeMac);
  sendArpRequest(cx, r[row + Adjacency.Rif]!, r[row + Adjacency.Address]!, unicast ? probeMac : null);
  r[row + Adjacency.Probes] = r[row + Adjacency.Probes]! + 1;
}
