import type { Registry } from 'prom-client';
import type { Shown } from '../control/show/shown.js';
import { pulledCounter, pulledGauge } from './pulled.js';

/** The configuration in force and what became of the last reload. */
export function registerConfiguration(registry: Registry, shown: Pick<Shown, 'built' | 'reloads'>): void {
  const gauge = (name: string, help: string, value: () => number) =>
    pulledGauge(registry, { name, help, samples: () => [[{}, value()]] });
  gauge(
    'windrose_config_generation',
    'Generation in force: 1 at the start, one more with each change of the file, drained address that leaves, and link or next hop up or down.',
    () => shown.built.snapshot.generation,
  );
  gauge(
    'windrose_config_last_reload_successful',
    '1: the file was taken over the last time it was read, the start included; 0: it was refused and the configuration before it is in force.',
    () => (shown.reloads.lastSuccess ? 1 : 0),
  );
  gauge(
    'windrose_config_last_reload_timestamp_seconds',
    'When the file was last read, taken over or refused, since the epoch.',
    () => shown.reloads.lastAtMs / 1000,
  );
  gauge(
    'windrose_config_last_reload_success_timestamp_seconds',
    'When the file was last taken over, since the epoch.',
    () => shown.reloads.lastSuccessAtMs / 1000,
  );
  pulledCounter(registry, {
    name: 'windrose_config_reloads_total',
    help: 'Reloads since the start, by result.',
    labels: ['result'],
    samples: () => {
      const { count, failures } = shown.reloads;
      return [
        [{ result: 'success' }, count - failures],
        [{ result: 'failure' }, failures],
      ];
    },
  });
}
