import { framesText } from '../cloud/frames.js';
import type { Outside } from '../cloud/throughput.js';
import { countedText } from '../connections.js';
import type { Sample } from '../exposition.js';
import { gbits } from '../iperf.js';
import { figuresTable } from '../tables.js';

/** What the demo measured. */
export interface Measured {
  /** Addresses the server saw, in order, of guests by the zone they are in. */
  readonly seen: { readonly orange: readonly string[]; readonly all: readonly string[] };
  /** TCP payload that arrived, by direction and number of flows. */
  readonly bitsPerSecond: Outside;
  /** Of every host. */
  readonly samples: readonly (readonly Sample[])[];
}

/** The figures as text, the zones as `show zones` prints them, then what became of the frames on each host. */
export function report({ seen, bitsPerSecond: { out1, out4, in4 }, samples }: Measured, zones: string): string {
  const figures = figuresTable([
    ['addresses seen for b1 (zone orange)', countedText(seen.orange)],
    ['addresses seen for a2 (zone all)', countedText(seen.all)],
    ['TCP out by another host, 1 flow / 4 flows', `${gbits(out1)} / ${gbits(out4)}`],
    ['TCP in, 4 flows', gbits(in4)],
  ]);
  return `\n${figures}\n${zones}\n${framesText(samples)}`;
}
