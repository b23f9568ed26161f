import assert from 'node:assert/strict';
import type { MemoryFrame } from '../../src/io/memoryIface.js';
import { CounterEvent, IfaceCounter } from '../../src/shared/counters.js';
import { decode } from '../support/decode.js';
import { answerTo, outward, tcpOut } from '../support/flows.js';
import { eth, type Ipv4Fields, ipv4, packet, type TcpFields, tcp, vlan } from '../support/layers.js';
import { joined } from '../support/octets.js';
import { GW, REMOTE, TAGGED_YAML } from '../support/sample.js';
import { segmentsOf } from '../support/segments.js';
import { partial, readVirtio, tso, virtio } from '../support/virtio.js';
import { type World, worldTest } from '../support/world.js';

const HOST = '10.0.0.5';
const SIZE = 100;
const bytes = (n: number, seed = 0): Uint8Array => Uint8Array.from({ length: n }, (_, i) => ((i + seed) * 31) ^ (i >> 8));

interface Segment {
  ip?: Ipv4Fields;
  tcp?: TcpFields;
  size?: number;
  /** Octets behind the packet. */
  trailer?: number;
  virtio?: Uint8Array;
}

/** Segment number `k` of a stream of segments of SIZE octets. */
function segment(k: number, change: Segment = {}): MemoryFrame {
  const header: TcpFields = { sport: 4000, dport: 80, seq: 1 + k * SIZE, ack: 9, flags: 'A', checksum: 'partial', ...change.tcp };
  const ip: Ipv4Fields = { src: HOST, dst: REMOTE, df: true, id: 100 + k, ...change.ip };
  const octets = packet(outward(HOST), ipv4(ip), tcp(header), bytes(change.size ?? SIZE, k * SIZE));
  return { octets: joined(octets, new Uint8Array(change.trailer ?? 0)), virtio: change.virtio ?? partial(34, 16) };
}

/** The flow is open, and its outside takes super-frames. */
function open(w: World): void {
  for (const sport of [4000, 4001]) {
    w.send('lan', tcpOut(HOST, sport, 'S'));
    w.send('wan', answerTo(w.one('wan')));
  }
  w.sent('lan');
  w.cx.outlets[1]!.coalesces = true;
}

function sizes(frames: readonly MemoryFrame[]): number[] {
  return frames.map(({ octets }) => decode(octets).payload.length);
}

worldTest('segments of a burst that follow each other leave as one super-frame; each has its verdict', {}, (w) => {
  open(w);
  const before = [IfaceCounter.TxFrames, IfaceCounter.TxPackets, IfaceCounter.TxOctets].map((counter) => w.rifTotal(counter));
  const translated = w.count('translated');
  w.send('lan', segment(0), segment(1), segment(2), segment(3, { size: 40, tcp: { flags: 'AP' } }));
  const out = w.one('wan');
  assert.deepEqual(readVirtio(out.virtio!), readVirtio(tso(SIZE)));
  const d = decode(out.octets);
  assert.deepEqual([d.tcp!.seq, d.tcp!.flags, d.ipv4!.id, d.ipv4!.totalLength], [1, 'PA', 100, 40 + 340]);
  assert.deepEqual(d.payload, joined(...[0, 1, 2].map((k) => bytes(SIZE, k * SIZE)), bytes(40, 300)));
  assert.equal(w.count('translated') - translated, 4);
  const after = [IfaceCounter.TxFrames, IfaceCounter.TxPackets, IfaceCounter.TxOctets].map((counter) => w.rifTotal(counter));
  assert.deepEqual(
    after.map((n, i) => n - before[i]!),
    [1, 4, out.octets.length],
  );
  assert.equal(w.event(CounterEvent.FramesCoalesced), 3);
});

worldTest('nothing is joined for a device that does not take it, and nothing is held back for the next burst', {}, (w) => {
  open(w);
  w.send('lan', segment(0));
  assert.deepEqual(sizes(w.sent('wan')), [SIZE]);
  w.cx.outlets[1]!.coalesces = false;
  w.send('lan', segment(1), segment(2));
  assert.deepEqual(sizes(w.sent('wan')), [SIZE, SIZE]);
});

worldTest(
  'a finished checksum that the kernel has found right is as good as a partial one; an unknown one is left alone',
  {},
  (w) => {
    open(w);
    const valid = virtio({ dataValid: true });
    const finished = { tcp: { checksum: undefined } } as unknown as Segment;
    w.send('lan', segment(0, { ...finished, virtio: valid }), segment(1, { ...finished, virtio: valid }));
    const [out, ...none] = w.sent('wan');
    assert.deepEqual([none.length, decode(out!.octets).payload.length], [0, 2 * SIZE]);
    w.send('lan', segment(2, { ...finished, virtio: virtio() }), segment(3, { ...finished, virtio: virtio() }));
    assert.deepEqual(sizes(w.sent('wan')), [SIZE, SIZE]);
  },
);

/** What the second segment has, and the first where it is not as usual. */
const APART: readonly (readonly [string, Segment, Segment?])[] = [
  ['a gap in the sequence', { tcp: { seq: 1 + SIZE + 1 } }],
  ['the same segment again', { tcp: { seq: 1 } }],
  ['another acknowledgement', { tcp: { ack: 10 } }],
  ['another window', { tcp: { window: 77 } }],
  ['other options', { tcp: { options: [1, 1, 1, 1] } }],
  ['FIN', { tcp: { flags: 'FA' } }],
  ['URG', { tcp: { flags: 'AU' } }],
  ['congestion reported', { tcp: { flags: 'AE' } }],
  ['congestion seen', { ip: { tos: 3 } }],
  ['another DSCP', { ip: { tos: 0x48 } }],
  ['another TTL', { ip: { ttl: 63 } }],
  ['no DF', { ip: { df: false } }],
  ['an id that stays', { ip: { id: 100 } }],
  ['IPv4 options', { ip: { options: [1, 1, 1, 1] }, virtio: partial(38, 16) }],
  ['more data than the first', { size: SIZE + 1 }],
  ['no data', { size: 0 }],
  ['a trailer', { size: 94, trailer: 6, virtio: virtio({ dataValid: true }) }],
  ['reserved bits, the same in both', { tcp: { reserved: 2 } }, { tcp: { reserved: 2 } }],
  ['an urgent pointer without URG', { tcp: { urgent: 5 } }],
  ['another flow', { tcp: { sport: 4001 } }],
  ['a wrong partial checksum', { tcp: { checksum: 0x1234 } }],
];

for (const [what, change, first] of APART)
  worldTest(`not joined: ${what}`, { wrongChecksums: true }, (w) => {
    open(w);
    w.send('lan', segment(0, first), segment(1, change));
    assert.deepEqual(sizes(w.sent('wan')), [SIZE, change.size ?? SIZE]);
    w.send('lan', segment(5), segment(6));
    assert.deepEqual(sizes(w.sent('wan')), [2 * SIZE], 'as it is they are');
  });

worldTest('a shorter segment and PSH end a train; what comes between ends it as well', {}, (w) => {
  open(w);
  w.send('lan', segment(0), segment(1, { size: 60 }), segment(2, { tcp: { seq: 161 } }), segment(3, { tcp: { seq: 261 } }));
  assert.deepEqual(sizes(w.sent('wan')), [160, 200]);
  w.send('lan', segment(4), segment(5, { tcp: { flags: 'AP' } }), segment(6), segment(7));
  assert.deepEqual(sizes(w.sent('wan')), [200, 200]);
  w.send('lan', segment(8), segment(0, { tcp: { sport: 4001 } }), segment(9), segment(10));
  assert.deepEqual(sizes(w.sent('wan')), [100, 100, 200]);
});

worldTest('a frame that lies behind those that follow it is not joined: its data would go over theirs', {}, (w) => {
  open(w);
  const lan = w.turn.ifaces[0]!;
  const receive = lan.receive.bind(lan);
  // As a packet socket leaves it: the second frame of the burst has found its place behind the third.
  lan.receive = (most) => {
    const n = receive(most);
    const { offsets, lengths } = w.cx;
    if (n === 3) {
      [offsets[1], offsets[2]] = [offsets[2]!, offsets[1]!];
      [lengths[1], lengths[2]] = [lengths[2]!, lengths[1]!];
    }
    return n;
  };
  w.send('lan', segment(0), segment(2), segment(1));
  const out = w.sent('wan');
  assert.deepEqual(sizes(out), [SIZE, SIZE, SIZE]);
  out.forEach(({ octets }, k) => {
    assert.equal(decode(octets).tcp!.seq, 1 + k * SIZE);
    assert.deepEqual(decode(octets).payload, bytes(SIZE, k * SIZE));
  });
});

worldTest('65,535 octets are the most; the next begins another', { mtus: { lan: 9000, wan: 9000 } }, (w) => {
  open(w);
  const frames = Array.from({ length: 12 }, (_, k) => segment(k, { size: 8000, tcp: { seq: 1 + k * 8000 } }));
  w.send('lan', ...frames);
  assert.deepEqual(sizes(w.sent('wan')), [64_000, 32_000]);
});

worldTest(
  'through a VLAN, both ways: tags are put in and taken out, counters are those of the VLAN',
  {
    yaml: TAGGED_YAML,
  },
  (w) => {
    for (const outlet of w.cx.outlets) outlet.coalesces = true;
    const ends = { src: '10.0.1.5', dst: '10.0.7.9', df: true };
    const at = (k: number) => tcp({ sport: 4000, dport: 80, seq: k * SIZE, flags: 'A', checksum: 'partial' });
    const plain = (k: number): MemoryFrame => ({
      octets: packet(eth({ dst: GW.dmz }), ipv4({ ...ends, id: k }), at(k), bytes(SIZE)),
      virtio: partial(34, 16),
    });
    // The first waits for the neighbour.
    w.send('dmz', plain(0));
    w.sent('lan');
    const vlanFrames = () => w.state.counters.rifs[1 * IfaceCounter.Count + IfaceCounter.TxFrames]!;
    const before = vlanFrames();
    w.send('dmz', plain(1), plain(2), plain(3));
    const tagged = w.one('lan');
    assert.deepEqual(readVirtio(tagged.virtio!), readVirtio(tso(SIZE, 38)));
    assert.equal(decode(tagged.octets).vlan!.id, 7);
    assert.equal(decode(tagged.octets).payload.length, 300);
    assert.equal(vlanFrames() - before, 1);
    const back = (k: number): MemoryFrame => ({
      octets: packet(
        eth({ dst: GW.lan, type: 0x8100 }),
        vlan({ id: 7 }),
        ipv4({ src: ends.dst, dst: ends.src, df: true, id: k }),
        at(k),
        bytes(SIZE),
      ),
      virtio: partial(38, 16),
    });
    w.send('lan', back(0));
    w.sent('dmz');
    w.send('lan', back(1), back(2));
    const untagged = w.one('dmz');
    assert.deepEqual(readVirtio(untagged.virtio!), readVirtio(tso(SIZE)));
    assert.equal(decode(untagged.octets).payload.length, 200);
  },
);

worldTest('cut again, a joined frame is the very segments that would have left', {}, (w) => {
  open(w);
  const frames = [0, 1, 2, 3, 4].map((k) => segment(k, { tcp: { options: [1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2] } }));
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
  for (const { virtio: header } of again) assert.deepEqual(readVirtio(header), readVirtio(partial(34, 16)));
});
