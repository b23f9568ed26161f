import { Histogram, type Registry } from 'prom-client';
import { heading, labelText } from './exposition.js';
import type { Labels, WritesItself } from './pulled.js';

export interface HistogramSample {
  readonly labels: Labels;
  /** Observations of each bucket by itself; one more than there are bounds: those above. */
  readonly counts: readonly number[];
  readonly sum: number;
}

export interface PulledHistogram {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  /** Upper bounds, ascending. */
  readonly bounds: readonly number[];
  readonly samples: () => Iterable<HistogramSample>;
}

/** A histogram whose observations are kept elsewhere, by whoever makes them. */
export function pulledHistogram(registry: Registry, { name, help, labels: names, bounds, samples }: PulledHistogram): void {
  new (class extends Histogram implements WritesItself {
    writeText(): string {
      let text = heading(name, help, 'histogram');
      for (const { labels, counts, sum } of samples()) {
        let total = 0;
        for (const [i, count] of counts.entries()) {
          total += count;
          const le = i < bounds.length ? String(bounds[i]) : '+Inf';
          text += `${name}_bucket${labelText([...names, 'le'], { ...labels, le })} ${total}\n`;
        }
        text += `${name}_sum${labelText(names, labels)} ${sum}\n${name}_count${labelText(names, labels)} ${total}\n`;
      }
      return text;
    }
  })({ name, help, labelNames: [...names], buckets: [...bounds], registers: [registry] });
}
