import { sendProbe } from '../resolve/sendProbe.js';
import { Probe, ProbeSpec } from '../tables/probes.js';
import type { PipelineContext } from './context.js';

/**
 * Health probes of next hops, once per tick of 100 ms, by worker 0 alone: takes note of answers, whichever worker they came to, and
 * sends the requests that are due. What follows from the counts main decides (control/reload/probes.ts).
 */
export function probeTick(cx: PipelineContext): void {
  for (let at = 0; at < cx.probes.length; at += ProbeSpec.Words) visit(cx, at);
}

function visit(cx: PipelineContext, at: number): void {
  const p = cx.probeRows;
  const row = cx.probes[at + ProbeSpec.Slot]! * Probe.Words;
  if (p[row + Probe.Id] !== cx.probes[at + ProbeSpec.Id]) begin(cx, at, row);
  const token = p[row + Probe.Token]!;
  if (token !== 0 && Atomics.load(p, row + Probe.AnsweredToken) === token) answered(cx, row);
  // Further off than a pause is long: a reload has shortened it.
  const wait = (p[row + Probe.Due]! - cx.now) | 0;
  if (wait > 0 && wait <= cx.probes[at + ProbeSpec.Interval]!) return;
  if (p[row + Probe.Token] !== 0) {
    p[row + Probe.Token] = 0;
    p[row + Probe.Answered] = 0;
    Atomics.store(p, row + Probe.Lost, p[row + Probe.Lost]! + 1);
  }
  p[row + Probe.Due] = (cx.now + cx.probes[at + ProbeSpec.Interval]!) | 0;
  if (sendProbe(cx, at, row)) p[row + Probe.Sent] = p[row + Probe.Sent]! + 1;
}

/** A row that was another's, or nobody's. */
function begin(cx: PipelineContext, at: number, row: number): void {
  const p = cx.probeRows;
  for (let word = Probe.Id; word < Probe.DeadId; word++) p[row + word] = 0;
  p[row + Probe.RttMs] = -1;
  p[row + Probe.Due] = cx.now;
  // Main believes the rest when it finds its own id.
  Atomics.store(p, row + Probe.Id, cx.probes[at + ProbeSpec.Id]!);
}

function answered(cx: PipelineContext, row: number): void {
  const p = cx.probeRows;
  // The worker that got the answer may have looked at the clock a moment earlier than worker 0.
  p[row + Probe.RttMs] = Math.max(0, (p[row + Probe.AnsweredMs]! - p[row + Probe.SentMs]!) | 0);
  p[row + Probe.LastAnswer] = cx.now;
  p[row + Probe.Answers] = p[row + Probe.Answers]! + 1;
  p[row + Probe.Token] = 0;
  p[row + Probe.Lost] = 0;
  Atomics.store(p, row + Probe.Answered, p[row + Probe.Answered]! + 1);
}
