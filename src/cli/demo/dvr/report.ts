import { framesText } from '../cloud/frames.js';
import type { Sample } from '../exposition.js';
import { gbits } from '../iperf.js';
import { figuresTable } from '../tables.js';

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
  return `\n${figures}\n${framesText(samples)}`;
}
