import type { PipelineContext } from '../pipeline/context.js';
import { HOST_MACS, L2, L2Kind, l2Find } from '../tables/l2.js';
import { vtepOf } from '../tables/vteps.js';
import { Ethernet, macHead, macTail } from '../wire/ethernet.js';

/**
 * Whether a frame from a tunnel may go on through a tunnel to host `to`, which has its destination (row `at` of the table of MACs): the
 * port was here until some seconds ago, and the sender does not know yet (dvr.md 2.16). Only frames at first hand: what came from another
 * host than its source is at was passed on once already. So however old the tables of two or more hosts are, nothing goes round.
 */
export function isLate(cx: PipelineContext, f: number, at: number, to: number): boolean {
  const { l2, vteps } = cx.switching;
  const until = l2.slots[at + L2.RelayUntil]!;
  if (until === 0 || ((cx.nowMs - until) | 0) >= 0) return false;
  const from = vtepOf(vteps, cx.sources[f]!);
  if (from === to) return false;
  const m = cx.memory;
  const source = cx.offsets[f]! + Ethernet.Source;
  const of = l2Find(l2, cx.routedByPeer ? HOST_MACS : cx.network, macHead(m, source), macTail(m, source));
  return of >= 0 && l2.slots[of + L2.Where] === ((L2Kind.Remote << 24) | from);
}
