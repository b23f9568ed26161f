import { resolve } from '../resolve/resolve.js';
import { resolveSession } from '../resolve/resolveSession.js';
import { Verdict } from '../shared/verdict.js';
import { slotRow } from '../tables/flowIndex.js';
import { Rif, RifRole } from '../tables/rifs.js';
import { findInward, findOutward } from '../tables/sessions.js';
import { Ipv4, ipv4Destination, ipv4Source } from '../wire/ipv4.js';
import { applySession } from './applySession.js';
import { arpInput } from './arpInput.js';
import { classify } from './classify.js';
import { Kind, type PipelineContext } from './context.js';

/**
 * The table of contents of the data plane. A burst goes through three loops: classify every frame, touch every flow's
 * session row, decide every frame. The first two exist so that cache misses of different frames overlap (D37).
 * Each frame ends in exactly one verdict, counted here and nowhere else.
 */
export function forwardBurst(cx: PipelineContext, count: number): void {
  for (let f = 0; f < count; f++) cx.verdict[f] = classify(cx, f);
  touchRows(cx, count);
  const counts = cx.counters.verdicts;
  for (let f = 0; f < count; f++) {
    let v: Verdict = cx.verdict[f]!;
    if (v === Verdict.Continue) v = decide(cx, f);
    counts[v] = counts[v]! + 1;
  }
}

/** What becomes of one frame that classify found sound. */
function decide(cx: PipelineContext, f: number): Verdict {
  const kind = cx.kind[f]!;
  if (kind === Kind.Flow) {
    const outward = cx.rifs.rows[cx.rif[f]! * Rif.Words + Rif.Role] === RifRole.Inside;
    const row = findSession(cx, f, outward);
    if (row < 0) return resolve(cx, f);
    const v = applySession(cx, f, row, outward);
    return v === Verdict.Continue ? resolveSession(cx, f, row, outward) : v;
  }
  return kind === Kind.Arp ? arpInput(cx, f) : resolve(cx, f);
}

function findSession(cx: PipelineContext, f: number, outward: boolean): number {
  const m = cx.memory;
  const ip = cx.ip[f]!;
  const protocol = m.u8[ip + Ipv4.Protocol]!;
  return outward
    ? findOutward(cx.sessions, cx.hash[f]!, ipv4Source(m, ip), ipv4Destination(m, ip), cx.ports[f]!, protocol)
    : findInward(cx.sessions, cx.hash[f]!, ipv4Source(m, ip), ipv4Destination(m, ip), cx.ports[f]!, protocol);
}

/** Loads one word of every row the flow index pointed to, all misses at once. The column keeps the loads from being dropped. */
function touchRows(cx: PipelineContext, count: number): void {
  const rows = cx.sessions.rows;
  const touched = cx.touched;
  for (let f = 0; f < count; f++) {
    const word = touched[f]!;
    if (word !== 0) touched[f] = rows[slotRow(word) << 4]!;
  }
}
