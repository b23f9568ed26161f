import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MemoryFrame } from '../../src/io/memoryIface.js';
import { checksumFault, decode } from '../support/decode.js';
import { expectFrame } from '../support/expectFrame.js';
import { answerTo, echoOut, outward, tcpOut, udpOut } from '../support/flows.js';
import { cut, datagram } from '../support/fragments.js';
import { eth, icmp, ipv4, packet, raw, tcp, udp } from '../support/layers.js';
import { Dice } from '../support/mutate.js';
import { naiveSum, pseudoHeader } from '../support/octets.js';
import { policy } from '../support/policySample.js';
import { reassemble } from '../support/reassemble.js';
import { GW, REMOTE, UPSTREAM } from '../support/sample.js';
import { Team } from '../support/team.js';
import { partial, tso, uso } from '../support/virtio.js';
import { type World, worldTest } from '../support/world.js';
import { arpReply, macOf } from '../support/worldParts.js';

/** Rules of action `nat`: the source becomes the same host of another prefix, one to one, without state (dvr.md 4.2). */

const HOST = '10.0.0.11';
const MAPPED = '172.20.5.11';
const yaml = policy({
  rules: ['pref 100 from 10.0.0.0/24 nat 172.20.5.0 lookup 9'],
  routes: ['198.51.100.0/24 via 192.0.2.254 dev wan table 9', '10.66.0.0/16 via 10.0.1.9 dev dmz table 9'],
});
const ways: readonly [towards: string, iface: string, next: string][] = [
  [REMOTE, 'wan', UPSTREAM],
  ['10.66.0.1', 'dmz', '10.0.1.9'],
];

for (const [to, iface, next] of ways) {
  /** What left, which must be what came but for source, TTL and what follows from them. */
  const goes = (w: World, frame: Uint8Array | MemoryFrame): MemoryFrame => {
    w.send('lan', frame);
    const out = w.one(iface);
    expectFrame(out, eth({ dst: macOf(next) }), ipv4({ src: MAPPED, dst: to, ttl: 63 }));
    assert.equal(checksumFault(out.octets, out.virtio), undefined);
    const came = frame instanceof Uint8Array ? frame : frame.octets;
    const same = (octets: Uint8Array): number[] => [...octets.subarray(14, 22), octets[23]!, ...octets.subarray(30, 34)];
    assert.deepEqual(same(out.octets), same(came));
    return out;
  };
  const ip = { src: HOST, dst: to };

  worldTest(`GEN-7 nat towards ${iface}: TCP, UDP, ICMP; zero UDP checksums stay zero; no session`, { yaml }, (w) => {
    for (const frame of [
      udpOut(HOST, 5, to),
      tcpOut(HOST, 6, 'S', to),
      tcpOut(HOST, 6, 'PA', to),
      echoOut(HOST, 7, to),
      packet(outward(HOST), ipv4({ ...ip, options: [7, 7, 4, 0, 0, 0, 0, 0] }), udp(), 'x'),
    ]) {
      const out = goes(w, frame);
      const [a, b] = [decode(frame), decode(out.octets)];
      assert.deepEqual([b.payload, b.udp?.sport, b.tcp?.sport, b.icmp], [a.payload, a.udp?.sport, a.tcp?.sport, a.icmp]);
    }
    expectFrame(goes(w, udpOut(HOST, 5, to, { checksum: 'none' })), udp({ checksum: 0 }));
    assert.deepEqual([w.sessionCount, w.count('routed')], [0, 6]);
  });

  worldTest(`OFF-2 OFF-8 nat towards ${iface}: partial checksums and super-frames`, { yaml }, (w) => {
    const whole = { octets: packet(outward(HOST), ipv4(ip), udp({ checksum: 'partial' }), 'x'), virtio: partial(34, 6) };
    assert.deepEqual(goes(w, whole).virtio?.[0], 1);
    goes(w, { octets: packet(outward(HOST), ipv4(ip), tcp({ checksum: 'partial' }), 'x'), virtio: partial(34, 16) });
    const many = new Uint8Array(9000).fill(7);
    goes(w, { octets: packet(outward(HOST), ipv4(ip), tcp({ checksum: 'partial' }), many), virtio: tso(1400) });
    goes(w, { octets: packet(outward(HOST), ipv4(ip), udp({ checksum: 'partial' }), many), virtio: uso(1400) });
  });

  worldTest(`CKS-6 nat towards ${iface}: UDP-Lite and DCCP have the source in their checksum, others have not`, { yaml }, (w) => {
    for (const protocol of [136, 33]) {
      const body = new Uint8Array(20).fill(3);
      body.set([0, 8], 4);
      const covered = protocol === 136 ? body.subarray(0, 8) : body;
      const sum = (from: string, data: Uint8Array): number =>
        naiveSum(data, naiveSum(pseudoHeader(octetsOf(from), octetsOf(to), protocol, body.length)));
      body.set([0, 0], 6);
      const check = ~sum(HOST, covered) & 0xffff;
      body.set([check >> 8, check & 0xff], 6);
      const out = goes(w, packet(outward(HOST), ipv4({ ...ip, protocol }), raw(body)));
      const after = out.octets.slice(34);
      assert.equal(sum(MAPPED, protocol === 136 ? after.subarray(0, 8) : after), 0xffff);
    }
    const sctp = new Uint8Array(20).fill(9);
    assert.deepEqual(goes(w, packet(outward(HOST), ipv4({ ...ip, protocol: 132 }), raw(sctp))).octets.slice(34), sctp);
  });

  test(`FRG-2 nat towards ${iface}: fragments in any order, each by itself, 1 and 2 workers`, () => {
    for (const workers of [1, 2]) {
      const dice = new Dice(4);
      const team = new Team(workers, dice, { yaml });
      for (let i = 0; i < 12; i++) {
        const data = Uint8Array.from({ length: 2000 }, (_, n) => (n * 7 + i) & 0xff);
        const frames = cut(datagram(outward(HOST), { ...ip, id: i }, udp({ sport: 5, dport: i }), data), 600);
        if (i % 2 === 0) frames.reverse();
        for (const frame of frames) team.push('lan', frame);
        team.settle();
        const out = team.sent(iface).map(({ octets }) => octets);
        for (const octets of out) expectFrame({ octets }, ipv4({ src: MAPPED, id: i }));
        const segment = reassemble(out);
        assert.deepEqual(segment.slice(8), data);
        const pseudo = naiveSum(pseudoHeader(octetsOf(MAPPED), octetsOf(to), 17, segment.length));
        assert.equal(naiveSum(segment, pseudo), 0xffff);
      }
      team.check();
    }
  });

  worldTest(`ERR-12 nat towards ${iface}: errors quote the packet as it came`, { yaml, mtus: { [iface]: 1400 } }, (w) => {
    const large = packet(outward(HOST), ipv4({ ...ip, df: true }), udp(), new Uint8Array(1400));
    w.send('lan', large);
    expectFrame(w.one('lan'), ipv4({ dst: HOST }), icmp({ type: 3, code: 4, mtu: 1400 }), raw(large.slice(14, 14 + 548)));
    const last = udpOut(HOST, 5, to, {}, { ttl: 1 });
    w.send('lan', last);
    expectFrame(w.one('lan'), ipv4({ dst: HOST }), icmp({ type: 11, code: 0 }), raw(last.slice(14)));
    w.send('lan', packet(outward(HOST), ipv4(ip), udp({ sport: 9 }), new Uint8Array(1400).fill(5)));
    const parts = w.sent(iface).map(({ octets }) => octets);
    assert.equal(parts.length, 2);
    const segment = reassemble(parts);
    const pseudo = naiveSum(pseudoHeader(octetsOf(MAPPED), octetsOf(to), 17, segment.length));
    assert.equal(naiveSum(segment, pseudo), 0xffff, 'a packet that is cut is translated first');
  });

  worldTest(
    `ERR-12 nat towards ${iface}: one that waits is translated when the neighbour is there; else 3/1`,
    { yaml, answerArp: false },
    (w) => {
      const frame = udpOut(HOST, 5, to);
      w.send('lan', arpReply(HOST, '10.0.0.1', GW.lan));
      w.send('lan', frame);
      w.advance(1200);
      w.send('lan', arpReply(HOST, '10.0.0.1', GW.lan));
      expectFrame(w.one('lan'), icmp({ type: 3, code: 1 }), raw(frame.slice(14)));
    },
  );
}

worldTest('GEN-7 nat: nothing of it is translated back, nor is what its table does not know translated at all', { yaml }, (w) => {
  w.send('lan', udpOut(HOST, 5));
  w.send('wan', answerTo(w.one('wan')));
  assert.deepEqual([w.sent('lan'), w.count('no_session')], [[], 1]);
  w.send('lan', udpOut(HOST, 5, '10.0.1.7'));
  expectFrame(w.one('dmz'), ipv4({ src: HOST }));
  w.send('lan', echoOut(HOST, 1, '10.0.0.1'));
  expectFrame(w.one('lan'), ipv4({ src: '10.0.0.1' }), icmp({ type: 0 }));
});

function octetsOf(address: string): Uint8Array {
  return Uint8Array.from(address.split('.').map(Number));
}

worldTest('GEN-7 nat: an ICMP error, which quotes an inside address, does not leave by such a rule', { yaml }, (w) => {
  const quoted = packet(ipv4({ src: REMOTE, dst: HOST, protocol: 17 }), udp({ sport: 7, dport: 9 }), 'x');
  w.send('lan', packet(outward(HOST), ipv4({ src: HOST, dst: REMOTE }), icmp({ type: 3, code: 3 }), raw(quoted)));
  assert.equal(w.sent('wan').length, 0);
  assert.equal(w.count('icmp_error'), 1);
});

worldTest(
  'FRG-2 nat without from: the source stays, parts of datagrams too',
  {
    yaml: policy({ rules: ['pref 100 iif lan nat 172.20.5.0 lookup 9'], routes: ['10.66.0.0/16 via 10.0.1.9 dev dmz table 9'] }),
  },
  (w) => {
    const whole = datagram(outward(HOST), { src: HOST, dst: '10.66.0.1' }, udp({ sport: 7, dport: 9 }), new Uint8Array(64));
    for (const part of cut(whole, 32)) {
      w.send('lan', part);
      expectFrame(w.one('dmz'), ipv4({ src: HOST, dst: '10.66.0.1' }));
    }
  },
);
