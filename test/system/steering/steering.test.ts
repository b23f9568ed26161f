import assert from 'node:assert/strict';
import { loadConfigFile } from '../../../src/config/load.js';
import { settleLike } from '../../../src/config/settle.js';
import { takeOver } from '../../../src/control/reload/reload.js';
import { workerLoad } from '../../../src/control/show/workerLoad.js';
import { ControlWord, WorkerState } from '../../../src/shared/control.js';
import { type Bed, client, SERVER, scenarioFile, server } from '../support/bed.js';
import { pings } from '../support/pings.js';
import { eventually, scenario } from '../support/scenario.js';

const HOSTS = [1, 2, 3, 4, 5, 6].map((n) => `1.1.1.${n}`);
const OWN = '1.2.100.50';
const PORT_FORWARD = '1.2.100.1';
const links = [{ ...client, addresses: HOSTS.map((host) => `${host}/16`) }, server];
const template = `${scenarioFile('steering', 'config.yaml')}steering: auto\n`;

/** Frames that changed hands so far. */
function handedOver(bed: Bed): number {
  return bed.gateway.states.map(workerLoad).reduce((sum, load) => sum + load.handedOver, 0);
}

async function prepare(bed: Bed): Promise<void> {
  bed.on('client', 'sysctl -qw net.ipv4.ip_no_pmtu_disc=1');
  for (const host of ['client', 'server']) {
    const peer = await bed.peer(host);
    await peer.ask('serveTcp', { port: 7000 });
    await peer.ask('serveUdp', { port: 7001 });
  }
}

/** Flows of every host and to every mapping, each of which must work. */
async function traffic(bed: Bed): Promise<void> {
  const [inside, outside] = [await bed.peer('client'), await bed.peer('server')];
  for (const from of HOSTS) {
    const flows = await inside.ask('connectMany', { to: SERVER, port: 7000, from, count: 6, payload: 2000 });
    assert.deepEqual(flows, { ok: 6, errors: {} }, from);
    assert.equal((await inside.ask('askUdp', { to: SERVER, port: 7001, from, octets: 400 })).error, '', from);
    pings(bed, 'client', 2, `-I ${from} ${SERVER}`);
  }
  assert.deepEqual(await outside.ask('connectMany', { to: OWN, port: 7000, count: 6, payload: 2000 }), { ok: 6, errors: {} });
  assert.deepEqual(await outside.ask('connectMany', { to: PORT_FORWARD, port: 8080, count: 6, payload: 2000 }), {
    ok: 6,
    errors: {},
  });
  // To the first address, from which the echo server answers whatever was asked.
  assert.equal((await outside.ask('askUdp', { to: PORT_FORWARD, port: 8053, octets: 400 })).error, '');
  pings(bed, 'server', 2, OWN);
}

/** All of `worker`'s memory stays, another thread takes its seat. */
async function replaced(bed: Bed, worker: number): Promise<void> {
  const { control } = bed.gateway.states[worker]!;
  bed.gateway.supervisor.injectFault(worker);
  await eventually(
    () => [Atomics.load(control, ControlWord.Restarts), Atomics.load(control, ControlWord.State)],
    ([restarts, state]) => restarts === 1 && state === WorkerState.Running,
    10_000,
  );
}

scenario(
  'D9 the kernel gives every frame to the worker that owns it, after a failure and a reload as well',
  { folder: 'steering', config: 'config.yaml', links, workers: [2, 4], every: true, inside: true, steering: 'auto' },
  async (bed) => {
    const { gateway } = bed;
    assert.deepEqual(
      gateway.held.map(({ steeredBy }) => steeredBy),
      Array(2).fill(bed.workers === 1 ? 'none' : 'kernel'),
    );
    await prepare(bed);
    await traffic(bed);
    assert.equal(handedOver(bed), 0);
    const busy = gateway.states.filter((state) => workerLoad(state).sessions > 0).length;
    assert.ok(busy > 1 || bed.workers === 1, 'several workers have sessions');

    await replaced(bed, 0);
    await traffic(bed);
    assert.equal(handedOver(bed), 0, 'after a failure');

    const file = bed.writeConfig(template.replace('1.2.100.1, 1.2.100.2', '1.2.100.3').replace('1.1.1.5', '1.1.1.4'));
    const { config } = loadConfigFile(file);
    assert.deepEqual(await takeOver(gateway, settleLike(config!, gateway.built.config), file), []);
    await traffic(bed);
    assert.equal(handedOver(bed), 0, 'after a reload');

    const inside = await bed.peer('client');
    for (const from of HOSTS)
      assert.equal((await inside.ask('askUdp', { to: SERVER, port: 7001, from, octets: 4000 })).error, '');
    // Three parts each way; those of the answer meet first and go to the owner of the port then.
    assert.ok(handedOver(bed) <= HOSTS.length * 3, `${handedOver(bed)} of ${HOSTS.length * 3} parts changed hands`);
  },
);

scenario(
  'D4 without programs in the kernel the same flows work, and frames change hands',
  { folder: 'steering', config: 'config.yaml', links, workers: [2], inside: true, steering: 'off' },
  async (bed) => {
    assert.deepEqual(
      bed.gateway.held.map(({ steeredBy }) => steeredBy),
      Array(2).fill(bed.workers === 1 ? 'none' : 'software'),
    );
    await prepare(bed);
    await traffic(bed);
    assert.ok(bed.workers === 1 || handedOver(bed) > 50, `${handedOver(bed)} frames changed hands`);
  },
);
