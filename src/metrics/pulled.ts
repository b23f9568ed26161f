import { Counter, Gauge, type Registry } from 'prom-client';

/** Values of the labels, by name; empty for a metric without labels. */
export type Labels = Readonly<Record<string, string>>;

export type Sample = readonly [labels: Labels, value: number];

export interface PulledMetric {
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[];
  /** All samples as they stand now; the first scrape asks like every other, so whatever is listed is there from the start. */
  readonly samples: () => Iterable<Sample>;
}

/**
 * A counter whose truth is elsewhere (K12): at each scrape it moves by the difference to what it reported last. A source that
 * steps back moves it by 0 (D29), and one that is gone leaves it where it stands. The values are kept here and not with `inc`,
 * which builds and sorts a string per sample: with thousands of samples a scrape would take tens of milliseconds (MET-3).
 */
export function pulledCounter(registry: Registry, metric: PulledMetric): void {
  const known = new Map<string, { readonly labels: Labels; value: number; source: number }>();
  const { labels: names = [] } = metric;
  const pull = () => {
    for (const [labels, now] of metric.samples()) {
      const key = names.map((name) => labels[name]).join('\n');
      const one = known.get(key);
      if (one === undefined) known.set(key, { labels, value: now, source: now });
      else {
        one.value += Math.max(0, now - one.source);
        one.source = now;
      }
    }
    return [...known.values()].map(({ labels, value }) => ({ labels, value }));
  };
  new (class extends Counter {
    override async get() {
      return { ...(await super.get()), values: pull() };
    }
  })({ name: metric.name, help: metric.help, labelNames: [...names], registers: [registry] });
}

/** A gauge that is asked at each scrape; label values that are gone disappear with it. */
export function pulledGauge(registry: Registry, metric: PulledMetric): void {
  new (class extends Gauge {
    override async get() {
      return { ...(await super.get()), values: Array.from(metric.samples(), ([labels, value]) => ({ labels, value })) };
    }
  })({ name: metric.name, help: metric.help, labelNames: [...(metric.labels ?? [])], registers: [registry] });
}
