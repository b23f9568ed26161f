import assert from 'node:assert/strict';
import { reloaded } from '../reload/steps.js';
import { type Bed, client, SERVER, scenarioFile, server } from '../support/bed.js';
import { scenario } from '../support/scenario.js';

const folder = 'pooling';
const hosts = ['1.1.1.1', '1.1.1.2', '1.1.1.3', '1.1.1.4', '1.1.1.5'];
const links = [
  { ...client, addresses: hosts.map((host) => `${host}/16`) },
  { ...server, addresses: ['1.2.1.4/16', '1.2.1.5/16'] },
];
const base = { folder, workers: [1, 2], links };
const PORTS = 64;

/** External addresses that so many connections accepted since the last call came from. */
async function addressesOf(bed: Bed, count: number): Promise<string[]> {
  const accepted = await (await bed.peer('server')).ask('accepted', { least: count });
  assert.equal(accepted.length, count);
  return accepted.map((from) => from.split(':')[0]!);
}

scenario('Z07 GEN-1 rr-host: one address for all sessions of a host, the next for the next', base, async (bed) => {
  const [inside, outside] = [await bed.peer('client'), await bed.peer('server')];
  await outside.ask('serveTcp', { port: 7000 });
  const chosen: string[] = [];
  for (const from of hosts) {
    const result = await inside.ask('connectMany', { to: SERVER, port: 7000, from, count: 20, parallel: 20 });
    assert.deepEqual(result, { ok: 20, errors: {} });
    const own = new Set(await addressesOf(bed, 20));
    assert.equal(own.size, 1, `${from} appears as ${[...own]}`);
    chosen.push(...own);
  }
  assert.deepEqual(chosen, ['1.2.100.1', '1.2.100.2', '1.2.100.3', '1.2.100.1', '1.2.100.2']);
  for (const [i, from] of hosts.entries()) {
    assert.ok((await inside.ask('connect', { to: '1.2.1.5', port: 7000, from })).ok);
    assert.deepEqual(await addressesOf(bed, 1), [chosen[i]], 'whatever the remote');
  }
});

for (const pooling of ['rr-host', 'rr']) {
  scenario(
    `Z08 MAP-4 ${pooling}: an address full for the remote is passed over, and nothing refused until all are`,
    { ...base, config: 'full.yaml' },
    async (bed) => {
      if (pooling === 'rr') await reloaded(bed, scenarioFile(folder, 'full.yaml').replace('pooling: rr-host', 'pooling: rr'));
      const [inside, outside] = [await bed.peer('client'), await bed.peer('server')];
      await outside.ask('serveTcp', { port: 7000 });
      const target = { to: SERVER, port: 7000, from: '1.1.1.1' };
      assert.deepEqual(await inside.ask('hold', { ...target, count: PORTS }), { held: PORTS, error: '' });
      const first = await addressesOf(bed, PORTS);
      if (pooling === 'rr-host') assert.deepEqual(new Set(first), new Set(['1.2.100.1']), 'its own address first');
      else assert.equal(first.filter((one) => one === '1.2.100.1').length, PORTS / 2);
      assert.deepEqual(await inside.ask('hold', { ...target, count: PORTS }), { held: 2 * PORTS, error: '' });
      const all = [...first, ...(await addressesOf(bed, PORTS))];
      for (const address of ['1.2.100.1', '1.2.100.2']) assert.equal(all.filter((one) => one === address).length, PORTS, address);
      assert.equal(await bed.read.refused('narrow'), 0);
      assert.equal((await inside.ask('connect', target)).error, 'EHOSTUNREACH', 'now both are full');
      assert.equal(await bed.read.refused('narrow'), 1);
      assert.ok((await inside.ask('connect', { ...target, to: '1.2.1.5' })).ok, 'not for another remote');
      assert.equal(await inside.ask('echoHeld', { timeoutMs: 2000 }), 2 * PORTS);
    },
  );
}

scenario('rr-host and hash keep a host at its address, least fills up the emptiest', base, async (bed) => {
  const [inside, outside] = [await bed.peer('client'), await bed.peer('server')];
  await outside.ask('serveTcp', { port: 7000 });
  const text = scenarioFile(folder, 'config.yaml').replace('sticky', 'other');
  await reloaded(bed, text.replace('rr-host', 'hash'));
  for (const from of hosts) {
    await inside.ask('connectMany', { to: SERVER, port: 7000, from, count: 6 });
    assert.equal(new Set(await addressesOf(bed, 6)).size, 1, `${from} by hash`);
  }
  await reloaded(bed, text.replace('rr-host', 'least').replace('1.2.100.1, 1.2.100.2, 1.2.100.3', '1.2.100.7'));
  assert.deepEqual(await inside.ask('hold', { to: SERVER, port: 7000, from: hosts[0]!, count: 10 }), { held: 10, error: '' });
  assert.deepEqual(new Set(await addressesOf(bed, 10)), new Set(['1.2.100.7']));
  await reloaded(bed, text.replace('rr-host', 'least').replace('1.2.100.1, 1.2.100.2, 1.2.100.3', '1.2.100.7, 1.2.100.8'));
  assert.deepEqual(await inside.ask('hold', { to: SERVER, port: 7000, from: hosts[1]!, count: 10 }), { held: 20, error: '' });
  assert.deepEqual(new Set(await addressesOf(bed, 10)), new Set(['1.2.100.8']), 'until it has as many');
});
