import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { pino } from 'pino';
import { loadConfig } from '../../../src/config/load.js';
import { buildSnapshot } from '../../../src/control/buildSnapshot.js';
import { StateIndex } from '../../../src/control/stateIndex.js';
import { Supervisor } from '../../../src/control/supervisor.js';
import { loadAddon } from '../../../src/io/addon.js';
import { ControlWord, WorkerState } from '../../../src/shared/control.js';
import { allocateState, stateOf } from '../../../src/tables/state.js';
import { lan } from '../../support/sample.js';

/** Two workers on real tables, without devices. */
function makeTeam() {
  const { config } = loadConfig(lan, 'lan');
  const buffers = allocateState({ workers: 2, sessions: 1024, neighbors: 64, addresses: 16 }, { k0: 1, k1: 2 });
  const states = [stateOf(buffers, 0), stateOf(buffers, 1)] as const;
  const built = buildSnapshot(config!, [1500, 1500, 1500], new StateIndex(states[0].ports), 1, 1);
  const lines: Record<string, unknown>[] = [];
  const log = pino({ level: 'warn' }, { write: (line: string) => lines.push(JSON.parse(line) as Record<string, unknown>) });
  const gaveUp: Error[] = [];
  const options = { addon: loadAddon(), state: buffers, ifaces: [[], []], spinMicros: 0, log };
  const supervisor = new Supervisor({ ...options, onGiveUp: (error) => gaveUp.push(error) }, built.snapshot);
  const word = (worker: 0 | 1, which: ControlWord): number => Atomics.load(states[worker].control, which);
  return { supervisor, lines, gaveUp, word };
}

test('D10 a worker that goes round in circles is ended after 2 s and replaced; the other one turns on', {
  timeout: 60_000,
}, async () => {
  const { supervisor, lines, gaveUp, word } = makeTeam();
  await supervisor.start();
  try {
    const began = Date.now();
    supervisor.injectHang(1);
    while (word(1, ControlWord.Restarts) === 0 || word(1, ControlWord.State) !== WorkerState.Running) {
      assert.ok(Date.now() - began < 10_000, 'it is replaced');
      await pause(5);
    }
    const took = Date.now() - began;
    assert.ok(took >= 1500 && took < 4000, `replaced after ${took} ms`);
    const before = word(1, ControlWord.Heartbeat);
    await pause(500);
    assert.notEqual(word(1, ControlWord.Heartbeat), before, 'the replacement turns');
    assert.equal(word(0, ControlWord.Restarts), 0);
    assert.deepEqual(gaveUp, []);
    assert.deepEqual(
      lines.map(({ worker, msg, failure }) => [worker, msg, failure]),
      [
        [1, 'worker does not turn and is ended', undefined],
        [1, 'worker failed and is replaced; its sessions are kept', 'it did not turn for 2 s'],
        [1, 'worker replaced', undefined],
      ],
    );
  } finally {
    await supervisor.stop();
  }
});
