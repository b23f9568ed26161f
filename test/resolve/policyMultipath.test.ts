import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MemoryFrame } from '../../src/io/memoryIface.js';
import { decode } from '../support/decode.js';
import { answerTo, echoOut, outward, tcpOut, udpOut } from '../support/flows.js';
import { cut, datagram } from '../support/fragments.js';
import { icmp, ipv4, packet, raw, udp } from '../support/layers.js';
import { Dice } from '../support/mutate.js';
import { policy } from '../support/policySample.js';
import { REMOTE } from '../support/sample.js';
import { Team } from '../support/team.js';
import { type World, worldTest } from '../support/world.js';

/** Flows over the ways of a multipath route, routed and translated. */

const HOST = '10.0.0.11';
const FAR = '10.66.0.1';
const spread = (hash: string, weights = [1, 1], more: readonly string[] = []): string =>
  policy({
    routes: [
      `default nexthop via 192.0.2.254 dev wan weight ${weights[0]} nexthop via 192.0.3.254 dev wan2 weight ${weights[1]}`,
      `10.66.0.0/16 nexthop via 10.0.1.8 dev dmz weight ${weights[0]} nexthop via 10.0.1.9 dev dmz weight ${weights[1]}`,
      ...more,
    ],
    more: `routing: { multipathHash: ${hash} }`,
  });

/** The next hop's MAC of the only frame that left. */
function wayOf(w: { sent(iface: string): MemoryFrame[] }): string {
  const frames = ['dmz', 'wan', 'wan2'].flatMap((iface) => w.sent(iface));
  const ways = new Set(frames.map(({ octets }) => decode(octets).eth!.dst));
  assert.equal(ways.size, 1, `${frames.length} frames by ${[...ways]}`);
  return [...ways][0]!;
}

/** How many of `flows` take the first way. */
function share(w: World, flows: number, frame: (n: number) => Uint8Array): number {
  const counts = new Map<string, number>();
  for (let n = 0; n < flows; n++) {
    w.send('lan', frame(n));
    const way = wayOf(w);
    counts.set(way, (counts.get(way) ?? 0) + 1);
  }
  return (counts.get('02:00:c0:00:02:fe') ?? counts.get('02:00:0a:00:01:08') ?? 0) / flows;
}

for (const [weights, expected] of [
  [[1, 1], 1 / 2],
  [[3, 1], 3 / 4],
  [[1, 9], 1 / 10],
] as const)
  for (const [hash, frame] of [
    ['addresses', (n: number) => udpOut(HOST, 1, `198.51.${n >> 8}.${n & 255}`)],
    ['addresses', (n: number) => udpOut(HOST, 1, `10.66.${n >> 8}.${n & 255}`)],
    ['ports', (n: number) => udpOut(HOST, n, REMOTE)],
    ['ports', (n: number) => tcpOut(HOST, n, 'S', REMOTE)],
    ['ports', (n: number) => udpOut(HOST, n, FAR)],
  ] as const)
    worldTest(
      `dvr.md 4.2 ${hash}: shares by weights ${weights} of flows to ${decode(frame(1)).ipv4!.dst}`,
      { yaml: spread(hash, [...weights]) },
      (w) => {
        const flows = 800;
        // Four standard deviations.
        const slack = 4 * Math.sqrt((expected * (1 - expected)) / flows);
        const first = share(w, flows, frame);
        assert.ok(Math.abs(first - expected) < slack, `${first} of the flows, expected ${expected}`);
      },
    );

for (const hash of ['addresses', 'ports', 'inner'])
  for (const workers of [1, 2])
    test(`FWD-2 FRG-2 ${hash}: every packet of a flow takes one way: whole, in fragments, both protocols; ${workers} workers`, () => {
      const dice = new Dice(23);
      const team = new Team(workers, dice, { yaml: spread(hash) });
      for (let i = 0; i < 40; i++) {
        const to = i % 2 === 0 ? `198.51.100.${i}` : `10.66.0.${i}`;
        const host = `10.0.0.${20 + (i % 7)}`;
        const small = udpOut(host, 1000 + i, to);
        const d = datagram(
          outward(host),
          { src: host, dst: to, id: i },
          udp({ sport: 1000 + i, dport: 5000 }),
          new Uint8Array(2500),
        );
        const parts = cut(d, 800);
        const frames = dice.below(2) === 0 ? [small, ...parts, small] : [...parts.reverse(), small];
        const translated = i % 2 === 0;
        const ways = new Set<string>();
        for (const frame of frames) {
          team.push('lan', frame);
          if (dice.below(3) > 0) team.settle();
        }
        team.settle();
        const sent = ['dmz', 'wan', 'wan2'].flatMap((iface) => team.sent(iface));
        assert.equal(sent.length, frames.length);
        for (const { octets } of sent) {
          const { ipv4: ip, eth: link } = decode(octets);
          // Routed fragments have no ports to be hashed by, as in Linux: they stay together, apart from whole packets.
          const apart = hash === 'ports' && !translated && (ip!.mf || ip!.offset > 0);
          ways.add(`${apart ? 'parts ' : ''}${link!.dst}`);
        }
        assert.equal(new Set([...ways].filter((way) => !way.startsWith('parts'))).size, 1);
        assert.ok([...ways].filter((way) => way.startsWith('parts')).length <= 1);
      }
      team.check();
    });

worldTest(
  'dvr.md 4.2 addresses: an ICMP error takes the way of what it quotes; both directions one way',
  { yaml: spread('addresses', [1, 1], ['10.77.0.0/16 nexthop via 10.0.1.8 dev dmz nexthop via 10.0.1.9 dev dmz']) },
  (w) => {
    const seen = new Set<string>();
    for (let i = 0; i < 30; i++) {
      const [a, b] = [`10.77.0.${i}`, `10.66.0.${i}`];
      const routedFrame = (src: string, dst: string): Uint8Array => packet(outward(HOST), ipv4({ src, dst }), udp(), 'x');
      w.send('lan', routedFrame(a, b));
      const way = wayOf(w);
      w.send('lan', routedFrame(b, a));
      assert.equal(wayOf(w), way, 'both directions');
      // From a router on the way, about a packet from b to a.
      const quote = packet(ipv4({ src: b, dst: a }), udp(), 'x');
      w.send('lan', packet(outward(HOST), ipv4({ src: `10.99.0.${i}`, dst: b }), icmp({ type: 11 }), raw(quote)));
      assert.equal(wayOf(w), way, 'errors');
      seen.add(way);
    }
    assert.equal(seen.size, 2);
  },
);

worldTest(
  'dvr.md 4.2 inner: by the addresses within a tunnel; sessions keep none of the ways',
  { yaml: spread('inner') },
  (w) => {
    const seen = new Map<string, string>();
    for (let round = 0; round < 2; round++)
      for (let i = 0; i < 20; i++) {
        const inner = packet(ipv4({ src: '192.168.1.1', dst: `192.168.2.${i}` }), udp());
        w.send('lan', packet(outward(HOST), ipv4({ src: HOST, dst: FAR, protocol: 4 }), raw(inner)));
        const way = wayOf(w);
        assert.equal(seen.get(`${i}`) ?? way, way);
        seen.set(`${i}`, way);
        w.send('lan', echoOut(HOST, 7, REMOTE), udpOut(HOST, i, REMOTE));
        assert.equal(wayOf(w), seen.get('outer') ?? wayOfFirst(seen, w), 'one remote, one way');
      }
    assert.equal(new Set([...seen].filter(([key]) => key !== 'outer').map(([, way]) => way)).size, 2);

    function wayOfFirst(ways: Map<string, string>, world: World): string {
      world.send('lan', udpOut(HOST, 99, REMOTE));
      const way = wayOf(world);
      ways.set('outer', way);
      return way;
    }
  },
);

for (const hash of ['addresses', 'ports'])
  worldTest(
    `FWD-2 ${hash}: what is down is passed over at once; its flows come back; ports stay`,
    { yaml: spread(hash) },
    (w) => {
      const frames = Array.from({ length: 40 }, (_, i) =>
        i % 2 === 0 ? udpOut(HOST, 1000 + i, `198.51.100.${i}`) : udpOut(HOST, 1000 + i, `10.66.0.${i}`),
      );
      const run = (): [ways: string[], ports: number[]] => {
        const ways: string[] = [];
        const ports: number[] = [];
        for (const frame of frames) {
          w.send('lan', frame);
          const out = ['dmz', 'wan', 'wan2'].flatMap((iface) => w.sent(iface));
          assert.equal(out.length, 1);
          ways.push(decode(out[0]!.octets).eth!.dst);
          ports.push(decode(out[0]!.octets).udp!.sport);
        }
        return [ways, ports];
      };
      const before = run();
      const [wan2] = [w.snapshot.rifs.count - 1];
      w.setLink(wan2, true);
      const meanwhile = run();
      assert.ok(!meanwhile[0].includes('02:00:c0:00:03:fe'));
      assert.deepEqual(meanwhile[1], before[1]);
      before[0].forEach((way, i) => {
        if (way !== '02:00:c0:00:03:fe') assert.equal(meanwhile[0][i], way, 'other flows stay where they are');
      });
      w.setLink(wan2, false);
      assert.deepEqual(run(), before);
      // All ways down: no route, and both are told; up again: all as before.
      w.setLink(wan2, true);
      w.setLink(1, true);
      w.sent('lan');
      w.send('lan', udpOut('10.0.0.77', 1), frames[0]!);
      assert.equal(w.sent('lan').length, 2);
      assert.equal(w.count('no_route'), 2);
      w.setLink(1, false);
      w.setLink(wan2, false);
      assert.deepEqual(run(), before);
      w.send('wan2', answerTo({ octets: packet(outward(HOST), ipv4({ src: '192.0.2.10', dst: REMOTE }), udp({ sport: 1 })) }));
    },
  );
