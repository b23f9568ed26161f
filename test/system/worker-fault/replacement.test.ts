import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextRound, setTimeout as pause } from 'node:timers/promises';
import { pino } from 'pino';
import { loadConfig } from '../../../src/config/load.js';
import { type Built, buildSnapshot } from '../../../src/control/buildSnapshot.js';
import { endOverdue } from '../../../src/control/reload/reload.js';
import { StateIndex } from '../../../src/control/stateIndex.js';
import { Supervisor } from '../../../src/control/supervisor.js';
import { loadAddon } from '../../../src/io/addon.js';
import { SessionState } from '../../../src/pipeline/tcpState.js';
import { ControlWord, WorkerState } from '../../../src/shared/control.js';
import { Random } from '../../../src/tables/hash.js';
import { PortSpace, poolOf, portsUsed } from '../../../src/tables/portBlocks.js';
import { portTake } from '../../../src/tables/portTake.js';
import { sessionPublish } from '../../../src/tables/sessionIndices.js';
import { Session, SessionsHead, sessionTake } from '../../../src/tables/sessions.js';
import { allocateState, stateOf } from '../../../src/tables/state.js';
import { ip } from '../../control/made.js';
import { lan } from '../../support/sample.js';

const HELD = 60_000;
const EXTERNAL = '192.0.2.10';

/** A worker on real tables with sessions, and without devices: what happens when it fails does not need frames. */
function makeWorker() {
  const { config } = loadConfig(lan, 'lan');
  const key = { k0: 1, k1: 2 };
  const buffers = allocateState({ workers: 1, sessions: 100_000, neighbors: 64, addresses: 16, hosts: 1024 }, key);
  const state = stateOf(buffers, 0);
  const index = new StateIndex(state.ports);
  const built: Built = buildSnapshot(config!, [1500, 1500, 1500], index, 1, 1);
  const random = new Random(key);
  const address = index.addresses().get(ip(EXTERNAL))!;
  for (let i = 0; i < HELD; i++) {
    const row = sessionTake(state.sessions, 0);
    const r = state.sessions.rows;
    const port = portTake(state.ports, 0, poolOf(state.ports, 6, address), random);
    r[row + Session.InsideAddress] = ip('10.0.0.5');
    r[row + Session.RemoteAddress] = ip('198.51.100.7') + ((i >> 12) << 24);
    r[row + Session.OutwardPorts] = (i & 0xfff) | 0x10000;
    r[row + Session.ExternalAddress] = ip(EXTERNAL);
    r[row + Session.InwardPorts] = 1 | ((((port & 0xff) << 8) | (port >> 8)) << 16);
    r[row + Session.Meta] = 6 | (SessionState.Established << 8);
    r[row + Session.EpochPool] = address << 16;
    r[row + Session.OutwardAdjacency] = -1;
    r[row + Session.InwardAdjacency] = -1;
    sessionPublish(state.sessions, row);
  }
  const gaveUp: Error[] = [];
  const options = { addon: loadAddon(), state: buffers, ifaces: [[]], spin: 0, log: pino({ level: 'silent' }) };
  const supervisor = new Supervisor({ ...options, onGiveUp: (error) => gaveUp.push(error) }, built.snapshot);
  /** Waits until the seat was given to another thread and its worker is in one of the states; which one. */
  const replaced = async (restarts: number, ...wanted: WorkerState[]): Promise<WorkerState> => {
    const deadline = Date.now() + 20_000;
    for (;;) {
      const now = Atomics.load(state.control, ControlWord.State) as WorkerState;
      if (Atomics.load(state.control, ControlWord.Restarts) >= restarts && wanted.includes(now)) return now;
      assert.ok(Date.now() < deadline, 'the worker is replaced');
      await nextRound();
    }
  };
  return { supervisor, state, index, built, gaveUp, replaced };
}

const held = ({ state }: ReturnType<typeof makeWorker>) => [
  state.sessions.head[SessionsHead.Count],
  portsUsed(state.ports, 0, PortSpace.Tcp * state.ports.addresses),
];

test('D10 a worker that fails while it recovers is replaced, with every session and port', { timeout: 60_000 }, async (t) => {
  const made = makeWorker();
  const { supervisor, replaced } = made;
  await supervisor.start();
  try {
    const before = held(made);
    assert.equal(before[0], HELD);
    let restarts = 0;
    let hit = 0;
    // The recovery is over in milliseconds: a look that comes too late is another round.
    for (let round = 0; round < 4 && hit < 2; round++) {
      await supervisor.terminate(0);
      if ((await replaced(++restarts, WorkerState.Recovering, WorkerState.Running)) === WorkerState.Recovering) {
        hit++;
        restarts++;
        await supervisor.terminate(0);
        await replaced(restarts, WorkerState.Running);
      }
      assert.deepEqual(held(made), before);
    }
    t.diagnostic(`${hit} times in the middle of a recovery`);
  } finally {
    await supervisor.stop();
  }
});

const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;

test('SIGTERM while a worker is replaced: the stop waits for nobody that does not come', { timeout: 60_000 }, async () => {
  for (const failures of [1, 2]) {
    const { supervisor, replaced } = makeWorker();
    const before = timers();
    await supervisor.start();
    try {
      // The first replacement is the spare; the second, which finds none, has to warm up.
      for (let i = 1; i <= failures; i++) await supervisor.terminate(0);
      await replaced(failures, WorkerState.Starting, WorkerState.WarmingUp, WorkerState.Recovering, WorkerState.Running);
    } finally {
      const asked = Date.now();
      await supervisor.stop();
      assert.ok(Date.now() - asked < 10_000, `stopped after ${Date.now() - asked} ms`);
      await pause(100);
      assert.equal(timers(), before, 'nothing keeps the process alive');
    }
  }
});

test('sessions that nobody is left to end hold nobody up', { timeout: 60_000 }, async () => {
  const { supervisor, state, index, built, gaveUp } = makeWorker();
  await supervisor.start();
  try {
    const deadline = Date.now() + 40_000;
    while (gaveUp.length === 0) {
      assert.ok(Date.now() < deadline, 'it gives up in the end');
      await supervisor.terminate(0);
      await nextRound();
    }
    const draining = [{ address: ip(EXTERNAL), zone: 'tenants', state: 'removed' as const, sinceMs: 0 }];
    const gateway = { built: { ...built, draining }, supervisor, index, states: [state] };
    assert.equal(await endOverdue(gateway as never, 1, 300), 0);
  } finally {
    await supervisor.stop();
  }
});
