import { Counter, Gauge, type Registry } from 'prom-client';

/** Values of the labels, by name; empty for a metric without labels. */
export type Labels = Readonly<Record<string, string>>;

export interface PulledMetric {
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[];
  /** All samples as they stand now; the first scrape asks like every other, so whatever is listed is there from the start. */
  readonly samples: () => Iterable<readonly [labels: Labels, value: number]>;
}

/**
 * A counter whose truth is elsewhere (K12): at each scrape it moves by the difference to what it reported last. A source that
 * steps back moves it by 0, because a negative difference would make every later scrape throw (D29).
 */
export function pulledCounter(registry: Registry, { name, help, labels = [], samples }: PulledMetric): void {
  const reported = new Map<string, number>();
  new Counter({
    name,
    help,
    labelNames: [...labels],
    registers: [registry],
    collect() {
      for (const [values, now] of samples()) {
        const key = labels.map((label) => values[label]).join('\n');
        this.inc({ ...values }, Math.max(0, now - (reported.get(key) ?? 0)));
        reported.set(key, now);
      }
    },
  });
}

/** A gauge that is asked at each scrape; label values that are gone disappear with it. */
export function pulledGauge(registry: Registry, { name, help, labels = [], samples }: PulledMetric): void {
  new Gauge({
    name,
    help,
    labelNames: [...labels],
    registers: [registry],
    collect() {
      if (labels.length > 0) this.reset();
      for (const [values, now] of samples()) this.set({ ...values }, now);
    },
  });
}
