import type { Registry } from 'prom-client';
import { eventTotal } from '../control/show/totals.js';
import type { CounterEvent } from '../shared/counters.js';
import type { State } from '../tables/state.js';
import { pulledCounter } from './pulled.js';

/** Counters without labels, each of one event that workers count. */
export function eventCounters(
  registry: Registry,
  states: readonly State[],
): (name: string, help: string, event: CounterEvent) => void {
  return (name, help, event) => pulledCounter(registry, { name, help, samples: () => [[{}, eventTotal(states, event)]] });
}
