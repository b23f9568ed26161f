import assert from 'node:assert/strict';
import type { Bed } from '../support/bed.js';
import { scenario } from '../support/scenario.js';
import { changed, nextAddresses, reloaded } from './steps.js';

const ONE = '1.2.100.1';
const TWO = '1.2.100.2';
const FIVE = '1.2.100.5';
const SIX = '1.2.100.6';

/** Takes over a zone with these addresses. */
function addresses(bed: Bed, ...list: string[]): Promise<string> {
  return reloaded(bed, changed([`[${ONE}, ${TWO}]`, `[${list.join(', ')}]`]));
}

scenario(
  'ZON-5 the rotation keeps its place when addresses of a zone come, go and change their order',
  { folder: 'reload' },
  async (bed) => {
    await (await bed.peer('server')).ask('serveTcp', { port: 7000 });
    assert.deepEqual(await nextAddresses(bed, 3), [ONE, TWO, ONE]);
    await addresses(bed, ONE, TWO, FIVE);
    assert.deepEqual(await nextAddresses(bed, 4), [TWO, FIVE, ONE, TWO], 'added at the end');
    await addresses(bed, SIX, ONE, TWO, FIVE);
    assert.deepEqual(await nextAddresses(bed, 3), [FIVE, SIX, ONE], 'added in front');
    await addresses(bed, FIVE, TWO, ONE, SIX);
    assert.deepEqual(await nextAddresses(bed, 2), [TWO, ONE], 'in another order');
    await addresses(bed, FIVE, TWO, ONE);
    assert.deepEqual(await nextAddresses(bed, 2), [FIVE, TWO], 'the next one taken away: the one after it');
    await addresses(bed, `{ address: ${FIVE}, state: draining }`, TWO, ONE);
    assert.deepEqual(await nextAddresses(bed, 3), [ONE, TWO, ONE], 'another one drained');
    await addresses(bed, ONE, TWO, FIVE);
    assert.deepEqual(await nextAddresses(bed, 3), [TWO, FIVE, ONE], 'and active again');
    const timers = changed([`[${ONE}, ${TWO}]`, `[${ONE}, ${TWO}, ${FIVE}]`], ['tcpClosing: 1s', 'tcpClosing: 2s']);
    await reloaded(bed, timers);
    assert.deepEqual(await nextAddresses(bed, 2), [TWO, FIVE], 'a change that does not touch the zone');
  },
);

scenario(
  'ZON-4 a pool mixes single addresses and ranges, contiguous or not, with its own ports',
  { folder: 'reload' },
  async (bed) => {
    await (await bed.peer('server')).ask('serveTcp', { port: 7000 });
    const pool = '1.2.100.40, 1.2.100.20-1.2.100.22, 1.2.7.7, { address: 1.2.100.23-1.2.100.24, state: active }';
    await reloaded(bed, changed([`localAddresses: [${ONE}, ${TWO}]`, `localAddresses: [${pool}], ports: 2000-2063`]));
    const order = ['1.2.100.40', '1.2.100.20', '1.2.100.21', '1.2.100.22', '1.2.7.7', '1.2.100.23', '1.2.100.24'];
    const [inside, outside] = [await bed.peer('client'), await bed.peer('server')];
    await outside.ask('accepted', { least: 0 });
    const count = order.length * 3;
    const { ok } = await inside.ask('connectMany', { to: '1.2.1.4', port: 7000, count });
    assert.equal(ok, count);
    const seen = (await outside.ask('accepted', { least: count })).map((one) => one.split(':') as [string, string]);
    assert.deepEqual(
      seen.slice(0, order.length * 2).map(([address]) => order.indexOf(address)),
      [...order.keys(), ...order.keys()].map((i) => (i + order.indexOf(seen[0]![0])) % order.length),
    );
    for (const [address, port] of seen) assert.ok(Number(port) >= 2000 && Number(port) <= 2063, `${address}:${port}`);
  },
);
