import type { PipelineContext } from '../pipeline/context.js';
import { keepFlow } from '../pipeline/knownPaths.js';
import { Verdict } from '../shared/verdict.js';
import { FibResult } from '../tables/fib.js';
import { ipv4Destination } from '../wire/ipv4.js';
import { passOn, wayOut } from './passOn.js';
import { rewriteSource } from './ruleNat.js';
import { adjacencyOfWay, mtuOfWay } from './way.js';

/**
 * Routed, never translated, no state (GEN-9): inside to inside, or what a rule of action `nat` gives another source. An ICMP error
 * about a routed packet is one more such packet. `found`: its way, the rest of which stands in `cx.way`.
 */
export function routed(cx: PipelineContext, f: number, found: number): Verdict {
  const adjacency = adjacencyOfWay(cx, found, ipv4Destination(cx.memory, cx.ip[f]!));
  const mtu = mtuOfWay(cx, found);
  // Both before anything else is asked for: the answer in `cx.way` is of the last question.
  const rewritten = cx.way[FibResult.NatMask] !== 0;
  const address = cx.way[FibResult.NatAddress]!;
  const v = wayOut(cx, f, adjacency, mtu);
  if (v !== Verdict.Continue) return v;
  if (rewritten) rewriteSource(cx, f, address);
  else keepFlow(cx, f, adjacency, mtu, 0, 0, 0, Verdict.Routed);
  return passOn(cx, f, adjacency, mtu, Verdict.Routed);
}
