import { Counter, Gauge, type Registry } from 'prom-client';
import { heading, labelText } from './exposition.js';

/** Values of the labels, by name; empty for a metric without labels. */
export type Labels = Readonly<Record<string, string>>;

export type Sample = readonly [labels: Labels, value: number];

export interface PulledMetric {
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[];
  /** All samples as they stand now; the first scrape asks like every other, so whatever is listed is there from the start. */
  readonly samples: () => Iterable<Sample>;
  /** Counters: what is listed no more is forgotten, for names come and go without end. */
  readonly forgets?: boolean;
}

/** A metric that writes its own part of the answer to a scrape (metrics/exposition), as its registry asks it to. */
export interface WritesItself {
  writeText(): string;
}

/** What a counter has reported under some labels, and what its source said then. */
interface Reported {
  readonly labels: Labels;
  value: number;
  source: number;
}

/**
 * A counter whose truth is elsewhere (K12): at each scrape it moves by the difference to what it reported last. A source that
 * steps back moves it by 0 (D29), and one that is gone leaves it where it stands, unless it `forgets`. The values are kept here and not with `inc`,
 * which builds and sorts a string per sample: with thousands of samples a scrape would take tens of milliseconds (MET-3).
 */
export function pulledCounter(registry: Registry, metric: PulledMetric): void {
  const known = new Map<string, Reported>();
  const { name, help, labels: names = [] } = metric;
  const pull = (): void => {
    const listed = metric.forgets === true ? new Set<string>() : undefined;
    for (const [labels, now] of metric.samples()) {
      const key = labelText(names, labels);
      listed?.add(key);
      const one = known.get(key);
      if (one === undefined) known.set(key, { labels, value: now, source: now });
      else {
        one.value += Math.max(0, now - one.source);
        one.source = now;
      }
    }
    if (listed !== undefined) for (const key of [...known.keys()]) if (!listed.has(key)) known.delete(key);
  };
  new (class extends Counter implements WritesItself {
    override async get() {
      pull();
      return { ...(await super.get()), values: Array.from(known.values(), ({ labels, value }) => ({ labels, value })) };
    }

    writeText(): string {
      pull();
      let text = heading(name, help, 'counter');
      for (const [labels, { value }] of known) text += `${name}${labels} ${value}\n`;
      return text;
    }
  })({ name, help, labelNames: [...names], registers: [registry] });
}

/** A gauge that is asked at each scrape; label values that are gone disappear with it. */
export function pulledGauge(registry: Registry, metric: PulledMetric): void {
  const { name, help, labels: names = [] } = metric;
  new (class extends Gauge implements WritesItself {
    override async get() {
      return { ...(await super.get()), values: Array.from(metric.samples(), ([labels, value]) => ({ labels, value })) };
    }

    writeText(): string {
      let text = heading(name, help, 'gauge');
      for (const [labels, value] of metric.samples()) text += `${name}${labelText(names, labels)} ${value}\n`;
      return text;
    }
  })({ name, help, labelNames: [...names], registers: [registry] });
}
