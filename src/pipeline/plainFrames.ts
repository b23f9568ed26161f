import { Verdict } from '../shared/verdict.js';
import { MAX_BURST } from './burst.js';
import { Kind, type PipelineContext } from './context.js';
import { Plain, plainRows } from './plainRows.js';

const plain = plainRows;

/** Marks a frame as not plain. What is touched for it all the same is a first slot and a first row, which every table has. */
export function notPlain(f: number): void {
  const p = f << 3;
  plain[p] = 0;
  plain[p | Plain.Half] = 0;
  plain[p | Plain.Row] = -1;
}

/** Puts frames that are not plain behind a burst, up to a multiple of 4: the loops that touch take four at a time. */
export function endPlain(count: number): void {
  for (let f = count; (f & 3) !== 0 && f < MAX_BURST; f++) notPlain(f);
}

/** Fills the columns that decide() reads, for a plain frame that it is to take over. */
export function leavePlain(cx: PipelineContext, f: number): void {
  const p = f * Plain.Words;
  const ip = plain[p]! + 14;
  cx.verdict[f] = Verdict.Continue;
  cx.kind[f] = Kind.Flow;
  cx.rif[f] = plain[p + Plain.Rif]!;
  cx.ip[f] = ip;
  cx.end[f] = ip + plain[p + Plain.Octets]!;
  cx.ports[f] = plain[p + Plain.Ports]!;
  cx.hash[f] = plain[p + Plain.Hash]!;
}
