import type { Registry } from 'prom-client';
import type { Shown } from '../control/show/shown.js';
import { pulledCounter } from './pulled.js';

/** What became of the records of NAT events: what is not written is dropped, and no frame waits for either. */
export function registerEvents(registry: Registry, shown: Pick<Shown, 'events'>): void {
  pulledCounter(registry, {
    name: 'windrose_events_written_total',
    help: 'Records of NAT events written, by output and event.',
    labels: ['output', 'event'],
    samples: () => Array.from(shown.events.written(), ([output, event, count]) => [{ output, event }, count] as const),
  });
  pulledCounter(registry, {
    name: 'windrose_events_dropped_total',
    help: 'Records of NAT events lost: the ring of a worker full (for all outputs), an output that fails, or one too slow.',
    labels: ['output', 'reason'],
    samples: () => Array.from(shown.events.dropped(), ([output, reason, count]) => [{ output, reason }, count] as const),
  });
}
