import { renderTable } from '../../table.js';
import type { Sample } from '../exposition.js';
import { gbits } from '../iperf.js';
import { dropsTable, figuresTable, whole } from '../tables.js';
import { HOSTS } from './topology.js';

/** What the demo measured. */
export interface Measured {
  /** TCP payload that arrived at the other host, by number of flows. */
  readonly bitsPerSecond: { readonly one: number; readonly four: number };
  /** Of every host. */
  readonly samples: readonly (readonly Sample[])[];
}

/** The figures as text, then what became of the frames on each host. */
export function report({ bitsPerSecond, samples }: Measured): string {
  const figures = figuresTable([
    ['TCP from host to host, routed, 1 flow / 4 flows', `${gbits(bitsPerSecond.one)} / ${gbits(bitsPerSecond.four)}`],
  ]);
  const verdicts = samples.flatMap((all, i) =>
    all
      .filter(({ name, value }) => name === 'windrose_frames_total' && value > 0)
      .map(({ labels, value }) => ({ host: HOSTS[i]!.name, verdict: labels.verdict ?? '', value })),
  );
  const frames = renderTable(
    verdicts,
    [
      { heading: 'HOST', cell: ({ host }) => host },
      { heading: 'VERDICT', cell: ({ verdict }) => verdict },
      { heading: 'FRAMES', cell: ({ value }) => whole(value), right: true },
    ],
    false,
  );
  return `\n${figures}\n${frames}\n${dropsTable(samples.flat())}`;
}
