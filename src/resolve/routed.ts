import type { PipelineContext } from '../pipeline/context.js';
import { Verdict } from '../shared/verdict.js';
import { adjacencyFor } from './nextHop.js';
import { passOn, wayOut } from './passOn.js';

/** Inside to inside: routed, never translated, no state (GEN-9). An ICMP error about a routed packet is one more such packet. */
export function routed(cx: PipelineContext, f: number, rif: number, hop: number): Verdict {
  const adjacency = adjacencyFor(cx, rif, hop);
  const v = wayOut(cx, f, adjacency);
  return v === Verdict.Continue ? passOn(cx, f, adjacency, Verdict.Routed) : v;
}
