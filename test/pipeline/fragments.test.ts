import assert from 'node:assert/strict';
import { decode } from '../support/decode.js';
import { expectFrame } from '../support/expectFrame.js';
import { inward, outward, udpOut } from '../support/flows.js';
import { checksumHolds, cut, cutAt, type Datagram, datagram, received } from '../support/fragments.js';
import { icmp, ipv4, packet, raw, tcp, udp } from '../support/layers.js';
import { GW, REMOTE, UPSTREAM } from '../support/sample.js';
import { type World, worldTest } from '../support/world.js';
import { arpReply } from '../support/worldParts.js';

const HOST = '10.0.0.5';
const bytes = (n: number): Uint8Array => Uint8Array.from({ length: n }, (_, i) => i * 31 + (i >> 8));

const LAYERS = {
  udp: (reply: boolean, port: number) => udp(reply ? { sport: 5000, dport: port } : { sport: port, dport: 5000 }),
  tcp: (reply: boolean, port: number) =>
    tcp(reply ? { sport: 80, dport: port, flags: 'SA' } : { sport: port, dport: 80, flags: 'S' }),
  echo: (reply: boolean, id: number) => icmp({ type: reply ? 0 : 8, id, seq: 1 }),
} as const;
type Kind = keyof typeof LAYERS;

function out(kind: Kind, octets: number, id = 77, from = HOST, port = 4000): Datagram {
  return datagram(outward(from), { src: from, dst: REMOTE, id }, LAYERS[kind](false, port), bytes(octets));
}

/** The port or id a first fragment has on the wire. */
function portOf(frame: Uint8Array, source: boolean): number {
  const d = decode(frame);
  if (d.icmp) return d.icmp.id;
  return source ? (d.udp ?? d.tcp)!.sport : (d.udp ?? d.tcp)!.dport;
}

function frames(w: World, iface: string): Uint8Array[] {
  return w.sent(iface).map(({ octets }) => octets);
}

/** What came out is one datagram with a sound checksum; it is returned. */
function whole(sent: readonly Uint8Array[], count: number): ReturnType<typeof received>[number] {
  assert.equal(sent.length, count, 'as many fragments as were sent');
  const [one, ...more] = received(sent);
  assert.equal(more.length, 0, 'all have one id');
  assert.ok(checksumHolds(one!.ip, one!.segment));
  return one!;
}

const ORDERS: Readonly<Record<string, (f: Uint8Array[]) => Uint8Array[]>> = {
  'in order': (f) => f,
  reversed: (f) => [...f].reverse(),
  'the first one in the middle': (f) => [f[1]!, f[0]!, ...f.slice(2)],
};

for (const kind of ['udp', 'tcp', 'echo'] as const) {
  for (const [name, order] of Object.entries(ORDERS)) {
    worldTest(`Z19 FRG-1 FRG-2 ${kind}, 4000 octets in fragments, ${name}, out and back`, {}, (w) => {
      const sent = out(kind, 4000);
      const parts = cut(sent, 1480);
      w.send('lan', ...order(parts));
      const left = frames(w, 'wan');
      const there = whole(left, parts.length);
      assert.deepEqual(there.segment.slice(-4000), bytes(4000));
      const external = portOf(left.find((frame) => decode(frame).ipv4!.offset === 0)!, true);
      assert.equal(w.sessionCount, 1);

      const back = datagram(inward(), { src: REMOTE, dst: there.ip.src, id: 99 }, LAYERS[kind](true, external), bytes(3500));
      const answer = cut(back, 1480);
      w.send('wan', ...order(answer));
      const arrived = frames(w, 'lan');
      const here = whole(arrived, answer.length);
      assert.deepEqual([here.ip.src, here.ip.dst, here.ip.id], [REMOTE, HOST, 99]);
      assert.equal(portOf(arrived.find((frame) => decode(frame).ipv4!.offset === 0)!, false), 4000);
      assert.deepEqual(here.segment.slice(-3500), bytes(3500));
      assert.equal(w.drops(), 0);
    });
  }
}

worldTest('FRG-3 later fragments without a first one are held, never forwarded, and dropped after 15 s', {}, (w) => {
  const parts = cut(out('udp', 4000), 1480).slice(1);
  w.send('lan', ...parts);
  w.advance(14_900);
  assert.deepEqual([w.count('fragment_held'), w.count('fragment_timeout')], [2, 0]);
  w.advance(200);
  assert.deepEqual([w.count('fragment_held'), w.count('fragment_timeout')], [2, 2]);
  assert.deepEqual(w.sent('wan'), []);
  assert.equal(w.sessionCount, 0);
});

worldTest('FRG-3 a datagram whose first fragment passed is forgotten one second after its last one', {}, (w) => {
  const [first, second, third] = cut(out('udp', 4000), 1480);
  w.send('lan', first!);
  w.advance(800);
  w.send('lan', second!);
  assert.equal(w.sent('wan').length, 2);
  w.advance(1200);
  w.send('lan', third!);
  assert.deepEqual(w.sent('wan'), []);
  assert.equal(w.count('fragment_held'), 1);
});

/** Fragments of which none may pass, and what becomes of them. */
const MALFORMED: Readonly<Record<string, { frames: Uint8Array[]; malformed: number }>> = {
  'a first UDP fragment without its ports': {
    frames: [packet(outward(HOST), ipv4({ src: HOST, dst: REMOTE, id: 5, protocol: 17, mf: true }), new Uint8Array(0))],
    malformed: 1,
  },
  'a first TCP fragment with half a header, and what follows': { frames: cutAt(out('tcp', 400), [16, 200]), malformed: 3 },
  'a TCP fragment at 8 octets, and what follows': { frames: cutAt(out('tcp', 400), [8, 200]).slice(1), malformed: 2 },
  'a second first fragment with other ports': {
    frames: [
      ...cut(out('udp', 400), 200).slice(1),
      cut(out('udp', 400, 77, HOST, 4001), 200)[0]!,
      cut(out('udp', 400, 77, HOST, 4002), 200)[0]!,
      cut(out('udp', 400), 200)[1]!,
    ],
    malformed: 2,
  },
  'beyond 65,535 octets': {
    frames: [packet(outward(HOST), ipv4({ src: HOST, dst: REMOTE, protocol: 17, offset: 65_528 }), new Uint8Array(8))],
    malformed: 1,
  },
};

for (const [name, { frames: parts, malformed }] of Object.entries(MALFORMED)) {
  worldTest(`FRG-4 ${name}: dropped`, {}, (w) => {
    for (const part of parts) w.send('lan', part);
    assert.equal(w.count('fragment_malformed'), malformed);
    w.advance(16_000);
    assert.equal(w.sent('wan').length + w.count('fragment_malformed') + w.count('fragment_timeout'), parts.length);
  });
}

worldTest('FRG-4 what waited for a first fragment that turns out malformed goes with it', {}, (w) => {
  const [first, second, third] = cutAt(out('tcp', 400), [16, 200]);
  w.send('lan', third!);
  w.send('lan', second!);
  w.send('lan', first!);
  assert.deepEqual([w.count('fragment_held'), w.count('fragment_malformed')], [1, 3]);
  assert.deepEqual(w.sent('wan'), []);
});

worldTest('FRG-4 overlapping fragments are translated all alike', {}, (w) => {
  const d = out('udp', 1000);
  const parts = [...cutAt(d, [200, 600]), ...cutAt(d, [400, 600]).slice(1, 2)];
  w.send('lan', ...parts);
  const ips = w.sent('wan').map((frame) => decode(frame.octets).ipv4!);
  assert.equal(ips.length, parts.length);
  assert.equal(new Set(ips.map(({ src, id }) => `${src} ${id}`)).size, 1);
});

worldTest('FRG-6 equal ids of other protocols, other destinations and the other side are other datagrams', {}, (w) => {
  w.send('lan', udpOut(HOST, 4000));
  const session = decode(w.one('wan').octets);
  const back = datagram(
    inward(),
    { src: REMOTE, dst: session.ipv4!.src, id: 77 },
    udp({ sport: 5000, dport: session.udp!.sport }),
    bytes(2000),
  );
  const sets = [out('udp', 2000), out('tcp', 2000), out('echo', 2000)].map((d) => cut(d, 1000).reverse());
  const other = cut({ ...out('udp', 2000), ip: { src: HOST, dst: '198.51.100.8', id: 77 } }, 1000).reverse();
  for (let i = 0; i < other.length; i++) {
    for (const set of [...sets, other]) if (set[i]) w.send('lan', set[i]!);
    w.send('wan', cut(back, 1000).reverse()[i]!);
  }
  assert.equal(received(frames(w, 'wan')).length, 4);
  assert.equal(received(frames(w, 'lan')).length, 1);
  assert.equal(w.drops(), 0);
});

worldTest('FRG-8 interleaved equal ids of several hosts leave with different ones', {}, (w) => {
  const hosts = Array.from({ length: 20 }, (_, i) => `10.0.0.${10 + i}`);
  const sets = hosts.map((host, i) => cut(out('udp', 3000, 7, host, 5000 + i), 1000));
  for (let part = 0; part < sets[0]!.length; part++) w.send('lan', ...sets.map((set) => set[part]!));
  const all = received(frames(w, 'wan'));
  assert.equal(all.length, hosts.length);
  assert.equal(new Set(all.map(({ ip }) => ip.id)).size, hosts.length);
  for (const { ip, segment } of all) assert.ok(checksumHolds(ip, segment));
});

worldTest('FRG-10 a datagram of 65,507 octets, fragments of 1500, passes both ways and reversed', {}, (w) => {
  const sent = cut(out('udp', 65_507), 1480);
  assert.equal(sent.length, 45);
  w.send('lan', ...sent.slice(0, 40));
  w.send('lan', ...sent.slice(40));
  const there = whole(frames(w, 'wan'), 45);
  assert.deepEqual(there.segment.slice(8), bytes(65_507));
  const external = (there.segment[0]! << 8) | there.segment[1]!;
  const back = datagram(inward(), { src: REMOTE, dst: there.ip.src, id: 1 }, LAYERS.udp(true, external), bytes(65_507));
  w.send('wan', ...cut(back, 1480).reverse());
  assert.deepEqual(whole(frames(w, 'lan'), 45).segment.slice(8), bytes(65_507));
});

worldTest('fragments that come while the next hop is resolved wait with the first one', {}, (w) => {
  w.silent.add(UPSTREAM);
  w.send('lan', ...cut(out('udp', 4000), 1480).reverse());
  assert.deepEqual([w.count('queued'), w.count('fragment_held')], [3, 2]);
  w.send('wan', arpReply(UPSTREAM, '192.0.2.1', GW.wan));
  whole(frames(w, 'wan'), 3);
});

worldTest('a fragment larger than the way out is cut again; with DF its sender is told', { mtus: { wan: 700 } }, (w) => {
  w.send('lan', ...cut(out('udp', 4000), 1480).reverse());
  const there = received(frames(w, 'wan'));
  assert.equal(there.length, 1);
  assert.deepEqual(there[0]!.segment.slice(8), bytes(4000));
  w.send('lan', ...cut({ ...out('udp', 4000), ip: { src: HOST, dst: REMOTE, id: 3, df: true } }, 1480));
  expectFrame(w.one('lan'), icmp({ type: 3, code: 4, mtu: 700 }));
  assert.deepEqual(w.sent('wan'), []);
});

worldTest('ERR-13 an error about a first fragment quotes it as it came; there is none about the others', {}, (w) => {
  const parts = cut({ ...out('udp', 4000), ip: { src: HOST, dst: REMOTE, id: 3, ttl: 1 } }, 1480);
  w.send('lan', ...parts);
  expectFrame(w.one('lan'), icmp({ type: 11, code: 0 }), raw(parts[0]!.slice(14, 14 + 548)));
  assert.equal(w.count('ttl_exceeded'), 3);
});

worldTest('the fragments a worker held when it failed are counted', {}, (w) => {
  w.send('lan', ...cut(out('udp', 4000), 1480).slice(1));
  w.replaceWorker();
  assert.equal(w.count('worker_fault'), 2);
  w.check();
  w.send('lan', ...cut(out('udp', 4000, 78), 1480).reverse());
  whole(frames(w, 'wan'), 3);
});
