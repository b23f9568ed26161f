import assert from 'node:assert/strict';
import type { MemoryFrame } from '../../src/io/memoryIface.js';
import { CounterEvent, IfaceCounter } from '../../src/shared/counters.js';
import { Lacks } from '../../src/shared/offloads.js';
import { decode } from '../support/decode.js';
import { answerTo, outward, udpOut } from '../support/flows.js';
import { type Ipv4Fields, ipv4, packet, type UdpFields, udp } from '../support/layers.js';
import { joined } from '../support/octets.js';
import { REMOTE } from '../support/sample.js';
import { segmentsOf } from '../support/segments.js';
import { partial, readVirtio, uso, virtio } from '../support/virtio.js';
import { type World, worldTest } from '../support/world.js';

const HOST = '10.0.0.5';
const SIZE = 100;
const bytes = (n: number, seed = 0): Uint8Array => Uint8Array.from({ length: n }, (_, i) => ((i + seed) * 31) ^ (i >> 8));

interface Datagram {
  ip?: Ipv4Fields;
  udp?: UdpFields;
  size?: number;
  /** Octets behind the packet. */
  trailer?: number;
  virtio?: Uint8Array;
}

/** Datagram number `k` of a flow. */
function datagram(k: number, change: Datagram = {}): MemoryFrame {
  const header: UdpFields = { sport: 4000, dport: 5000, checksum: 'partial', ...change.udp };
  const ip: Ipv4Fields = { src: HOST, dst: REMOTE, df: true, id: 100 + k, ...change.ip };
  const octets = packet(outward(HOST), ipv4(ip), udp(header), bytes(change.size ?? SIZE, k * SIZE));
  return { octets: joined(octets, new Uint8Array(change.trailer ?? 0)), virtio: change.virtio ?? partial(34, 6) };
}

/** Both flows have sessions, and the outside takes super-frames. */
function open(w: World): void {
  for (const sport of [4000, 4001]) {
    w.send('lan', udpOut(HOST, sport));
    w.send('wan', answerTo(w.one('wan')));
  }
  w.sent('lan');
  w.cx.outlets[1]!.coalesces = true;
}

const TX = [IfaceCounter.TxFrames, IfaceCounter.TxPackets, IfaceCounter.TxOctets] as const;
const sizes = (frames: readonly MemoryFrame[]): number[] => frames.map(({ octets }) => decode(octets).payload.length);

worldTest('datagrams of a burst that follow each other leave as one super-frame; each has its verdict', {}, (w) => {
  open(w);
  const before = TX.map((counter) => w.rifTotal(counter));
  const translated = w.count('translated');
  w.send('lan', datagram(0), datagram(1), datagram(2), datagram(3, { size: 40 }));
  const out = w.one('wan');
  assert.deepEqual(readVirtio(out.virtio!), readVirtio(uso(SIZE)));
  const d = decode(out.octets);
  assert.deepEqual([d.udp!.length, d.ipv4!.id, d.ipv4!.totalLength], [8 + 340, 100, 28 + 340]);
  assert.deepEqual(d.payload, joined(...[0, 1, 2].map((k) => bytes(SIZE, k * SIZE)), bytes(40, 300)));
  assert.equal(w.count('translated') - translated, 4);
  assert.deepEqual(
    TX.map((counter, i) => w.rifTotal(counter) - before[i]!),
    [1, 4, out.octets.length],
  );
  assert.equal(w.event(CounterEvent.FramesCoalesced), 3);
});

worldTest('cut again, it is the very datagrams that would have left', {}, (w) => {
  open(w);
  const frames = [0, 1, 2, 3, 4].map((k) => datagram(k, { size: k === 4 ? 33 : 77 }));
  w.cx.outlets[1]!.coalesces = false;
  w.send('lan', ...frames);
  const single = w.sent('wan').map(({ octets }) => octets);
  w.cx.outlets[1]!.coalesces = true;
  w.send('lan', ...frames);
  const again = segmentsOf(w.one('wan'), false);
  assert.deepEqual(
    again.map(({ octets }) => octets),
    single,
  );
  for (const { virtio: header } of again) assert.deepEqual(readVirtio(header), readVirtio(partial(34, 6)));
});

worldTest('a finished checksum that the kernel has found right is as good as a partial one; none is none', {}, (w) => {
  open(w);
  const valid = (checksum: 'none' | undefined): Datagram =>
    ({ udp: { checksum }, virtio: virtio({ dataValid: true }) }) as Datagram;
  w.send('lan', datagram(0, valid(undefined)), datagram(1, valid(undefined)));
  assert.deepEqual(sizes(w.sent('wan')), [2 * SIZE]);
  w.send('lan', datagram(2, valid('none')), datagram(3, valid('none')));
  assert.deepEqual(sizes(w.sent('wan')), [SIZE, SIZE]);
});

worldTest('nothing is joined for a device that takes super-frames of TCP only', {}, (w) => {
  open(w);
  w.cx.outlets[1]!.lacks = Lacks.Uso;
  w.send('lan', datagram(0), datagram(1));
  assert.deepEqual(sizes(w.sent('wan')), [SIZE, SIZE]);
});

/** What the second datagram has. */
const APART: readonly (readonly [string, Datagram])[] = [
  ['congestion seen', { ip: { tos: 3 } }],
  ['another TTL', { ip: { ttl: 63 } }],
  ['no DF', { ip: { df: false } }],
  ['an id that stays', { ip: { id: 100 } }],
  ['an id that goes back', { ip: { id: 99 } }],
  ['a part of a datagram', { ip: { mf: true }, virtio: virtio({ dataValid: true }) }],
  ['IPv4 options', { ip: { options: [1, 1, 1, 1] }, virtio: partial(38, 6) }],
  ['more data than the first', { size: SIZE + 1 }],
  ['no data', { size: 0 }],
  ['a trailer', { size: 94, trailer: 6, virtio: virtio({ dataValid: true }) }],
  ['octets behind the datagram', { udp: { length: 8 + SIZE - 10 }, virtio: virtio({ dataValid: true }) }],
  ['another flow', { udp: { sport: 4001 } }],
  ['a wrong partial checksum', { udp: { checksum: 0x1234 } }],
];

for (const [what, change] of APART)
  worldTest(`not joined: ${what}`, { wrongChecksums: true }, (w) => {
    open(w);
    w.send('lan', datagram(0), datagram(1, change));
    assert.equal(w.sent('wan').length, 2);
    assert.equal(w.event(CounterEvent.FramesCoalesced), 0);
    w.send('lan', datagram(5), datagram(6));
    assert.deepEqual(sizes(w.sent('wan')), [2 * SIZE], 'as it is they are');
  });

worldTest('a shorter datagram ends a train; so does TCP in between', {}, (w) => {
  open(w);
  w.send('lan', datagram(0), datagram(1, { size: 60 }), datagram(2), datagram(3));
  assert.deepEqual(sizes(w.sent('wan')), [160, 200]);
  w.send('lan', datagram(4), datagram(0, { udp: { sport: 4001 } }), datagram(5), datagram(6));
  assert.deepEqual(sizes(w.sent('wan')), [100, 100, 200]);
});

worldTest('65,535 octets are the most; the next begins another', { mtus: { lan: 9000, wan: 9000 } }, (w) => {
  open(w);
  w.send('lan', ...Array.from({ length: 12 }, (_, k) => datagram(k, { size: 8000 })));
  assert.deepEqual(sizes(w.sent('wan')), [64_000, 32_000]);
});
