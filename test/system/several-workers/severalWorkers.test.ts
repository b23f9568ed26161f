import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Gateway } from '../../../src/control/gateway.js';
import { copyRow } from '../../../src/control/show/sessions.js';
import { workerLoad } from '../../../src/control/show/workerLoad.js';
import { homeOf, ownerOf } from '../../../src/tables/ownership.js';
import { poolOf } from '../../../src/tables/portBlocks.js';
import { Session, SessionsHead } from '../../../src/tables/sessions.js';
import { ip } from '../../control/made.js';
import { netnsSkipReason } from '../../support/netns.js';
import { Bed, CLIENT, client, kinds, SERVER, scenarioFile, server } from '../support/bed.js';
import { drawn } from '../support/draw.js';
import type { TableReadings } from '../support/readings.js';
import { eventually } from '../support/scenario.js';

const WORKERS = 4;
const PORTS = 256;
const HOT = 200;
const SECOND = '1.1.1.2';

/** Sessions by worker; each must be where the block of its port is. */
function sessionsByOwner({ states }: Gateway): number[] {
  const words = new Int32Array(Session.Words);
  return states.map(({ sessions, ports }, worker) => {
    let count = 0;
    for (let i = 0; i < sessions.head[SessionsHead.HighWater]!; i++) {
      if (!copyRow(sessions, i * Session.Words, words)) continue;
      const port = words[Session.InwardPorts]! >>> 16;
      const pool = poolOf(ports, words[Session.Meta]! & 0xff, words[Session.EpochPool]! >>> 16);
      assert.equal(ownerOf(ports, pool, ((port & 0xff) << 8) | (port >> 8)), worker, 'the session is with the owner of its port');
      count++;
    }
    return count;
  });
}

async function hotHost(bed: Bed): Promise<string> {
  const gateway = await bed.startInside(scenarioFile('several-workers', 'config.yaml'));
  const read = bed.read as TableReadings;
  const [inside, outside] = [await bed.peer('client'), await bed.peer('server')];
  await outside.ask('serveTcp', { port: 7000 });
  assert.notEqual(homeOf(ip(CLIENT), WORKERS), homeOf(ip(SECOND), WORKERS), 'two homes');

  assert.deepEqual(await inside.ask('hold', { to: SERVER, port: 7000, from: CLIENT, count: HOT }), { held: HOT, error: '' });
  assert.equal(await inside.ask('echoHeld', { timeoutMs: 3000 }), HOT, 'every one works');
  const own = sessionsByOwner(gateway);
  assert.ok(own[homeOf(ip(CLIENT), WORKERS)]! > PORTS / WORKERS, `more than a quarter with the home: ${own}`);

  const left = PORTS - HOT;
  assert.deepEqual(await inside.ask('hold', { to: SERVER, port: 7000, from: SECOND, count: left }), {
    held: PORTS,
    error: '',
  });
  for (const from of [CLIENT, SECOND])
    assert.equal((await inside.ask('connect', { to: SERVER, port: 7000, from })).error, 'EHOSTUNREACH', 'the pool is used up');
  assert.equal(await read.portsUsed(), PORTS);
  assert.equal(await inside.ask('echoHeld', { timeoutMs: 3000 }), PORTS);
  const external = (await outside.ask('accepted', { least: PORTS })).map((from) => Number(from.split(':')[1]));
  assert.deepEqual(
    external.sort((a, b) => a - b),
    Array.from({ length: PORTS }, (_, i) => 2048 + i),
    'every port, each once',
  );

  const byOwner = sessionsByOwner(gateway);
  // What is in a ring at the moment of the look arrives a little later.
  const sums = (): number[] =>
    gateway.states.map(workerLoad).reduce((sum, load) => [sum[0]! + load.handedOver, sum[1]! + load.taken], [0, 0]);
  const [handed] = await eventually(sums, ([over, taken]) => over === taken);
  assert.ok(handed! > 0, 'frames changed hands');
  const loads = gateway.states.map(workerLoad);
  const { ports_exhausted, arp_unsolicited, arp_foreign, ...others } = await read.drops();
  assert.equal(ports_exhausted, 2);
  assert.deepEqual(
    Object.entries(others).filter(([, count]) => count > 0),
    [],
    'nothing else was dropped',
  );
  await inside.ask('dropHeld', null);
  await eventually(
    async () => [await read.portsUsed(), read.blocksHeld(), await read.sessionCount()],
    (all) => all.every((count) => count === 0),
    10_000,
  );
  await bed.checkConservation();
  const received = loads.map((load) => load.received);
  return `received ${received}; handed over ${loads.map(({ handedOver }) => handedOver)}; sessions ${byOwner}`;
}

for (const kind of drawn('Z28 OPS-6 4 workers', kinds)) {
  test(`Z28 OPS-6 4 workers: every reply reaches the owner, one host uses more than a quarter of the pool (${kind})`, {
    skip: netnsSkipReason(),
    timeout: 60_000,
  }, async (t) => {
    const bed = new Bed(kind, [{ ...client, addresses: [`${CLIENT}/16`, `${SECOND}/16`] }, server], WORKERS);
    try {
      t.diagnostic(await hotHost(bed));
      await bed.stop();
    } finally {
      await bed.stop().catch(() => {});
      bed.close();
    }
  });
}
