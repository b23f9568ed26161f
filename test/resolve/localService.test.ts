import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CounterEvent } from '../../src/shared/counters.js';
import { checksumFault } from '../support/decode.js';
import { expectFrame } from '../support/expectFrame.js';
import { echoOut, inward, outward, tcpOut, udpOut } from '../support/flows.js';
import { eth, type Ipv4Fields, icmp, ipv4, packet, raw, tcp, udp } from '../support/layers.js';
import { Dice } from '../support/mutate.js';
import { lan, REMOTE } from '../support/sample.js';
import { Team } from '../support/team.js';
import { partial } from '../support/virtio.js';
import { worldTest } from '../support/world.js';
import { macOf } from '../support/worldParts.js';

/** What is addressed to the router itself (dvr.md 2.14, RFC 1812 4.3.3). */

const HOST = '10.0.0.5';
const OUTSIDE = '192.0.2.1';
const OWN = ['10.0.0.1', '10.0.1.1', OUTSIDE];
const toOwn = (dst: string, f: Ipv4Fields = {}): ReturnType<typeof ipv4> => ipv4({ src: HOST, dst, ...f });
/** The address that was a zone's is the router's own after a reload; its port pools are still there. */
const pooled = lan
  .replace('[192.0.2.10, 192.0.2.11, 192.0.2.12]', '[192.0.2.11]')
  .replace('addresses: [192.0.2.1/24]', 'addresses: [192.0.2.1/24, 192.0.2.10/24]');

worldTest(
  'F26 echo to any own address is answered from it, whatever its TTL; GEN-7 from outside only that of an outside segment',
  {},
  (w) => {
    for (const own of OWN)
      for (const ttl of [1, 0, 64]) {
        w.send('lan', echoOut(HOST, 9, own, {}, { ttl, tos: 0x48 }));
        expectFrame(w.one('lan'), ipv4({ src: own, dst: HOST, ttl: 64, tos: 0x48 }), icmp({ type: 0, id: 9, seq: 1 }));
        w.send('wan', packet(inward(), ipv4({ src: REMOTE, dst: own, ttl }), icmp({ type: 8, id: 3 }), 'x'));
        if (own !== OUTSIDE) assert.equal(w.sent('wan').length, 0);
        else expectFrame(w.one('wan'), ipv4({ src: own, dst: REMOTE, ttl: 64 }), icmp({ type: 0, id: 3 }));
      }
    assert.equal(w.count('echo_answered'), 12);
    assert.equal(w.count('local_unknown'), 6);
  },
);

worldTest(
  'F28 UDP to an own address: 3/3 from that address, quoting the datagram; any TTL; from outside only of an outside segment',
  {},
  (w) => {
    for (const own of OWN) {
      const frame = packet(outward(HOST), toOwn(own, { ttl: 1, tos: 0xb9 }), udp({ sport: 7, dport: 53 }), 'who is there');
      w.send('lan', frame);
      expectFrame(
        w.one('lan'),
        ipv4({ src: own, dst: HOST, ttl: 64, tos: 0xb8, df: false }),
        icmp({ type: 3, code: 3 }),
        raw(frame.slice(14)),
      );
      w.send('wan', packet(inward(), ipv4({ src: REMOTE, dst: own }), udp({ dport: 33_434 })));
      if (own !== OUTSIDE) assert.equal(w.sent('wan').length, 0);
      else expectFrame(w.one('wan'), ipv4({ src: own, dst: REMOTE }), icmp({ type: 3, code: 3 }));
    }
    assert.equal(w.count('local_port_unreachable'), 4);
  },
);

worldTest('F28 another protocol to an own address: 3/2 from that address', {}, (w) => {
  for (const protocol of [0, 2, 47, 50, 89, 132, 255]) {
    w.send('lan', packet(outward(HOST), toOwn('192.0.2.1', { protocol }), new Uint8Array(24)));
    expectFrame(w.one('lan'), ipv4({ src: '192.0.2.1', dst: HOST }), icmp({ type: 3, code: 2 }));
  }
  w.send('wan', packet(inward(), ipv4({ src: REMOTE, dst: '192.0.2.1', protocol: 47 }), new Uint8Array(24)));
  expectFrame(w.one('wan'), ipv4({ src: '192.0.2.1', dst: REMOTE }), icmp({ type: 3, code: 2 }));
  assert.equal(w.count('local_protocol_unreachable'), 8);
});

worldTest('F28 TCP to an own address: RST with the numbers of RFC 9293 3.10.7.1; never for an RST', {}, (w) => {
  const ports = { sport: 4000, dport: 22 };
  const back = { sport: 22, dport: 4000 };
  for (const [sent, payload, told] of [
    [{ flags: 'S', seq: 100 }, '', { flags: 'RA', seq: 0, ack: 101 }],
    [{ flags: 'SF', seq: 100 }, 'abc', { flags: 'RA', seq: 0, ack: 105 }],
    [{ flags: '', seq: 0xffff_fffe }, 'abc', { flags: 'RA', seq: 0, ack: 1 }],
    [{ flags: 'A', seq: 100, ack: 7000 }, 'abc', { flags: 'R', seq: 7000, ack: 0 }],
    [{ flags: 'SA', seq: 100, ack: 7000 }, '', { flags: 'R', seq: 7000, ack: 0 }],
  ] as const) {
    w.send('lan', packet(outward(HOST), toOwn('10.0.1.1', { ttl: 1 }), tcp({ ...ports, ...sent }), payload));
    expectFrame(w.one('lan'), ipv4({ src: '10.0.1.1', dst: HOST, ttl: 64 }), tcp({ ...back, ...told }));
    w.send('wan', packet(inward(), ipv4({ src: REMOTE, dst: '192.0.2.1' }), tcp({ ...ports, ...sent }), payload));
    expectFrame(w.one('wan'), ipv4({ src: '192.0.2.1', dst: REMOTE }), tcp({ ...back, ...told }));
  }
  for (const flags of ['R', 'RA', 'SR']) w.send('lan', packet(outward(HOST), toOwn('10.0.0.1'), tcp({ ...ports, flags })));
  assert.deepEqual(w.sent('lan'), []);
  assert.equal(w.count('local_reset'), 13);
  assert.equal(w.sessionCount, 0);
});

worldTest('ERR-16 F28 answers for the router itself are within the limits of ICMP errors', {}, (w) => {
  for (let i = 0; i < 40; i++) w.send('lan', udpOut(HOST, i, '10.0.0.1'), tcpOut('10.0.0.6', i, 'S', '10.0.0.1'));
  assert.equal(w.sent('lan').length, 40);
  assert.deepEqual([w.event(CounterEvent.IcmpErrorsSuppressed), w.event(CounterEvent.ResetsSuppressed)], [20, 20]);
  assert.deepEqual([w.count('local_port_unreachable'), w.count('local_reset')], [40, 40]);
});

worldTest('ICMP to the router that is no echo request is counted and never answered (RFC 6918)', {}, (w) => {
  const types = [0, 3, 4, 5, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 30, 42, 255];
  for (const type of types) {
    const quote = packet(ipv4({ src: '10.0.0.1', dst: HOST }), udp());
    w.send('lan', packet(outward(HOST), toOwn('10.0.0.1'), icmp({ type }), quote));
    w.send('wan', packet(inward(), ipv4({ src: REMOTE, dst: '192.0.2.1' }), icmp({ type }), quote));
  }
  assert.equal(w.count('local_icmp'), 2 * types.length);
  assert.deepEqual([w.sent('lan'), w.sent('wan')], [[], []]);
});

worldTest('fragments to the router itself are a counted drop, whatever they are part of', {}, (w) => {
  for (const protocol of [1, 6, 17, 47])
    for (const part of [{ mf: true }, { mf: true, offset: 48 }, { offset: 96 }]) {
      w.send('lan', packet(outward(HOST), toOwn('10.0.0.1', { ...part, protocol }), new Uint8Array(48)));
      w.send('wan', packet(inward(), ipv4({ src: REMOTE, dst: '192.0.2.1', ...part, protocol }), new Uint8Array(48)));
    }
  assert.equal(w.count('local_fragment'), 24);
  assert.deepEqual([w.sent('lan'), w.sent('wan')], [[], []]);
});

worldTest('what has a wrong checksum is no question; a partial one and none of UDP are right', { wrongChecksums: true }, (w) => {
  const layers = [udp({ checksum: 0x1234 }), tcp({ flags: 'S', checksum: 0x1234 }), icmp({ type: 8, checksum: 0x1234 })];
  for (const layer of layers) w.send('lan', packet(outward(HOST), toOwn('10.0.0.1'), layer, 'odd'));
  assert.equal(w.count('local_checksum'), 3);
  assert.deepEqual(w.sent('lan'), []);
  w.send('lan', packet(outward(HOST), toOwn('10.0.0.1'), udp({ checksum: 'none' }), 'odd'));
  w.send('lan', {
    octets: packet(outward(HOST), toOwn('10.0.0.1'), udp({ checksum: 'partial' }), 'odd'),
    virtio: partial(34, 6),
  });
  const told = w.sent('lan');
  assert.deepEqual([w.count('local_port_unreachable'), told.length], [2, 2]);
  for (const frame of told) assert.equal(checksumFault(frame.octets, frame.virtio), undefined);
});

worldTest('FIL-1 an own address with ports of sessions is silent to the outside but for echo', {}, (w) => {
  w.send('lan', udpOut(HOST, 4000));
  w.sent('wan');
  w.reload(pooled, 2);
  const at = ipv4({ src: REMOTE, dst: '192.0.2.10' });
  for (const flags of ['S', 'SA', 'A', 'F']) w.send('wan', packet(inward(), at, tcp({ sport: 1, dport: 2, flags })));
  w.send('wan', packet(inward(), at, udp({ sport: 1, dport: 2 })));
  w.send('wan', packet(inward(), ipv4({ src: REMOTE, dst: '192.0.2.10', protocol: 47 }), new Uint8Array(20)));
  w.send('wan', packet(inward(), at, icmp({ type: 13 }), new Uint8Array(12)));
  assert.deepEqual(w.sent('wan'), []);
  assert.deepEqual([w.count('unsolicited_syn'), w.count('local_unknown')], [1, 6]);
  w.send('wan', packet(inward(), at, icmp({ type: 8, id: 1 })));
  expectFrame(w.one('wan'), ipv4({ src: '192.0.2.10' }), icmp({ type: 0, id: 1 }));
});

worldTest('broadcast addresses of the router are never answered', {}, (w) => {
  for (const dst of ['10.0.0.255', '10.0.0.0', '192.0.2.255', '255.255.255.255']) {
    w.send('lan', echoOut(HOST, 1, dst), udpOut(HOST, 1, dst), tcpOut(HOST, 1, 'S', dst));
    w.send('wan', packet(inward(), ipv4({ src: REMOTE, dst }), icmp({ type: 8 })));
  }
  assert.deepEqual([w.sent('lan'), w.sent('wan')], [[], []]);
  assert.equal(w.count('broadcast'), 16);
});

const several = lan
  .replace('addresses: [10.0.0.1/24]', 'addresses: [10.0.0.1/24, 10.0.5.1/24, 10.0.6.1/25]')
  .replace('match: 10.9.0.0/16', 'match: [10.9.0.0/16, 10.0.4.0/22]');

worldTest("ERR-11 of several addresses of the way in, an error has the one of its receiver's subnet", { yaml: several }, (w) => {
  for (const [from, own] of [
    ['10.0.0.5', '10.0.0.1'],
    ['10.0.5.5', '10.0.5.1'],
    ['10.0.6.5', '10.0.6.1'],
    // Behind a router on one of them.
    ['10.9.0.5', '10.0.0.1'],
  ] as const) {
    w.send('lan', packet(outward('10.0.0.5'), ipv4({ src: from, dst: REMOTE, ttl: 1 }), udp()));
    const iface = from.startsWith('10.9') ? 'dmz' : 'lan';
    expectFrame(w.one(iface), ipv4({ src: own, dst: from }), icmp({ type: 11, code: 0 }));
  }
});

worldTest('the router asks for a neighbour by its address in the subnet of that', { yaml: several }, (w) => {
  w.send('lan', echoOut('10.0.5.5', 1, '10.0.5.1'));
  const [asked] = w.arps('lan');
  assert.equal(Buffer.from(asked!.octets.slice(28, 32)).join('.'), '10.0.5.1');
  assert.equal(w.sent('lan').length, 1, 'its answer is one to us');
});

worldTest('an unroutable packet is unreachable even with TTL 1; a routed one exceeds its time', {}, (w) => {
  for (const [to, type, code, reason] of [
    ['203.0.113.1', 3, 1, 'route_unreachable'],
    ['203.0.113.129', 3, 13, 'route_prohibit'],
    ['198.51.100.9', 11, 0, 'ttl_exceeded'],
    ['10.0.1.9', 11, 0, 'ttl_exceeded'],
  ] as const) {
    const before = w.count(reason);
    w.send('lan', udpOut(HOST, 1, to, {}, { ttl: 1 }));
    expectFrame(w.one('lan'), ipv4({ src: '10.0.0.1' }), icmp({ type, code }));
    assert.equal(w.count(reason), before + 1);
  }
  w.send('lan', udpOut(HOST, 1, '203.0.113.193', {}, { ttl: 1 }));
  assert.deepEqual([w.count('route_blackhole'), w.sent('lan').length], [1, 0]);
});

test('F26 F28 with two workers whoever is asked answers, once', () => {
  const team = new Team(2, new Dice(7));
  const ask = (iface: string, ...frames: readonly Uint8Array[]): void => {
    for (const frame of frames) team.push(iface, frame);
    team.settle();
  };
  for (let i = 2; i < 18; i++) {
    const host = `10.0.0.${i}`;
    ask('lan', echoOut(host, i, '10.0.1.1'), udpOut(host, i, '10.0.1.1'), tcpOut(host, i, 'S', '10.0.1.1'));
    const told = team.sent('lan');
    assert.equal(told.length, 3);
    for (const frame of told) expectFrame(frame, eth({ dst: macOf(host) }), ipv4({ src: '10.0.1.1', dst: host }));
    ask('wan', packet(inward(), ipv4({ src: '198.51.100.9', dst: '192.0.2.1' }), udp({ sport: i })));
    const back = team.sent('wan');
    assert.equal(back.length, 1);
    expectFrame(back[0], ipv4({ src: '192.0.2.1', dst: '198.51.100.9' }), icmp({ type: 3, code: 3 }));
  }
  team.check();
});
