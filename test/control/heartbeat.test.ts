import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HeartbeatWatch, STUCK_LOOKS } from '../../src/control/heartbeat.js';
import { ControlWord, controlOctets, controlRow, WorkerState } from '../../src/shared/control.js';

function watched() {
  const buffer = new SharedArrayBuffer(controlOctets(2));
  const controls = [controlRow(buffer, 0), controlRow(buffer, 1)];
  for (const control of controls) control[ControlWord.State] = WorkerState.Running;
  const stuck: [number, number][] = [];
  const watch = new HeartbeatWatch(controls, (worker, silentMs) => stuck.push([worker, silentMs]));
  const look = (times: number, turns: readonly number[]): void => {
    for (let i = 0; i < times; i++) {
      for (const worker of turns) controls[worker]![ControlWord.Heartbeat]!++;
      watch.look();
    }
  };
  return { controls, stuck, look };
}

test('D10 a worker that does not turn for 2 s is stuck, told once; the other is not', () => {
  const { stuck, look } = watched();
  look(1, [0, 1]);
  look(STUCK_LOOKS - 1, [0]);
  assert.deepEqual(stuck, []);
  look(20, [0]);
  assert.deepEqual(stuck, [[1, 2000]]);
});

test('one turn is enough, and one that warms up, recovers or has failed is not stuck', () => {
  const { controls, stuck, look } = watched();
  for (let i = 0; i < 10; i++) {
    look(STUCK_LOOKS - 1, [1]);
    look(1, [0, 1]);
  }
  assert.deepEqual(stuck, []);
  for (const state of [WorkerState.Starting, WorkerState.WarmingUp, WorkerState.Recovering, WorkerState.Failed]) {
    controls[0]![ControlWord.State] = state;
    look(STUCK_LOOKS * 2, [1]);
  }
  assert.deepEqual(stuck, []);
  controls[0]![ControlWord.State] = WorkerState.Running;
  look(STUCK_LOOKS - 1, [1]);
  assert.deepEqual(stuck, [], 'counted from when it runs');
});
