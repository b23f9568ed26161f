import type { Registry } from 'prom-client';
import type { Shown } from '../control/show/shown.js';
import { pulledCounter, pulledGauge, type Sample } from './pulled.js';

/** Requests of guests for metadata; a gateway without an endpoint for them has no samples. */
export function registerMetadata(registry: Registry, shown: Pick<Shown, 'metadata' | 'built'>): void {
  const whereServed = (samples: () => Sample[]) => (): Sample[] =>
    shown.built.config.host?.metadata === undefined ? [] : samples();
  const byWord = (label: string, counts: Readonly<Record<string, number>>): Sample[] =>
    Object.entries(counts).map(([word, count]) => [{ [label]: word }, count] as const);
  pulledCounter(registry, {
    name: 'windrose_metadata_requests_total',
    help: 'Requests of guests to the metadata address: answered (whatever the status), the endpoint unreachable, without an answer in time, without a proper one; refused by the proxy; broken off by the guest. Only with host.metadata.',
    labels: ['outcome'],
    samples: whereServed(() => byWord('outcome', shown.metadata.totals().requests)),
  });
  pulledCounter(registry, {
    name: 'windrose_metadata_connections_refused_total',
    help: 'Connections that the metadata proxy ended: a port at its limit (host.metadata.connections), an address that stands for nobody, a request ahead of the answer before it. Only with host.metadata.',
    labels: ['reason'],
    samples: whereServed(() => byWord('reason', shown.metadata.totals().refused)),
  });
  pulledGauge(registry, {
    name: 'windrose_metadata_connections',
    help: 'Connections of guests that the metadata proxy has open. Only with host.metadata.',
    samples: whereServed(() => [[{}, shown.metadata.connections]]),
  });
  pulledGauge(registry, {
    name: 'windrose_metadata_endpoint_up',
    help: '1: the metadata endpoint did its part when it was asked last, or has not been asked yet; 0: it did not. Only with host.metadata.',
    samples: whereServed(() => [[{}, shown.metadata.failure === '' ? 1 : 0]]),
  });
}
