import type { Registry } from 'prom-client';
import type { Shown } from '../control/show/shown.js';
import { pulledGauge } from './pulled.js';

/** The store of the objects; a gateway that is no host of distributed routers has no samples. */
export function registerStore(registry: Registry, shown: Pick<Shown, 'store'>): void {
  const gauge = (name: string, help: string, value: (store: NonNullable<Shown['store']>) => number) =>
    pulledGauge(registry, { name, help, samples: () => (shown.store === undefined ? [] : [[{}, value(shown.store)]]) });
  gauge(
    'windrose_store_up',
    '1: the store of the objects answers; 0: it does not, and what was read last stays in use. Only with host.',
    ({ reachable }) => (reachable ? 1 : 0),
  );
  gauge(
    'windrose_store_revision',
    'Revision of the store at which the objects in use were read. Only with host.',
    ({ revision }) => revision,
  );
}
