import type { PipelineContext } from '../pipeline/context.js';
import { Verdict } from '../shared/verdict.js';
import { Adjacency, NeighborState } from '../tables/neighbors.js';
import { IcmpType, UnreachableCode } from '../wire/icmp.js';
import { asItCame } from './asItCame.js';
import { sendIcmpError } from './icmpError.js';
import { queueFor } from './nextHop.js';

/** The frame waits, as it came, until the neighbour answers (FWD-11); it is then decided again from the start. */
export function waitForNeighbor(cx: PipelineContext, f: number, adjacency: number): Verdict {
  if (cx.hairpin) asItCame(cx, f);
  if (cx.waitedOut || cx.neighbors.rows[adjacency + Adjacency.State] === NeighborState.Failed) {
    sendIcmpError(cx, f, IcmpType.Unreachable, UnreachableCode.Host, 0);
    return Verdict.DropNeighborFailed;
  }
  const queued = queueFor(cx, adjacency, cx.offsets[f]!, cx.lengths[f]!, cx.iface, cx.tags[f]!);
  return queued ? Verdict.Queued : Verdict.DropNeighborQueueFull;
}
