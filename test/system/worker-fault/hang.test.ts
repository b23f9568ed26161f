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
import { CLIENT, client, SERVER, server } from '../support/bed.js';
import { atRest } from '../support/memory.js';
import { scenario } from '../support/scenario.js';

/** Two workers on real tables, without devices. */
function makeTeam() {
  const { config } = loadConfig(lan, 'lan');
  const buffers = allocateState({ workers: 2, sessions: 1024, neighbors: 64, addresses: 16, hosts: 1024 }, { k0: 1, k1: 2 });
  const states = [stateOf(buffers, 0), stateOf(buffers, 1)] as const;
  const built = buildSnapshot(config!, [1500, 1500, 1500], new StateIndex(states[0].ports), 1, 1);
  const lines: Record<string, unknown>[] = [];
  const log = pino({ level: 'warn' }, { write: (line: string) => lines.push(JSON.parse(line) as Record<string, unknown>) });
  const gaveUp: Error[] = [];
  const options = { addon: loadAddon(), state: buffers, ifaces: [[], []], spin: 0, log };
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
    // The spare is to be warm.
    await atRest(process.pid);
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

const SECOND = '1.1.1.2';
const HELD = 20;

scenario(
  'D10 OPS-6 a hung worker: its sessions and ports are kept, and all flows go on',
  {
    folder: 'worker-fault',
    links: [{ ...client, addresses: [`${CLIENT}/16`, `${SECOND}/16`] }, server],
    inside: true,
    workers: [2],
  },
  async (bed) => {
    const { gateway } = bed;
    const [inside, outside] = [await bed.peer('client'), await bed.peer('server')];
    await outside.ask('serveTcp', { port: 7000 });
    for (const [i, from] of [CLIENT, SECOND].entries()) {
      const held = { held: (HELD / 2) * (i + 1), error: '' };
      assert.deepEqual(await inside.ask('hold', { to: SERVER, port: 7000, from, count: HELD / 2 }), held);
    }
    const { control } = gateway.states[0]!;
    await atRest(process.pid);
    const at = Date.now();
    gateway.supervisor.injectHang(0);
    while (
      Atomics.load(control, ControlWord.Restarts) === 0 ||
      Atomics.load(control, ControlWord.State) !== WorkerState.Running
    ) {
      assert.ok(Date.now() - at < 5000, 'it is replaced');
      await pause(5);
    }
    assert.deepEqual([await bed.read.sessionCount(), await bed.read.portsUsed()], [HELD, HELD]);
    assert.equal(await inside.ask('echoHeld', { timeoutMs: 3000 }), HELD);
    for (const from of [CLIENT, SECOND])
      assert.equal((await inside.ask('connect', { to: SERVER, port: 7000, from, payload: 10 })).error, '');
    assert.equal(Atomics.load(gateway.states[1]!.control, ControlWord.Restarts), 0);
  },
);
