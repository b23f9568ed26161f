import type { PipelineContext } from '../pipeline/context.js';
import { Verdict } from '../shared/verdict.js';
import { Adjacency, NeighborState } from '../tables/neighbors.js';
import { IcmpType, UnreachableCode } from '../wire/icmp.js';
import { asItCame } from './asItCame.js';
import { sendIcmpError } from './icmpError.js';
import { queueFor } from './nextHop.js';

/**
 * The frame waits, as it came, until the neighbour answers (FWD-11); it is then decided again from the start. A neighbour that is
 * silent, or nowhere, is not waited for.
 */
export function waitForNeighbor(cx: PipelineContext, f: number, adjacency: number): Verdict {
  if (cx.hairpin) asItCame(cx, f);
  const state = cx.neighbors.rows[adjacency + Adjacency.State]!;
  if (cx.waitedOut || state === NeighborState.Failed || state === NeighborState.Nowhere) {
    sendIcmpError(cx, f, IcmpType.Unreachable, UnreachableCode.Host, 0);
    return state === NeighborState.Nowhere ? Verdict.DropSnatNowhere : Verdict.DropNeighborFailed;
  }
  const queued = queueFor(cx, adjacency, cx.offsets[f]!, cx.lengths[f]!, cx.iface, cx.tags[f]!);
  return queued ? Verdict.Queued : Verdict.DropNeighborQueueFull;
}
