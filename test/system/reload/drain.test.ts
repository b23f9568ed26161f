import assert from 'node:assert/strict';
import { getJson } from '../../../src/cli/controlClient.js';
import type { PoolRow } from '../../../src/types/show.js';
import { type Bed, SERVER } from '../support/bed.js';
import { eventually, scenario } from '../support/scenario.js';
import { changed, newConnections, reloaded } from './steps.js';

const HELD = 20;
const TENANTS = '  - { name: tenants, match: 1.1.0.0/16, localAddresses: [1.2.100.1, 1.2.100.2] }\n';

async function pool(bed: Bed, address: string): Promise<PoolRow | undefined> {
  return ((await getJson(bed.socket, '/v1/show/pools')) as PoolRow[]).find((row) => row.address === address);
}

/** Connections that stay open, over both addresses of the zone in turn. */
async function hold(bed: Bed) {
  const [inside, outside] = [await bed.peer('client'), await bed.peer('server')];
  await outside.ask('serveTcp', { port: 7000 });
  assert.equal((await inside.ask('hold', { to: SERVER, port: 7000, count: HELD })).held, HELD);
  return inside;
}

scenario(
  'Z20 an address taken away drains: its connections live on, new ones go elsewhere, then it is gone',
  { folder: 'reload' },
  async (bed) => {
    const inside = await hold(bed);
    const told = await reloaded(bed, changed(['[1.2.100.1, 1.2.100.2]', '[1.2.100.2]']));
    assert.equal(
      told,
      `zone tenants localAddresses: - 1.2.100.1\ngeneration 2\ndraining: 1.2.100.1 of zone tenants, ${HELD / 2} sessions\n`,
    );
    assert.deepEqual(await newConnections(bed, 6), ['1.2.100.2']);
    assert.equal(await inside.ask('echoHeld', { timeoutMs: 2000 }), HELD);
    const draining = await pool(bed, '1.2.100.1');
    assert.deepEqual([draining?.state, draining?.sessions, draining?.zone], ['draining', HELD / 2, 'tenants']);
    await inside.ask('dropHeld', null);
    await eventually(
      () => pool(bed, '1.2.100.1'),
      (row) => row === undefined,
      10_000,
    );
  },
);

scenario('Z20 a zone taken away drains likewise; its sources fall to the next zone', { folder: 'reload' }, async (bed) => {
  const inside = await hold(bed);
  await reloaded(bed, changed([TENANTS, '']));
  assert.deepEqual(await newConnections(bed, 3), ['1.2.100.3']);
  assert.equal(await inside.ask('echoHeld', { timeoutMs: 2000 }), HELD);
  assert.equal((await pool(bed, '1.2.100.1'))?.state, 'draining');
  const zones = await bed.operator.show('zones');
  assert.deepEqual(
    zones.map(({ name, state, order }) => [name, state, order]),
    [
      ['default', 'active', 1],
      ['tenants', 'draining', 0],
    ],
  );
  // Back again with its sessions.
  await reloaded(bed, changed());
  assert.equal((await pool(bed, '1.2.100.1'))?.state, 'active');
  assert.equal(await inside.ask('echoHeld', { timeoutMs: 2000 }), HELD);
});

scenario('Z20 an address moves to another zone while its sessions live on', { folder: 'reload' }, async (bed) => {
  const inside = await hold(bed);
  await reloaded(bed, changed(['[1.2.100.1, 1.2.100.2]', '[1.2.100.2]'], ['[1.2.100.3]', '[1.2.100.3, 1.2.100.1]']));
  assert.equal((await pool(bed, '1.2.100.1'))?.zone, 'default');
  assert.equal(await inside.ask('echoHeld', { timeoutMs: 2000 }), HELD);
  assert.deepEqual(await newConnections(bed, 4), ['1.2.100.2']);
});

scenario(
  'OPS-2 a removed address ends its sessions at once, a draining one after drainTimeout',
  { folder: 'reload' },
  async (bed) => {
    const inside = await hold(bed);
    const named = '[1.2.100.1, 1.2.100.2]';
    await reloaded(bed, changed([named, '[{ address: 1.2.100.1, state: removed }, 1.2.100.2]']));
    await eventually(
      () => pool(bed, '1.2.100.1'),
      (row) => row?.state === 'removed' && row.sessions === 0,
    );
    assert.equal(await inside.ask('echoHeld', { timeoutMs: 1000 }), HELD / 2);
    await reloaded(bed, `${changed([named, '[{ address: 1.2.100.2, state: draining }, 1.2.100.1]'])}drainTimeout: 500ms\n`);
    assert.deepEqual(await newConnections(bed, 2), ['1.2.100.1']);
    await eventually(
      () => pool(bed, '1.2.100.2'),
      (row) => row?.state === 'draining' && row.sessions === 0,
    );
  },
);
