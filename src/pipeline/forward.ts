import { reversePathOk } from '../resolve/reversePath.js';
import { Verdict } from '../shared/verdict.js';
import { switchBurst } from '../switching/switchBurst.js';
import { GATEWAY_ROUTER, NETWORK_IFACE } from '../tables/rifs.js';
import { SessionsHead } from '../tables/sessions.js';
import { Fabric } from '../tables/switching.js';
import { arpInput } from './arpInput.js';
import { classify } from './classify.js';
import { Kind, type PipelineContext } from './context.js';
import { serve } from './decide.js';
import { copyArp } from './handoff.js';
import { classifyPlain } from './plainClassify.js';
import { findPlain } from './plainFind.js';
import { endPlain, leavePlain, notPlain } from './plainFrames.js';
import { Plain, plainRows } from './plainRows.js';
import { translatePlain } from './plainTranslate.js';

const plain = plainRows;

/**
 * The table of contents of the data plane. A burst goes through these steps: classify every frame, find the sessions of the
 * plain ones so that their cache misses overlap (D37), decide every frame. Plain frames of known sessions take the short cut of
 * plainRows.ts; classify() and decide() know all others. Each frame ends in exactly one verdict, counted here and nowhere else.
 */
export function forwardBurst(cx: PipelineContext, count: number): void {
  if (cx.iface >= NETWORK_IFACE || cx.switching.fabric[cx.iface] !== Fabric.None) {
    switchBurst(cx, count);
    return;
  }
  if (cx.router !== GATEWAY_ROUTER) cx.enterRouter(GATEWAY_ROUTER);
  if (classifyBurst(cx, count)) findPlain(cx, count);
  const counts = cx.counters.verdicts;
  const removals = cx.sessions.head[SessionsHead.Removals]!;
  for (let f = 0; f < count; f++) {
    const first = f;
    // Once decide() has ended a session, a row found before may be another flow's: the rest of the burst goes the long way.
    if (cx.sessions.head[SessionsHead.Removals] === removals) f = translatePlain(cx, first, count);
    counts[Verdict.Translated] = counts[Verdict.Translated]! + f - first;
    if (f === count) return;
    if (plain[f * Plain.Words] !== 0) leavePlain(cx, f);
    let v: Verdict = cx.verdict[f]!;
    if (v === Verdict.Continue) v = decide(cx, f);
    counts[v] = counts[v]! + 1;
  }
}

/**
 * True when there are plain frames. A frame that waited is not counted as received again, which only classify knows. Nor does the
 * short cut know reverse-path filters: where a device has one, none of its frames is plain.
 */
function classifyBurst(cx: PipelineContext, count: number): boolean {
  const mayBePlain = !cx.requeued && cx.rifs.filters[cx.iface] === 0;
  let others = 0;
  for (let f = 0; f < count; ) {
    if (mayBePlain) {
      const first = f;
      f = classifyPlain(cx, first, count);
      // Those behind may have another tag.
      if (f !== first) continue;
    }
    notPlain(f);
    cx.verdict[f] = classify(cx, f);
    others++;
    f++;
  }
  endPlain(count);
  return others < count;
}

/** What becomes of one frame that classify found sound. */
function decide(cx: PipelineContext, f: number): Verdict {
  const kind = cx.kind[f]!;
  if (cx.rifs.filters[cx.iface] !== 0 && kind !== Kind.Arp && !reversePathOk(cx, f)) return Verdict.DropReversePath;
  if (kind !== Kind.Arp) return serve(cx, f);
  if (cx.handoff.workers > 1) copyArp(cx, f, -1);
  return arpInput(cx, f);
}
