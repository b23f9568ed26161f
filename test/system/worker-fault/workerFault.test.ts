import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Gateway } from '../../../src/control/gateway.js';
import { ControlWord, WorkerState } from '../../../src/shared/control.js';
import { FIRST_DROP, Verdict } from '../../../src/shared/verdict.js';
import { homeOf } from '../../../src/tables/ownership.js';
import { ip } from '../../control/made.js';
import { netnsSkipReason } from '../../support/netns.js';
import { Bed, CLIENT, client, SERVER, scenarioFile, server } from '../support/bed.js';
import { drawn } from '../support/draw.js';
import { type IperfReport, iperf, iperfServer } from '../support/iperf.js';
import { atRest } from '../support/memory.js';
import type { TableReadings } from '../support/readings.js';
import { eventually, pause } from '../support/scenario.js';

const HELD = 50;
/** Their homes are workers 0 and 1 where there are two. */
const hosts = [CLIENT, '1.1.1.2'] as const;

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

function running(gateway: Gateway, worker: number, restarts: number): boolean {
  const { control } = gateway.states[worker]!;
  return (
    Atomics.load(control, ControlWord.Restarts) === restarts && Atomics.load(control, ControlWord.State) === WorkerState.Running
  );
}

/** What must not change on a worker while another one fails: its thread, and what it drops. Rings to the failed one may fill up. */
function losses({ states }: Gateway, worker: number): number[] {
  const { control, counters } = states[worker]!;
  const drops = [...counters.verdicts].slice(FIRST_DROP).reduce((sum, count) => sum + count, 0);
  return [Atomics.load(control, ControlWord.Restarts), drops - counters.verdicts[Verdict.DropHandoffFull]!];
}

async function surviveFaults(bed: Bed): Promise<void> {
  const gateway = await bed.startInside(scenarioFile('worker-fault', 'config.yaml'));
  const read = bed.read as TableReadings;
  const [inside, outside] = [await bed.peer('client'), await bed.peer('server')];
  await outside.ask('serveTcp', { port: 7000 });
  await iperfServer(bed, 'server');
  for (const [i, from] of hosts.entries()) {
    assert.equal(homeOf(ip(from), 2), i, 'each worker is the home of one host');
    const count = HELD / hosts.length;
    assert.deepEqual(await inside.ask('hold', { to: SERVER, port: 7000, from, count }), { held: count * (i + 1), error: '' });
  }
  let counters = read.snapshotCounters();
  const last = bed.workers - 1;
  for (const [worker, restarts, fault] of [
    [0, 1, () => gateway.supervisor.injectFault(0)],
    [last, last === 0 ? 2 : 1, () => gateway.supervisor.terminate(last)],
  ] as const) {
    // The next failure would wait for a spare that still warms up: within a second is what a warm one promises (D10).
    await atRest(process.pid);
    await eventually(
      async () => [await read.sessionCount(), await read.portsUsed()],
      (left) => left.every((count) => count === HELD),
    );
    const load = iperf(bed, 'client', `-c ${SERVER} -t 3 -i 0.1 -P 2`);
    await pause(700);
    const before = await read.sessionCount();
    assert.equal(before, HELD + 3, 'the held ones, two streams and their control connection');
    const others = gateway.states.map((_, id) => id).filter((id) => id !== worker);
    const lossesBefore = others.map((id) => losses(gateway, id));
    const at = Date.now();
    await fault();
    while (!running(gateway, worker, restarts)) {
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
    assert.deepEqual(
      others.map((id) => losses(gateway, id)),
      lossesBefore,
      'the other worker loses nothing',
    );
    const report = await load;
    assert.ok(longestSilence(report) < 1, `the streams were silent for ${longestSilence(report)} s`);
  }
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

const combinations = [
  ['tap', 2],
  ['packet', 1],
] as const;
for (const [kind, workers] of drawn('a worker that fails', combinations)) {
  const team = workers === 1 ? '' : ', 2 workers';
  test(`${team === '' ? '' : 'OPS-6 '}a worker that fails is replaced and its flows go on (${kind}${team})`, {
    skip: netnsSkipReason(),
    timeout: 60_000,
  }, async () => {
    const bed = new Bed(kind, [{ ...client, addresses: hosts.map((host) => `${host}/16`) }, server], workers);
    try {
      await surviveFaults(bed);
    } finally {
      await bed.stop().catch(() => {});
      bed.close();
    }
  });
}
