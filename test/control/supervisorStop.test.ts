import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import { loadConfig } from '../../src/config/load.js';
import { buildSnapshot } from '../../src/control/buildSnapshot.js';
import { StateIndex } from '../../src/control/stateIndex.js';
import { Supervisor } from '../../src/control/supervisor.js';
import { loadAddon } from '../../src/io/addon.js';
import { ControlWord, WorkerState } from '../../src/shared/control.js';
import { allocateState, stateOf } from '../../src/tables/state.js';
import { lan } from '../support/sample.js';

test('changes that wait for a worker are over at once when the workers are stopped, and so are those that come later', async () => {
  const { config } = loadConfig(lan, 'lan');
  const buffers = allocateState({ workers: 1, sessions: 64, neighbors: 16, addresses: 16, hosts: 16 }, { k0: 1, k1: 2 });
  const state = stateOf(buffers, 0);
  const { snapshot } = buildSnapshot(config!, [1500, 1500, 1500], new StateIndex(state.ports), 1, 1);
  const log = pino({ level: 'silent' });
  const options = { addon: loadAddon(), state: buffers, ifaces: [[]], spin: 0, log };
  const supervisor = new Supervisor({ ...options, onGiveUp: () => {} }, snapshot);
  await supervisor.start();
  // As while a worker begins anew.
  Atomics.store(state.control, ControlWord.State, WorkerState.Starting);
  const waiting = [supervisor.publish(snapshot, [[]]), supervisor.publish(snapshot, [[]])];
  await supervisor.stop();
  const stoppedAt = performance.now();
  assert.deepEqual(await Promise.all([...waiting, supervisor.publish(snapshot, [[]])]), [[], [], []]);
  assert.ok(performance.now() - stoppedAt < 1000, `${performance.now() - stoppedAt} ms`);
});
