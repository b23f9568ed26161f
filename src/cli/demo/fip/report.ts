import { framesText } from '../cloud/frames.js';
import type { Outside } from '../cloud/throughput.js';
import type { Sample } from '../exposition.js';
import { gbits } from '../iperf.js';
import { figuresTable } from '../tables.js';

/** What the demo measured. */
export interface Measured {
  /** TCP payload that arrived, by direction and number of flows. */
  readonly bitsPerSecond: Outside;
  /** Of every host. */
  readonly samples: readonly (readonly Sample[])[];
}

/** The figures as text, then what became of the frames on each host. */
export function report({ bitsPerSecond: { out1, out4, in4 }, samples }: Measured): string {
  const figures = figuresTable([
    ['TCP out by a floating IP, 1 flow / 4 flows', `${gbits(out1)} / ${gbits(out4)}`],
    ['TCP in, 4 flows', gbits(in4)],
  ]);
  return `\n${figures}\n${framesText(samples)}`;
}
