import { verdictSpecs } from '../../shared/verdict.js';
import { type Column, renderTable } from '../table.js';
import type { Sample } from './exposition.js';

/** Tables that end a demo. */

/** Figures with their names. */
export function figuresTable(rows: readonly (readonly [name: string, value: string])[]): string {
  return renderTable(
    rows,
    [
      { heading: 'FIGURE', cell: ([name]) => name },
      { heading: 'VALUE', cell: ([, value]) => value },
    ],
    false,
  );
}

/** Reasons of drops with a count above 0, of one gateway or of several by their names; what they mean comes from the verdicts. */
export function dropsTable(samples: readonly Sample[], hosts: ReadonlyMap<Sample, string> = new Map()): string {
  const drops = samples.filter(({ name, value }) => name === 'windrose_frames_dropped_total' && value > 0);
  if (drops.length === 0) return 'No frame was dropped.\n';
  const help = new Map(Object.values(verdictSpecs).map((spec) => [spec.reason, spec.help]));
  const host: Column<Sample> = { heading: 'HOST', cell: (sample) => hosts.get(sample) ?? '' };
  return renderTable(
    drops,
    [
      ...(hosts.size === 0 ? [] : [host]),
      { heading: 'DROPPED', cell: ({ value }) => whole(value), right: true },
      { heading: 'REASON', cell: ({ labels }) => labels.reason ?? '' },
      { heading: 'MEANING', cell: ({ labels }) => help.get(labels.reason ?? '') ?? '' },
    ],
    false,
  );
}

export function whole(value: number): string {
  return value.toLocaleString('en-US');
}
