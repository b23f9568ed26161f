import assert from 'node:assert/strict';
import { test } from 'node:test';
import { metricsRegistry } from '../../src/metrics/registry.js';
import { ZoneCounter } from '../../src/shared/counters.js';
import { makeGateway } from '../control/made.js';

test('sessions of a zone that is gone are counted on as they end', async () => {
  const made = makeGateway();
  const slot = made.index.zone('gone');
  const { zones } = made.states[0]!.counters;
  zones[slot * ZoneCounter.Count + ZoneCounter.Created] = 3;
  const registry = metricsRegistry(made.shown);
  const ended = async () => /^windrose_sessions_ended_total\{zone="gone"\} (\d+)$/m.exec(await registry.metrics())?.[1];
  assert.equal(await ended(), '0');
  zones[slot * ZoneCounter.Count + ZoneCounter.Ended] = 3;
  assert.equal(await ended(), '3');
});
