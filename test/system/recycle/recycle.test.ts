import assert from 'node:assert/strict';
import { client, SERVER, server } from '../support/bed.js';
import { pause, scenario } from '../support/scenario.js';

const SILENT = '1.2.1.99';
const KEPT = 16;
const links = [
  { ...client, addresses: ['1.1.1.1/16', '1.1.1.2/16'] },
  { ...server, addresses: [...server.addresses, `${SILENT}/16`] },
];

scenario(
  'EXH-1 EXH-3 a full pool takes the ports of closing and unanswered connections, never of an established one',
  { folder: 'recycle', workers: [1, 2], links },
  async (bed) => {
    const [inside, outside] = [await bed.peer('client'), await bed.peer('server')];
    bed.on('server', ['nft', `add table ip quiet; add chain ip quiet in { type filter hook prerouting priority -400; }`]);
    bed.on('server', ['nft', `add rule ip quiet in ip daddr ${SILENT} drop`]);
    await outside.ask('serveTcp', { port: 7000 });
    const target = { to: SERVER, port: 7000, from: '1.1.1.1' };
    assert.deepEqual(await inside.ask('hold', { ...target, count: KEPT }), { held: KEPT, error: '' });
    // Half of the rest closes, the other half is never answered.
    assert.equal((await inside.ask('connectMany', { ...target, count: KEPT / 2 })).ok, KEPT / 2);
    const silent = await inside.ask('connectMany', {
      ...target,
      to: SILENT,
      count: KEPT / 2,
      parallel: KEPT / 2,
      timeoutMs: 300,
    });
    assert.equal(silent.errors.ETIMEDOUT, KEPT / 2);
    assert.equal(await bed.read.portsUsed(), 2 * KEPT);
    const other = { ...target, from: '1.1.1.2' };
    assert.equal((await inside.ask('connect', other)).error, 'EHOSTUNREACH', 'none was silent long enough');

    await pause(5000);
    assert.deepEqual(await inside.ask('hold', { ...other, count: KEPT }), { held: 2 * KEPT, error: '' });
    assert.equal((await inside.ask('connect', other)).error, 'EHOSTUNREACH', 'all are established');
    assert.equal(await inside.ask('echoHeld', { timeoutMs: 2000 }), 2 * KEPT);
    assert.equal((await bed.read.drops()).ports_exhausted, 2);
  },
);
