import type { PipelineContext } from '../pipeline/context.js';
import { CounterEvent, framesReceived } from '../shared/counters.js';
import { Verdict } from '../shared/verdict.js';
import { recoverNeighbors, recoverSessions } from '../tables/recover.js';
import { recoverHosts } from './recoverHosts.js';

/** Brings the tables a failed worker left into order and counts the frames it had in its hands (D10). */
export function recoverWorker(cx: PipelineContext): void {
  recoverNeighbors(cx.neighbors);
  recoverSessions(cx.sessions, cx.neighbors, cx.ports64, cx.worker, cx.now);
  recoverHosts(cx);
  cx.fullRemotes.clear();
  const c = cx.counters;
  const v = c.verdicts;
  // Frames that waited for a neighbour or for a first fragment died with the worker: they leave queue and store here.
  const waiting = v[Verdict.Queued]! + v[Verdict.FragmentHeld]! - c.events[CounterEvent.Requeued]!;
  c.events[CounterEvent.FragmentsReleased] = v[Verdict.FragmentHeld]!;
  c.events[CounterEvent.Requeued] = c.events[CounterEvent.Requeued]! + waiting;
  v[Verdict.DropWorkerFault] = v[Verdict.DropWorkerFault]! + waiting;
  // Those the gateway had made died as well.
  c.events[CounterEvent.QueuedDropped] = c.events[CounterEvent.QueuedDropped]! + c.events[CounterEvent.MadeWaiting]!;
  c.events[CounterEvent.MadeWaiting] = 0;
  const lost = framesReceived(c.rifs) + c.events[CounterEvent.HandedIn]! - (decided(v) - c.events[CounterEvent.Requeued]!);
  if (lost > 0) v[Verdict.DropWorkerFault] = v[Verdict.DropWorkerFault]! + lost;
}

function decided(verdicts: Float64Array): number {
  let sum = 0;
  for (const v of verdicts) sum += v;
  return sum;
}
