import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Registry } from 'prom-client';
import { registerWorkers } from '../../src/metrics/workers.js';
import { ControlWord } from '../../src/shared/control.js';
import { CounterEvent } from '../../src/shared/counters.js';
import { count, makeGateway } from '../control/made.js';

test('D40 metrics tell polling from being busy, worker by worker', async () => {
  const made = makeGateway({ workers: 2 });
  count(made, CounterEvent.BusyMicros, 1_500_000, 1);
  count(made, CounterEvent.PolledMicros, 250_000, 1);
  count(made, CounterEvent.PollsMet, 7, 1);
  made.states[1]!.control[ControlWord.SpinMicros] = 64;
  const registry = new Registry();
  registerWorkers(registry, made.shown);
  const lines = (await registry.metrics()).split('\n');
  for (const line of [
    'windrose_worker_busy_seconds_total{worker="1"} 1.5',
    'windrose_worker_polled_seconds_total{worker="0"} 0',
    'windrose_worker_polled_seconds_total{worker="1"} 0.25',
    'windrose_worker_polls_met_total{worker="1"} 7',
    'windrose_worker_spin_seconds{worker="1"} 0.000064',
  ])
    assert.ok(lines.includes(line), line);
});
