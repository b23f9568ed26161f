import assert from 'node:assert/strict';
import { reloaded } from '../reload/steps.js';
import { type Bed, client, SERVER, scenarioFile, server } from '../support/bed.js';
import { addressText, EtherType, etherType } from '../support/packets.js';
import { scenario } from '../support/scenario.js';

const folder = 'static-mappings';
const links = [{ ...client, addresses: ['1.1.1.1/16', '1.1.1.2/16', '1.1.1.3/16'] }, server];
const text = scenarioFile(folder, 'config.yaml');
const web = '  - { name: web, protocol: tcp, external: "1.2.100.1:8080", inside: "1.1.1.2:80" }\n';
const extra = '  - { name: extra, external: 1.2.100.51, inside: 1.1.1.3 }\n';

/** Inside and external endpoints of the TCP sessions, in order. */
async function sessions(bed: Bed): Promise<string[]> {
  const rows = await bed.operator.show('sessions');
  return rows.map(({ inside, external }) => `${inside} ${external.split(':')[0]}`).sort();
}

scenario(
  'STA-3 STA-4 ZON-8 a reload ends the sessions of what it changes, in the same operation, and no other',
  { folder, workers: [1, 2], links },
  async (bed) => {
    const [inside, outside] = [await bed.peer('client'), await bed.peer('server')];
    await outside.ask('serveTcp', { port: 7000 });
    await inside.ask('serveTcp', { port: 80 });
    const hosts = ['1.1.1.1', '1.1.1.2', '1.1.1.3'];
    for (const from of hosts) await inside.ask('hold', { to: SERVER, port: 7000, from, count: 1 });
    assert.deepEqual(await outside.ask('hold', { to: '1.2.100.1', port: 8080, count: 2 }), { held: 2, error: '' });
    const before = await sessions(bed);
    assert.equal(before.length, 5);
    const forwarded = before.filter((row) => row.startsWith('1.1.1.2:80 '));
    assert.equal(forwarded.length, 2);

    assert.match(await reloaded(bed, text.replace(web, '')), /web/);
    assert.deepEqual(
      await sessions(bed),
      before.filter((row) => !forwarded.includes(row)),
      'those of the forwarded port are gone',
    );
    assert.equal(await outside.ask('echoHeld', { timeoutMs: 500 }), 0);
    assert.equal(await inside.ask('echoHeld', { timeoutMs: 2000 }), 3);
    assert.equal((await outside.ask('connect', { to: '1.2.100.1', port: 8080, timeoutMs: 500 })).error, 'ETIMEDOUT');

    // An address of its own for a host that has connections by the zone: those alone end.
    const wan = bed.wire('wan');
    await reloaded(bed, text.replace(web, web + extra));
    assert.deepEqual(
      await sessions(bed),
      before.filter((row) => !forwarded.includes(row) && !row.startsWith('1.1.1.3:')),
    );
    assert.equal(await inside.ask('echoHeld', { timeoutMs: 1000 }), 2);
    const announces = ({ frame }: { frame: Buffer }): boolean =>
      etherType(frame) === EtherType.Arp && addressText(frame.subarray(28, 32)) === '1.2.100.51';
    await wan.until((frames) => frames.some(announces));
    await outside.ask('accepted', { least: 0 });
    assert.ok((await inside.ask('connect', { to: SERVER, port: 7000, from: '1.1.1.3' })).ok);
    assert.match((await outside.ask('accepted', { least: 1 }))[0]!, /^1\.2\.100\.51:/);
    const again = await outside.ask('connect', { to: '1.2.100.1', port: 8080, payload: 1000 });
    assert.equal(again.error, '', 'and the forwarded port is there again');

    // Taken away again: the next connection is by the zone, and nobody answers for the address.
    await reloaded(bed, text);
    assert.ok(!(await sessions(bed)).some((row) => row.endsWith(' 1.2.100.51')));
    assert.ok((await inside.ask('connect', { to: SERVER, port: 7000, from: '1.1.1.3' })).ok);
    assert.match((await outside.ask('accepted', { least: 1 }))[0]!, /^1\.2\.100\.1:/);
    bed.on('server', 'ip neigh flush dev wan');
    assert.throws(() => bed.on('server', 'ping -c 1 -W 1 1.2.100.51'));
    assert.match(bed.on('server', 'ip neigh show 1.2.100.51'), /FAILED|INCOMPLETE/);
    assert.equal(await inside.ask('echoHeld', { timeoutMs: 1000 }), 2);
  },
);
