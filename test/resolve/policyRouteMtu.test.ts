import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decode } from '../support/decode.js';
import { expectFrame } from '../support/expectFrame.js';
import { answerTo, echoOut, inward, outVia, outward, PAYLOAD, tcpOut, udpOut } from '../support/flows.js';
import { eth, icmp, ipv4, packet, raw, tcp, udp } from '../support/layers.js';
import { Dice } from '../support/mutate.js';
import { policy } from '../support/policySample.js';
import { reassemble } from '../support/reassemble.js';
import { REMOTE } from '../support/sample.js';
import { Team } from '../support/team.js';
import { tso } from '../support/virtio.js';
import { worldTest } from '../support/world.js';

/** Routes with an MTU and with a source of their own. */

const HOST = '10.0.0.11';
const FAR = '10.66.0.1';
const narrow = policy({
  routes: [
    'default via 192.0.2.254 dev wan mtu 1200',
    '10.66.0.0/16 via 10.0.1.9 mtu lock 1300',
    '10.67.0.0/16 via 10.0.1.9 mtu 9000',
  ],
  more: 'tcp: { mss: pmtu }',
});
const sized = (to: string, octets: number, df: boolean, sport = 7): Uint8Array =>
  packet(
    outward(HOST),
    ipv4({ src: HOST, dst: to, df, id: 5 }),
    udp({ sport, dport: 5000 }),
    Uint8Array.from({ length: octets - 28 }, (_, i) => i),
  );

for (const [to, iface, mtu] of [
  [REMOTE, 'wan', 1200],
  [FAR, 'dmz', 1300],
  ['10.67.0.1', 'dmz', 1500],
] as const) {
  worldTest(`ERR-12 FWD-10 the way to ${to} takes ${mtu} octets: with DF 3/4, without fragments`, { yaml: narrow }, (w) => {
    // New and known.
    for (let n = 0; n < 2; n++) {
      w.send('lan', sized(to, mtu, true, 7 + n));
      assert.equal(w.one(iface).octets.length, 14 + mtu);
      const large = sized(to, mtu + 1, true, 7 + n);
      w.send('lan', large);
      expectFrame(
        w.one('lan'),
        ipv4({ src: '10.0.0.1', dst: HOST }),
        icmp({ type: 3, code: 4, mtu }),
        raw(large.slice(14, 14 + 548)),
      );
      w.send('lan', sized(to, mtu + 500, false, 7 + n));
      const parts = w.sent(iface).map(({ octets }) => octets);
      assert.equal(parts.length, 2);
      for (const part of parts) assert.ok(part.length <= 14 + mtu);
      assert.deepEqual(reassemble(parts).slice(8), sized(to, mtu + 500, false).slice(42));
    }
    assert.deepEqual(w.sent('lan'), []);
  });

  worldTest(`OFF-8 the way to ${to} takes ${mtu} octets: super-frames by their segments`, { yaml: narrow }, (w) => {
    const many = (size: number, flags: string) => ({
      octets: packet(
        outward(HOST),
        ipv4({ src: HOST, dst: to, df: true }),
        tcp({ flags, sport: 9, checksum: 'partial' }),
        flags === 'S' ? '' : new Uint8Array(9000),
      ),
      virtio: tso(size),
    });
    w.send('lan', tcpOut(HOST, 9, 'S', to));
    w.one(iface);
    w.send('lan', many(mtu - 40, 'A'));
    assert.equal(w.one(iface).octets.length, 14 + 40 + 9000);
    w.send('lan', many(mtu - 39, 'A'));
    expectFrame(w.one('lan'), icmp({ type: 3, code: 4, mtu }));
  });
}

worldTest('ERR-12 a large first packet opens nothing where the route has an MTU', { yaml: narrow }, (w) => {
  w.send('lan', sized(REMOTE, 1201, true));
  expectFrame(w.one('lan'), icmp({ type: 3, code: 4, mtu: 1200 }));
  assert.equal(w.sessionCount, 0);
});

worldTest('TCP-13 mss: pmtu both directions are clamped to the route, though only one way has its MTU', { yaml: narrow }, (w) => {
  const mss = (most: number): number[] => [2, 4, most >> 8, most & 0xff];
  w.send('lan', tcpOut(HOST, 9, 'S', REMOTE, { options: mss(1460) }));
  const syn = w.one('wan');
  assert.deepEqual(decode(syn.octets).tcp!.options, mss(1160));
  w.send('wan', answerTo(syn, { options: mss(1460) }));
  assert.deepEqual(decode(w.one('lan').octets).tcp!.options, mss(1160));
  w.send('lan', tcpOut(HOST, 10, 'S', REMOTE, { options: mss(1000) }));
  assert.deepEqual(decode(w.one('wan').octets).tcp!.options, mss(1000));
});

worldTest('FWD-10 a reload gives the route an MTU, and takes it away: sessions follow', { yaml: narrow }, (w) => {
  const wide = narrow.replace('dev wan mtu 1200', 'dev wan');
  const port = outVia(w, 'lan', sized(REMOTE, 1000, true)).udp!.sport;
  for (const [yaml, most] of [
    [wide, 1500],
    [narrow, 1200],
    [wide, 1500],
  ] as const) {
    w.reload(yaml, 2 + Math.trunc(w.snapshot.epoch));
    w.send('lan', sized(REMOTE, most, true));
    expectFrame(w.one('wan'), udp({ sport: port }));
    w.send('lan', sized(REMOTE, most + 1, true));
    assert.deepEqual([w.sent('wan'), w.sent('lan').length], [[], most === 1500 ? 1 : 1]);
  }
});

for (const workers of [1, 2])
  test(`FWD-10 sessions through a route with an MTU, ${workers} workers`, () => {
    const team = new Team(workers, new Dice(31), { yaml: narrow });
    for (let round = 0; round < 2; round++)
      for (let i = 0; i < 20; i++) {
        const host = `10.0.0.${20 + i}`;
        team.push('lan', packet(outward(host), ipv4({ src: host, dst: REMOTE }), udp({ sport: 7 }), new Uint8Array(1400)));
        team.push(
          'lan',
          packet(outward(host), ipv4({ src: host, dst: REMOTE, df: true }), udp({ sport: 7 }), new Uint8Array(1400)),
        );
        team.settle();
        assert.deepEqual([team.sent('wan').length, team.sent('lan').length], [2, 1]);
      }
    assert.equal(team.sessionCount, 20);
    team.check();
  });

const sourced = policy({
  zones: '[{ name: all, match: [10.0.0.0/24], localAddresses: [192.0.2.10] }]',
  routes: [
    'default via 192.0.2.254 dev wan src 192.0.3.1',
    '10.66.0.0/16 via 10.0.1.9 src 10.0.0.1',
    '10.67.0.0/16 via 10.0.1.9',
    '10.68.0.0/16 via 10.0.1.9 src 192.0.2.1',
    'unreachable 10.99.0.0/16',
  ],
});

worldTest(
  'ERR-14 dvr.md 4.2 src of the route to the sender is the source of errors; of nothing that is forwarded',
  { yaml: sourced },
  (w) => {
    const from = (src: string, dst: string): Uint8Array => packet(outward('10.0.1.9'), ipv4({ src, dst }), udp(), PAYLOAD);
    for (const [sender, source] of [
      ['10.66.0.1', '10.0.0.1'],
      ['10.67.0.1', '10.0.1.1'],
      // An address of the other side does not cross the border.
      ['10.68.0.1', '10.0.1.1'],
      ['10.0.1.7', '10.0.1.1'],
    ] as const) {
      const frame = from(sender, '10.99.0.1');
      w.send('dmz', frame);
      expectFrame(w.one('dmz'), ipv4({ src: source, dst: sender }), icmp({ type: 3, code: 1 }), raw(frame.slice(14)));
      w.send('dmz', from(sender, HOST));
      expectFrame(w.one('lan'), ipv4({ src: sender, dst: HOST }));
      // What was asked of an address is answered by it.
      w.send('dmz', from(sender, '10.0.1.1'));
      expectFrame(w.one('dmz'), ipv4({ src: '10.0.1.1', dst: sender }), icmp({ type: 3, code: 3 }));
    }
    w.send('lan', echoOut(HOST, 1, FAR));
    expectFrame(w.one('dmz'), ipv4({ src: HOST, dst: FAR }));
  },
);

worldTest('ERR-14 GEN-7 src towards outside: time exceeded about a frame of a session', { yaml: sourced }, (w) => {
  w.send('lan', udpOut(HOST, 7));
  const out = w.one('wan');
  w.send('wan', answerTo(out, {}, { ttl: 1 }));
  expectFrame(w.one('wan'), ipv4({ src: '192.0.3.1', dst: REMOTE }), icmp({ type: 11, code: 0 }));
  w.reload(sourced.replace('src 192.0.3.1', 'src 10.0.0.1'), 2);
  w.send('wan', answerTo(out, {}, { ttl: 1 }));
  expectFrame(w.one('wan'), ipv4({ src: '192.0.2.1', dst: REMOTE }), icmp({ type: 11, code: 0 }));
  w.send('wan', packet(inward(), ipv4({ src: REMOTE, dst: '192.0.2.1' }), icmp({ type: 8, id: 3 })));
  expectFrame(w.one('wan'), eth({}), ipv4({ src: '192.0.2.1', dst: REMOTE }), icmp({ type: 0 }));
});
