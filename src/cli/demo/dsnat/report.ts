import { countedText } from '../connections.js';
import { type Sample, sum } from '../exposition.js';
import { gbits } from '../iperf.js';
import { dropsTable, figuresTable, whole } from '../tables.js';
import type { RoundTrip } from './traffic.js';

/** What the demo measured. */
export interface Figures {
  readonly pinged: RoundTrip;
  /** Addresses the server saw, in order. */
  readonly tenants: readonly string[];
  readonly others: readonly string[];
  /** TCP payload that arrived, by direction and number of flows. */
  readonly bitsPerSecond: { readonly out1: number; readonly out4: number; readonly in1: number; readonly in4: number };
  readonly samples: readonly Sample[];
}

/** The figures as text: one table, the zones as `show zones` prints them, the drops with what they mean. */
export function report(figures: Figures, zones: string): string {
  const { pinged, bitsPerSecond: bits, samples } = figures;
  const table = figuresTable([
    ['round trip, median of pings', `${pinged.medianMs} ms`],
    ['TCP to the server, 1 flow / 4 flows', `${gbits(bits.out1)} / ${gbits(bits.out4)}`],
    ['TCP to the client, 1 flow / 4 flows', `${gbits(bits.in1)} / ${gbits(bits.in4)}`],
    ['addresses seen for 1.1.1.1 (zone 1.1.0.0/16)', countedText(figures.tenants)],
    ['addresses seen for 1.3.1.1 (default zone)', countedText(figures.others)],
    ['frames translated', whole(sum(samples, 'windrose_frames_total', { verdict: 'translated' }))],
  ]);
  return `\n${table}\n${zones}\n${dropsTable(samples)}`;
}
