import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MemoryFrame } from '../../src/io/memoryIface.js';
import { Verdict } from '../../src/shared/verdict.js';
import { expectFrame } from '../support/expectFrame.js';
import { echoOut, outward, tcpOut, udpOut } from '../support/flows.js';
import { icmp, ipv4, packet, raw, tcp, udp } from '../support/layers.js';
import { Dice } from '../support/mutate.js';
import { reassemble } from '../support/reassemble.js';
import { GW } from '../support/sample.js';
import { Team } from '../support/team.js';
import { tso } from '../support/virtio.js';
import { worldTest } from '../support/world.js';
import { arpReply, macOf } from '../support/worldParts.js';

/** What the sender of a packet from inside to inside is told, and what becomes of it, where nothing is translated. */

const HOST = '10.0.0.5';
const OTHER = '10.0.1.7';
const BEHIND = '10.9.0.1';
const silent = { answerArp: false };

worldTest('FWD-11 a routed packet waits 1 s for its neighbour; 3 probes; 3/1 at once for 5 s; then a new search', silent, (w) => {
  w.send('lan', arpReply(HOST, '10.0.0.1', GW.lan));
  const first = udpOut(HOST, 1, OTHER);
  w.send('lan', first);
  assert.equal(w.arps('dmz').length, 1);
  w.advance(900);
  assert.deepEqual(w.arps('lan').length, 0);
  assert.deepEqual(w.sent('lan'), [], 'nobody is told before the second is over');
  // The neighbour that is told has to be known as well.
  w.advance(300);
  w.send('lan', arpReply(HOST, '10.0.0.1', GW.lan));
  expectFrame(w.one('lan'), ipv4({ src: '10.0.0.1', dst: HOST }), icmp({ type: 3, code: 1 }), raw(first.slice(14)));
  w.advance(2500);
  assert.equal(w.arps('dmz').length, 2, 'three requests in all');
  assert.equal(w.count('neighbor_failed'), 1);
  w.send('lan', udpOut(HOST, 2, OTHER), udpOut(HOST, 3, OTHER));
  assert.equal(w.sent('lan').length, 2, 'told at once');
  assert.deepEqual([w.arps('dmz').length, w.count('neighbor_failed')], [0, 3]);
  w.advance(5100);
  w.send('lan', udpOut(HOST, 4, OTHER));
  assert.equal(w.arps('dmz').length, 1, 'asked for anew');
  w.send('dmz', arpReply(OTHER, '10.0.1.1', GW.dmz));
  expectFrame(w.one('dmz'), ipv4({ src: HOST, dst: OTHER, ttl: 63 }), udp({ sport: 4 }));
});

worldTest('FWD-11 64 routed packets wait, also behind a router; the 65th is dropped, all 64 are told', {}, (w) => {
  w.silent.add('10.0.1.9');
  for (let i = 0; i < 65; i++) w.send('lan', udpOut(`10.0.0.${2 + i}`, i, BEHIND));
  assert.deepEqual([w.count('queued'), w.count('neighbor_queue_full')], [64, 1]);
  w.advance(1200);
  const told = w.sent('lan');
  assert.equal(told.length, 64);
  for (const frame of told) expectFrame(frame, ipv4({ src: '10.0.0.1' }), icmp({ type: 3, code: 1 }));
  assert.equal(w.count('neighbor_failed'), 64);
});

const narrow = { mtus: { lan: 1500, dmz: 1450 } };

worldTest(
  'F29 routed, DF and larger than the way out: 3/4 with its MTU, whatever the protocol; at the MTU it passes',
  narrow,
  (w) => {
    const ends = { src: HOST, dst: OTHER, df: true };
    for (const layer of [icmp({ type: 8, id: 1 }), udp(), tcp({ flags: 'A' }), raw(new Uint8Array(8))]) {
      const head = packet(ipv4(ends), layer).length;
      const sized = (octets: number): Uint8Array =>
        packet(
          outward(HOST),
          ipv4({ ...ends, ...(layer.name === 'payload' && { protocol: 47 }) }),
          layer,
          new Uint8Array(octets - head),
        );
      w.send('lan', sized(1450));
      assert.equal(w.one('dmz').octets.length, 14 + 1450);
      const large = sized(1451);
      w.send('lan', large);
      expectFrame(
        w.one('lan'),
        ipv4({ src: '10.0.0.1', dst: HOST }),
        icmp({ type: 3, code: 4, mtu: 1450 }),
        raw(large.slice(14, 14 + 548)),
      );
    }
    assert.equal(w.count('fragmentation_needed'), 4);
  },
);

worldTest('F29 FWD-10 routed, without DF: fragments that fit the way out, same id, put together what was sent', narrow, (w) => {
  const data = Uint8Array.from({ length: 1440 }, (_, i) => i % 251);
  w.send('lan', packet(outward(HOST), ipv4({ src: HOST, dst: OTHER, id: 77 }), udp({ sport: 1, dport: 2 }), data));
  const parts = w.sent('dmz').map(({ octets }) => octets);
  assert.equal(parts.length, 2);
  for (const part of parts) {
    assert.ok(part.length <= 14 + 1450);
    expectFrame({ octets: part }, ipv4({ id: 77, ttl: 63, src: HOST, dst: OTHER }));
  }
  assert.deepEqual(reassemble(parts).slice(8), data);
  w.send('lan', {
    octets: packet(
      outward(HOST),
      ipv4({ src: HOST, dst: OTHER, df: true }),
      tcp({ flags: 'A', checksum: 'partial' }),
      new Uint8Array(9000),
    ),
    virtio: tso(1448),
  });
  expectFrame(w.one('lan'), icmp({ type: 3, code: 4, mtu: 1450 }));
  w.send('lan', {
    octets: packet(
      outward(HOST),
      ipv4({ src: HOST, dst: OTHER, df: true }),
      tcp({ flags: 'A', checksum: 'partial' }),
      new Uint8Array(9000),
    ),
    virtio: tso(1410),
  });
  assert.equal(w.one('dmz').octets.length, 14 + 40 + 9000);
});

worldTest('F27 routed: TTL 1 ends here with 11/0 from the way in, TTL 2 goes on with 1; sources stay', {}, (w) => {
  for (const to of [OTHER, BEHIND]) {
    const dying = udpOut(HOST, 33_434, to, {}, { ttl: 1 });
    w.send('lan', dying);
    expectFrame(w.one('lan'), ipv4({ src: '10.0.0.1', dst: HOST }), icmp({ type: 11, code: 0 }), raw(dying.slice(14)));
    w.send('lan', udpOut(HOST, 33_435, to, {}, { ttl: 2 }));
    expectFrame(w.one('dmz'), ipv4({ src: HOST, dst: to, ttl: 1 }));
  }
});

worldTest('FWD-4 sources and destinations that nobody may have, on the routed path: dropped, nobody told, no ARP', {}, (w) => {
  for (const ttl of [64, 1]) {
    for (const src of ['0.0.0.0', '0.1.2.3', '127.0.0.1', '224.0.0.1', '239.255.255.250', '240.0.0.1', '255.255.255.255'])
      w.send('lan', udpOut(HOST, 1, OTHER, {}, { src, ttl }));
    // Addresses of the router on any interface, of zones, and broadcast addresses of its segments.
    for (const src of ['10.0.0.1', '10.0.1.1', '192.0.2.1', '192.0.2.10', '10.0.0.255', '10.0.1.0'])
      w.send('lan', udpOut(HOST, 1, OTHER, {}, { src, ttl }));
    for (const to of ['0.0.0.0', '0.1.2.3', '127.0.0.1', '240.0.0.1', '255.255.255.254'])
      w.send('lan', udpOut(HOST, 1, to, {}, { ttl }));
    for (const to of ['224.0.0.1', '239.255.255.250']) w.send('lan', udpOut(HOST, 1, to, {}, { ttl }));
    for (const to of ['255.255.255.255', '10.0.1.255', '10.0.1.0', '10.0.0.255']) w.send('lan', udpOut(HOST, 1, to, {}, { ttl }));
  }
  const reasons = ['martian_source', 'martian_destination', 'multicast', 'broadcast'];
  assert.deepEqual(
    reasons.map((reason) => w.count(reason)),
    [26, 10, 4, 8],
  );
  for (const iface of ['lan', 'dmz', 'wan']) assert.deepEqual([w.sent(iface), w.arps(iface)], [[], []]);
});

worldTest(
  'FWD-6 ERR-13 a unicast packet in a broadcast or multicast frame is neither routed, nor answered, nor told of',
  {},
  (w) => {
    const frames = ['ff:ff:ff:ff:ff:ff', '01:00:5e:00:00:01', '33:33:00:00:00:01'].flatMap((dst) =>
      [
        udpOut(HOST, 1, OTHER),
        udpOut(HOST, 1, OTHER, {}, { ttl: 1 }),
        udpOut(HOST, 1, '203.0.113.1'),
        echoOut(HOST, 1, '10.0.0.1'),
        udpOut(HOST, 1, '10.0.0.1'),
        tcpOut(HOST, 1, 'S', '10.0.0.1'),
      ].map((frame) => {
        frame.set(dst.split(':').map((o) => Number.parseInt(o, 16)));
        return frame;
      }),
    );
    w.send('lan', ...frames);
    assert.equal(w.count('group_mac'), frames.length);
    for (const iface of ['lan', 'dmz', 'wan']) assert.deepEqual(w.sent(iface), []);
  },
);

worldTest('FWD-12 a packet that leaves by the interface it came in by is routed, and no redirect is sent', {}, (w) => {
  w.send('dmz', packet(outward('10.0.1.7'), ipv4({ src: '10.0.1.7', dst: BEHIND }), udp()));
  w.send('lan', udpOut(HOST, 1, '10.0.0.9'));
  expectFrame(w.one('dmz'), ipv4({ src: '10.0.1.7', dst: BEHIND, ttl: 63 }));
  expectFrame(w.one('lan'), ipv4({ src: HOST, dst: '10.0.0.9', ttl: 63 }));
});

test('F29 FWD-11 routed with two workers: 3/4, fragments and 3/1, each once', () => {
  const team = new Team(2, new Dice(3), { ...narrow, silent: ['10.0.1.9'] });
  const large = (host: string, df: boolean): Uint8Array =>
    packet(outward(host), ipv4({ src: host, dst: OTHER, df }), udp(), new Uint8Array(1440));
  const sent: MemoryFrame[] = [];
  for (let i = 2; i < 22; i++) {
    const host = `10.0.0.${i}`;
    team.push('lan', large(host, true));
    team.push('lan', large(host, false));
    team.push('lan', udpOut(host, 9, BEHIND));
    team.settle();
    sent.push(...team.sent('lan'));
    assert.equal(team.sent('dmz').length, 2, 'two fragments');
  }
  team.advance(1300);
  sent.push(...team.sent('lan'));
  for (let i = 2; i < 22; i++) {
    const mine = sent.filter(
      ({ octets }) => Buffer.from(octets.slice(0, 6)).toString('hex') === macOf(`10.0.0.${i}`).replaceAll(':', ''),
    );
    assert.deepEqual(mine.map(({ octets }) => octets[35]).sort(), [1, 4], 'codes of type 3');
  }
  assert.deepEqual([team.count(Verdict.DropFragmentationNeeded), team.count(Verdict.DropNeighborFailed)], [20, 20]);
  team.check();
});
