import assert from 'node:assert/strict';
import { type Bed, client, SERVER, server } from '../support/bed.js';
import { type Ipv4Packet, Protocol, readIpv4 } from '../support/packets.js';
import { pause, scenario } from '../support/scenario.js';
import type { Wire } from '../support/wire.js';

const links = [{ ...client, addresses: ['1.1.1.1/16', '1.1.2.7/16', '10.9.0.1/24', '172.31.0.5/24'] }, server];

function packets(wire: Wire): Ipv4Packet[] {
  return wire.collect().flatMap(({ frame }) => readIpv4(frame) ?? []);
}

/** The refusal a source gets: at once, by ICMP port unreachable, with the counter, and nothing on the outside. */
async function refusedAtOnce(bed: Bed, from: string, reason: string): Promise<void> {
  const [inside, outside] = [await bed.peer('client'), await bed.peer('server')];
  await outside.ask('serveTcp', { port: 7000 });
  // Teaches both sides their neighbours, so that the time measured is the refusal's.
  assert.equal((await inside.ask('connect', { to: SERVER, port: 7000, from: '1.1.1.1' })).error, '');
  const [lan, wan] = [bed.wire('lan'), bed.wire('wan')];
  const before = (await bed.read.drops())[reason]!;

  const attempt = await inside.ask('connect', { to: SERVER, port: 7000, from });
  assert.equal(attempt.error, 'ECONNREFUSED');
  assert.ok(attempt.ms < 50, `refused after ${attempt.ms} ms`);
  const [error] = packets(lan).filter(({ protocol }) => protocol === Protocol.Icmp);
  assert.ok(error, 'an ICMP error reaches the client');
  assert.deepEqual([error.l4[0], error.l4[1], error.destination], [3, 3, from]);
  assert.equal((await bed.read.drops())[reason], before + 1);
  await pause(50);
  assert.deepEqual(packets(wan), [], 'nothing leaves on the outside');
}

scenario('Z03 a zone without addresses refuses and later zones are not asked', { folder: 'zone-refusal', links }, async (bed) => {
  await refusedAtOnce(bed, '1.1.2.7', 'zone_empty');
  assert.equal(await bed.read.refused('blackhole'), 1);
  const used = (await (await bed.peer('server')).ask('accepted', { least: 1 })).map((from) => from.split(':')[0]);
  assert.deepEqual(used, ['1.2.100.1'], 'only the first connect, made from another source, got through');
});

scenario('Z04 a source in no zone is refused the same way', { folder: 'zone-refusal', links }, async (bed) => {
  await refusedAtOnce(bed, '172.31.0.5', 'no_zone');
});

scenario('Z05 a zone without addresses blocks its own subnet only', { folder: 'zone-refusal', links }, async (bed) => {
  const [inside, outside] = [await bed.peer('client'), await bed.peer('server')];
  await outside.ask('serveTcp', { port: 7000 });
  await outside.ask('serveUdp', { port: 7001 });
  for (const [from, reaches] of [
    ['1.1.1.1', true],
    ['1.1.2.7', false],
    ['10.9.0.1', true],
  ] as const) {
    const tcp = await inside.ask('connect', { to: SERVER, port: 7000, from, payload: 5 });
    const udp = await inside.ask('askUdp', { to: SERVER, port: 7001, from, octets: 5 });
    assert.deepEqual([tcp.ok, udp.ok], [reaches, reaches], `from ${from}: ${tcp.error} ${udp.error}`);
    if (!reaches) assert.deepEqual([tcp.error, udp.error], ['ECONNREFUSED', 'ECONNREFUSED']);
  }
  const seen = (await outside.ask('accepted', { least: 2 })).map((from) => from.split(':')[0]);
  assert.deepEqual(seen, ['1.2.100.1', '1.2.100.3']);
});
