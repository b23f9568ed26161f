import { FIRST_DROP, Verdict, verdictSpec } from '../../shared/verdict.js';
import type { DropRow } from '../../types/show.js';
import type { Shown } from './shown.js';
import { verdictTotal } from './totals.js';

/** Every reason in the order of the verdicts, those that never happened too. */
export function showDrops({ states }: Pick<Shown, 'states'>): DropRow[] {
  const rows: DropRow[] = [];
  for (let v: Verdict = FIRST_DROP; v < Verdict.Count; v++) {
    const { reason, help, look } = verdictSpec(v);
    rows.push({ reason, count: verdictTotal(states, v), help, look });
  }
  return rows;
}
