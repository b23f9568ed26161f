import assert from 'node:assert/strict';
import { type Bed, client, type Link, SERVER, server } from '../support/bed.js';
import { Protocol, readIpv4 } from '../support/packets.js';
import { eventually, scenario } from '../support/scenario.js';

const PEER = '1.3.1.1';
const GUARDED = '1.3.2.1';
const peer: Link = { name: 'dmz', host: 'peer', addresses: ['1.3.1.1/16', '1.3.2.1/16'], routes: ['default via 1.3.100.1'] };
const links = [{ ...client, addresses: ['1.1.1.1/16', '1.1.5.1/16', '1.1.5.2/16'] }, peer, server];
const base = { folder: 'hairpin', workers: [1, 2], links };
const STUN = 7000;

interface Endpoint {
  /** Port of the socket on its host. */
  readonly local: number;
  /** "address:port" outside. */
  readonly external: string;
  readonly at: { readonly to: string; readonly port: number };
}

/** A UDP socket of an inside host, and its external endpoint as the server tells. */
async function mapped(bed: Bed, host: 'client' | 'peer', address: string): Promise<Endpoint> {
  const [inside, outside] = [await bed.peer(host), await bed.peer('server')];
  const local = await inside.ask('udpOpen', { address });
  await inside.ask('udpSend', { local, to: SERVER, port: STUN, text: 'who am I' });
  const [told] = await outside.ask('udpTaken', { local: STUN, least: 1 });
  const external = told!.from;
  const [to, port] = external.split(':') as [string, string];
  return { local, external, at: { to, port: Number(port) } };
}

scenario('Z26 HAI-1 HAI-3 HAI-4 HAI-5 UDP by external endpoints, to others and to oneself', base, async (bed) => {
  const [one, two, outside] = [await bed.peer('client'), await bed.peer('peer'), await bed.peer('server')];
  await outside.ask('udpOpen', { address: SERVER, port: STUN });
  const a = await mapped(bed, 'client', '1.1.1.1');
  const b = await mapped(bed, 'peer', PEER);
  const [dmz, wan] = [bed.wire('dmz'), bed.wire('wan')];
  await one.ask('udpSend', { local: a.local, ...b.at, text: 'there' });
  assert.deepEqual(await two.ask('udpTaken', { local: b.local, least: 1 }), [{ from: a.external, text: 'there' }]);
  await two.ask('udpSend', { local: b.local, ...a.at, text: 'and back' });
  assert.deepEqual(await one.ask('udpTaken', { local: a.local, least: 1 }), [{ from: b.external, text: 'and back' }]);
  const there = dmz.collect().map(({ frame }) => readIpv4(frame));
  assert.deepEqual(
    there.filter((packet) => packet?.protocol === Protocol.Udp && packet.destination === PEER).map((packet) => packet!.ttl),
    [63],
    'one hop',
  );
  // Large datagrams go as fragments.
  await one.ask('udpSend', { local: a.local, ...b.at, text: 'x'.repeat(4000) });
  const [large] = await two.ask('udpTaken', { local: b.local, least: 1 });
  assert.deepEqual([large?.from, large?.text.length], [a.external, 4000]);

  // To its own mapping, and to that of another socket of its own.
  const c = await mapped(bed, 'client', '1.1.1.1');
  await one.ask('udpSend', { local: a.local, ...a.at, text: 'me' });
  assert.deepEqual(await one.ask('udpTaken', { local: a.local, least: 1 }), [{ from: a.external, text: 'me' }]);
  await one.ask('udpSend', { local: a.local, ...c.at, text: 'me too' });
  assert.deepEqual(await one.ask('udpTaken', { local: c.local, least: 1 }), [{ from: a.external, text: 'me too' }]);

  // Filtering holds: only who has been spoken to comes in.
  const g = await mapped(bed, 'peer', GUARDED);
  await one.ask('udpSend', { local: a.local, ...g.at, text: 'stranger' });
  await eventually(
    () => bed.read.drops(),
    ({ filtered }) => filtered === 1,
  );
  await two.ask('udpSend', { local: g.local, ...a.at, text: 'come in' });
  assert.deepEqual(await one.ask('udpTaken', { local: a.local, least: 1 }), [{ from: g.external, text: 'come in' }]);
  await one.ask('udpSend', { local: a.local, ...g.at, text: 'thanks' });
  assert.deepEqual(await two.ask('udpTaken', { local: g.local, least: 1 }), [{ from: a.external, text: 'thanks' }]);
  const strays = wan.collect().filter(({ frame }) => {
    const packet = readIpv4(frame);
    return packet !== undefined && packet.destination !== SERVER;
  });
  assert.equal(strays.length, 0, 'nothing of it goes outside');
  assert.deepEqual(dmz.verifyChecksums().wrong, []);
  assert.equal((await bed.read.drops()).hairpin, 0);
});

scenario('HAI-2 an ICMP error about a packet that turned back reaches the socket that sent it', base, async (bed) => {
  const [one, two, outside] = [await bed.peer('client'), await bed.peer('peer'), await bed.peer('server')];
  await outside.ask('udpOpen', { address: SERVER, port: STUN });
  const b = await mapped(bed, 'peer', PEER);
  await two.ask('udpForget', null);
  const lan = bed.wire('lan');
  const { error } = await one.ask('askUdp', { ...b.at, from: '1.1.1.1', octets: 100 });
  assert.equal(error, 'ECONNREFUSED', 'the kernel finds its own datagram in the quote');
  const errors = lan.collect().flatMap(({ frame }) => {
    const packet = readIpv4(frame);
    return packet?.protocol === Protocol.Icmp && packet.l4[0] === 3 ? [packet.source] : [];
  });
  assert.deepEqual(errors, [b.at.to], 'it comes from the external address that was spoken to');
  // The checksum of the quoted datagram is partial, as the sender's kernel gave it to its device.
  const wrong = lan.verifyChecksums().wrong.filter((line) => !line.includes('bad udp cksum'));
  assert.deepEqual(wrong, []);
});

scenario('Z26 HAI-1 HAI-3 TCP by external endpoints, by the own 1:1 address and the own forwarded port', base, async (bed) => {
  const [one, two, outside] = [await bed.peer('client'), await bed.peer('peer'), await bed.peer('server')];
  await outside.ask('serveTcp', { port: STUN });
  bed.on('peer', `ip route replace ${SERVER} via 1.3.100.1 src ${PEER}`);
  assert.equal((await two.ask('tcpOpen', { to: SERVER, port: STUN, localPort: 4000 })).error, '');
  const [external] = await outside.ask('accepted', { least: 1 });
  await two.ask('serveTcp', { port: 4000 });
  const [to, port] = external!.split(':') as [string, string];
  const met = await one.ask('connect', { to, port: Number(port), from: '1.1.1.1', payload: 300_000 });
  assert.deepEqual([met.error, met.echoed], ['', 300_000]);
  assert.match((await two.ask('accepted', { least: 1 }))[0]!, /^1\.2\.100\.[12]:/, 'by its external address');
  assert.equal(await two.ask('tcpEcho', { octets: 1000 }), 1, 'the connection with the server goes on');

  for (const [from, target, seen] of [
    ['1.1.5.1', { to: '1.2.100.50', port: 7300 }, /^1\.2\.100\.50:/],
    ['1.1.5.2', { to: '1.2.100.1', port: 8080 }, /^1\.2\.100\.[12]:/],
    ['1.1.1.1', { to: '1.2.100.50', port: 7300 }, /^1\.2\.100\.[12]:/],
  ] as const) {
    if (from !== '1.1.1.1') await one.ask('serveTcp', { port: target.port === 8080 ? 80 : target.port });
    const own = await one.ask('connect', { ...target, from, payload: 300_000 });
    assert.deepEqual([own.error, own.echoed], ['', 300_000], `${from} to ${target.to}`);
    assert.match((await one.ask('accepted', { least: 1 }))[0]!, seen, 'not by itself');
  }
  bed.on('client', 'ping -c 2 -i 0.2 -w 5 -I 1.1.5.1 1.2.100.50');
  bed.on('peer', 'ping -c 2 -i 0.2 -w 5 1.2.100.50');
  assert.equal((await bed.read.drops()).hairpin, 0);
});
