import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Gateway } from '../../../src/control/gateway.js';
import { ControlWord, WorkerState } from '../../../src/shared/control.js';
import { netnsSkipReason } from '../../support/netns.js';
import { Bed, client, kinds, SERVER, scenarioFile, server } from '../support/bed.js';
import { type IperfReport, iperf, iperfServer } from '../support/iperf.js';
import type { TableReadings } from '../support/readings.js';
import { eventually, pause } from '../support/scenario.js';

const HELD = 50;

/** Longest time without an octet, in seconds. */
function longestSilence({ intervals }: IperfReport): number {
  let silence = 0;
  let longest = 0;
  for (const { sum } of intervals) {
    silence = sum.bytes === 0 ? silence + sum.end - sum.start : 0;
    longest = Math.max(longest, silence);
  }
  return longest;
}

function running(gateway: Gateway, restarts: number): boolean {
  const { control } = gateway.states[0]!;
  return (
    Atomics.load(control, ControlWord.Restarts) === restarts && Atomics.load(control, ControlWord.State) === WorkerState.Running
  );
}

async function surviveFaults(bed: Bed): Promise<void> {
  const gateway = await bed.startInside(scenarioFile('worker-fault', 'config.yaml'));
  const read = bed.read as TableReadings;
  const [inside, outside] = [await bed.peer('client'), await bed.peer('server')];
  await outside.ask('serveTcp', { port: 7000 });
  await iperfServer(bed, 'server');
  await inside.ask('hold', { to: SERVER, port: 7000, count: HELD });
  const load = iperf(bed, 'client', `-c ${SERVER} -t 6 -i 0.1 -P 2`);
  await pause(1000);
  const before = await read.sessionCount();
  assert.equal(before, HELD + 3, 'the held ones, two streams and their control connection');

  let counters = read.snapshotCounters();
  for (const [restarts, fault] of [
    [1, () => gateway.supervisor.injectFault(0)],
    [2, () => gateway.supervisor.terminate(0)],
  ] as const) {
    const at = Date.now();
    await fault();
    while (!running(gateway, restarts)) {
      assert.ok(Date.now() - at < 5000, 'the worker is replaced');
      const next = read.snapshotCounters();
      const back = next.findIndex((count, i) => count < counters[i]!);
      assert.equal(back, -1, `counter ${back} stepped back`);
      counters = next;
      await pause(5);
    }
    assert.ok(Date.now() - at < 1000, `replaced after ${Date.now() - at} ms`);
    assert.equal(await read.sessionCount(), before, 'no session lost');
    assert.equal(await read.portsUsed(), before, 'no port leaked');
    assert.equal(await inside.ask('echoHeld', { timeoutMs: 2000 }), HELD);
    await pause(1000);
  }
  const report = await load;
  assert.ok(longestSilence(report) < 1, `the streams were silent for ${longestSilence(report)} s`);
  await inside.ask('dropHeld', null);
  await eventually(
    () => read.sessionCount(),
    (sessions) => sessions === 0,
    8000,
  );
  assert.deepEqual([await read.portsUsed(), read.blocksHeld()], [0, 0]);
  await bed.checkConservation();
  await bed.stop();
}

for (const kind of kinds) {
  test(`a worker that fails is replaced and its flows go on (${kind})`, {
    skip: netnsSkipReason(),
    timeout: 60_000,
  }, async () => {
    const bed = new Bed(kind, [client, server]);
    try {
      await surviveFaults(bed);
    } finally {
      await bed.stop().catch(() => {});
      bed.close();
    }
  });
}
