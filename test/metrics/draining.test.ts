import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readinessFaults } from '../../src/metrics/health.js';
import { ControlWord, WorkerState } from '../../src/shared/control.js';
import { makeGateway } from '../control/made.js';

test('a gateway that drains is not ready, although every worker forwards', () => {
  const { shown } = makeGateway();
  for (const { control } of shown.states) {
    Atomics.store(control, ControlWord.State, WorkerState.Running);
    Atomics.store(control, ControlWord.Acknowledged, shown.built.snapshot.generation);
  }
  assert.deepEqual(readinessFaults({ ...shown, draining: false }), []);
  assert.deepEqual(readinessFaults({ ...shown, draining: true }), ['draining']);
});
