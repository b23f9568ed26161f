import assert from 'node:assert/strict';
import { reloaded } from '../reload/steps.js';
import { client, SERVER, scenarioFile, server } from '../support/bed.js';
import { Protocol, readIpv4 } from '../support/packets.js';
import { scenario } from '../support/scenario.js';
import type { Captured } from '../support/wire.js';

const folder = 'service-switch';
const workers = [1, 2];

/** Sources of packets of a protocol among frames. */
function sourcesOf(frames: readonly Captured[], protocol: number): string[] {
  return frames.flatMap(({ frame }) => {
    const packet = readIpv4(frame);
    return packet?.protocol === protocol ? [packet.source] : [];
  });
}

scenario('Z01 with TCP alone no datagram leaves, and UDP works once a reload adds it', { folder, workers }, async (bed) => {
  const [inside, outside] = [await bed.peer('client'), await bed.peer('server')];
  await outside.ask('serveTcp', { port: 7000 });
  await outside.ask('serveUdp', { port: 7000 });
  const wan = bed.wire('wan');
  assert.equal((await inside.ask('hold', { to: SERVER, port: 7000, count: 1 })).error, '');
  const refused = await inside.ask('askUdp', { to: SERVER, port: 7000, octets: 100 });
  assert.equal(refused.error, 'ECONNREFUSED');
  assert.ok(refused.ms < 200, `refused after ${refused.ms} ms`);
  assert.throws(() => bed.on('client', `ping -c 1 -W 1 ${SERVER}`), 'ICMP is a service of its own');
  assert.equal((await bed.read.drops()).no_service, 2);
  assert.equal(await bed.read.refused('all'), 2);
  assert.deepEqual(sourcesOf(wan.collect(), Protocol.Udp), []);
  assert.deepEqual(sourcesOf(wan.collect(), Protocol.Icmp), []);
  assert.ok(sourcesOf(wan.collect(), Protocol.Tcp).includes('1.2.100.1'));

  const said = await reloaded(bed, scenarioFile(folder, 'config.yaml').replace('[tcp]', '[tcp, udp]'));
  assert.match(said, /protocols/);
  assert.equal((await inside.ask('askUdp', { to: SERVER, port: 7000, octets: 100 })).error, '');
  const [datagram] = await outside.ask('received', null);
  assert.match(datagram!.from, /^1\.2\.100\.1:/);
  assert.equal(await inside.ask('echoHeld', { timeoutMs: 1000 }), 1, 'the connection of before goes on');
});

/** Source, what its second connection comes to, and the ICMP code it is told; undefined: nothing. */
const refusals: readonly (readonly [source: string, error: string, code: number | undefined, reason: string])[] = [
  ['1.1.2.1', 'ECONNREFUSED', 3, 'zone_empty'],
  ['1.1.2.2', 'EHOSTUNREACH', 1, 'zone_empty'],
  ['1.1.2.3', 'EHOSTUNREACH', 13, 'zone_empty'],
  ['1.1.2.4', 'ETIMEDOUT', undefined, 'zone_empty'],
  ['1.1.2.5', 'ECONNREFUSED', 3, 'zone_empty'],
  ['1.1.2.6', 'EHOSTUNREACH', 1, 'ports_exhausted'],
  ['1.1.2.7', 'EHOSTUNREACH', 13, 'ports_exhausted'],
  ['1.1.2.8', 'ECONNREFUSED', 3, 'no_zone'],
];
const addresses = [...client.addresses, ...refusals.map(([source]) => `${source}/16`)];

scenario(
  'GEN-4 a refused host is told in the way its zone says, or by cause',
  { folder, config: 'reject.yaml', workers, links: [{ ...client, addresses }, server] },
  async (bed) => {
    const [inside, outside] = [await bed.peer('client'), await bed.peer('server')];
    await outside.ask('serveTcp', { port: 7000 });
    for (const from of ['1.1.2.6', '1.1.2.7']) {
      assert.equal((await inside.ask('hold', { to: SERVER, port: 7000, count: 1, from })).error, '', 'the only port');
    }
    const lan = bed.wire('lan');
    for (const [from, error, code, reason] of refusals) {
      lan.clear();
      const before = (await bed.read.drops())[reason]!;
      const result = await inside.ask('connect', { to: SERVER, port: 7000, from, timeoutMs: 500 });
      assert.equal(result.error, error, from);
      const told = lan.collect().flatMap(({ frame }) => {
        const packet = readIpv4(frame);
        return packet?.protocol === Protocol.Icmp && packet.destination === from ? [packet] : [];
      });
      assert.deepEqual(
        told.map(({ source, l4 }) => [source, l4[0], l4[1]]),
        code === undefined ? [] : [['1.1.100.1', 3, code]],
        from,
      );
      assert.equal((await bed.read.drops())[reason], before + 1, `${from} counts as ${reason}`);
    }
    assert.deepEqual(lan.verifyChecksums().wrong, []);
  },
);
