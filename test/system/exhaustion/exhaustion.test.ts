import assert from 'node:assert/strict';
import { SERVER } from '../support/bed.js';
import { eventually, scenario } from '../support/scenario.js';

const PORTS = 64;

scenario(
  'a zone without a free port refuses with ICMP 3/1 and takes up again when one is freed',
  { folder: 'exhaustion', workers: [1, 2] },
  async (bed) => {
    const [inside, outside] = [await bed.peer('client'), await bed.peer('server')];
    await outside.ask('serveTcp', { port: 7000 });
    assert.deepEqual(await inside.ask('hold', { to: SERVER, port: 7000, count: PORTS }), { held: PORTS, error: '' });
    const external = (await outside.ask('accepted', { least: PORTS })).map((from) => Number(from.split(':')[1]));
    assert.deepEqual(
      external.sort((a, b) => a - b),
      Array.from({ length: PORTS }, (_, i) => 2048 + i),
      'every port of the range, each once',
    );

    const refused = await inside.ask('connect', { to: SERVER, port: 7000 });
    assert.equal(refused.error, 'EHOSTUNREACH');
    assert.ok(refused.ms < 200, `refused after ${refused.ms} ms`);
    assert.equal((await bed.read.drops()).ports_exhausted, 1);
    assert.equal(await bed.read.refused('small'), 1);
    assert.equal(await bed.read.portsUsed(), PORTS);
    assert.equal(await inside.ask('echoHeld', { timeoutMs: 1000 }), PORTS, 'those that are there stay');

    await inside.ask('dropHeld', null);
    await eventually(
      () => inside.ask('connect', { to: SERVER, port: 7000, payload: 10 }),
      ({ ok }) => ok,
    );
    await eventually(
      () => bed.read.portsUsed(),
      (used) => used === 0,
    );
  },
);
