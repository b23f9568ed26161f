import type { Registry } from 'prom-client';

/** A metric as docs/metrics.md lists it. */
export interface MetricReference {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly labels: readonly string[];
  readonly help: string;
}

/** Every metric of a registry in the order of its names, without asking for a single sample. */
export function metricReference(registry: Registry): MetricReference[] {
  // prom-client keeps the names of the labels in each metric, but leaves them out of its type.
  const metrics = registry.getMetricsAsArray() as unknown as (Omit<MetricReference, 'labels'> & { labelNames: string[] })[];
  return metrics
    .map(({ name, type, labelNames, help }) => ({ name, type, labels: [...labelNames], help }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}
