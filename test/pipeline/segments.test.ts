import assert from 'node:assert/strict';
import type { MemoryFrame } from '../../src/io/memoryIface.js';
import { CounterEvent, IfaceCounter } from '../../src/shared/counters.js';
import { Lacks } from '../../src/shared/offloads.js';
import { checksumFault, decode } from '../support/decode.js';
import { expectFrame } from '../support/expectFrame.js';
import { answerTo, outward, PAYLOAD, tcpOut, udpOut } from '../support/flows.js';
import { eth, ipv4, packet, raw, tcp, udp, vlan } from '../support/layers.js';
import { joined } from '../support/octets.js';
import { GW, REMOTE, TAGGED_YAML } from '../support/sample.js';
import { partial, readVirtio, tso, uso } from '../support/virtio.js';
import { type World, worldTest } from '../support/world.js';

const HOST = '10.0.0.5';
const bytes = (n: number): Uint8Array => Uint8Array.from({ length: n }, (_, i) => (i * 31) ^ (i >> 8));

/** A device that completes no checksums and cuts nothing, unless told otherwise. */
function lacking(w: World, iface: string, lacks: number = Lacks.All): void {
  w.cx.outlets[w.names.indexOf(iface)]!.lacks = lacks;
}

function superTcp(octets: number, size: number, flags = 'A'): MemoryFrame {
  const l4 = tcp({ sport: 4000, dport: 80, seq: 1000, flags, checksum: 'partial' });
  const frame = packet(outward(HOST), ipv4({ src: HOST, dst: REMOTE, df: true, id: 7 }), l4, bytes(octets));
  return { octets: frame, virtio: tso(size) };
}

function superUdp(octets: number, size: number): MemoryFrame {
  const l4 = udp({ sport: 4000, dport: 443, checksum: 'partial' });
  return { octets: packet(outward(HOST), ipv4({ src: HOST, dst: REMOTE }), l4, bytes(octets)), virtio: uso(size) };
}

/** The flow is known: what follows takes the fast path. */
function openTcp(w: World): void {
  w.send('lan', tcpOut(HOST, 4000, 'S'));
  w.send('wan', answerTo(w.one('wan')));
  w.sent('lan');
}

worldTest('OFF-6 OFF-9 a device without offloads gets segments with complete checksums, in order, all counted', {}, (w) => {
  openTcp(w);
  lacking(w, 'wan');
  const made = w.event(CounterEvent.FramesMade);
  const packets = w.rifTotal(IfaceCounter.TxPackets);
  w.send('lan', superTcp(5000, 1448, 'FPA'));
  const out = w.sent('wan');
  assert.equal(out.length, 4);
  out.forEach((frame, k) => {
    assert.deepEqual(Array.from(frame.virtio!), new Array(10).fill(0));
    assert.equal(checksumFault(frame.octets, frame.virtio), undefined);
    expectFrame(frame, ipv4({ id: 7 + k, ttl: 63 }), tcp({ seq: 1000 + 1448 * k, flags: k === 3 ? 'FPA' : 'A' }));
  });
  assert.deepEqual(joined(...out.map(({ octets }) => decode(octets).payload)), bytes(5000));
  assert.equal(w.event(CounterEvent.FramesSegmented), 1);
  assert.equal(w.event(CounterEvent.SegmentsMade), 4);
  assert.equal(w.event(CounterEvent.FramesMade) - made, 3);
  assert.equal(w.rifTotal(IfaceCounter.TxPackets) - packets, 4);
  assert.equal(w.drops(), 0);
});

worldTest('OFF-9 a device that takes partial checksums but no super-frames gets segments with partial ones', {}, (w) => {
  openTcp(w);
  lacking(w, 'wan', Lacks.Tso | Lacks.Uso);
  w.send('lan', superTcp(3000, 1000));
  const out = w.sent('wan');
  assert.equal(out.length, 3);
  for (const frame of out) {
    assert.deepEqual(readVirtio(frame.virtio!), readVirtio(partial(34, 16)));
    assert.equal(checksumFault(frame.octets, frame.virtio), undefined);
  }
});

worldTest('OFF-9 OFF-10 UDP: datagrams of one size, the last shorter; a device may take those of TCP only', {}, (w) => {
  lacking(w, 'wan', Lacks.Uso);
  w.send('lan', superUdp(3100, 1200));
  const out = w.sent('wan');
  assert.deepEqual(
    out.map(({ octets }) => decode(octets).udp!.length),
    [1208, 1208, 708],
  );
  assert.deepEqual(joined(...out.map(({ octets }) => decode(octets).payload)), bytes(3100));
  for (const frame of out) assert.equal(checksumFault(frame.octets, frame.virtio), undefined);
  w.send('lan', tcpOut(HOST, 4000, 'S'));
  w.send('wan', answerTo(w.one('wan')));
  w.send('lan', superTcp(5000, 1448));
  assert.equal(w.one('wan').octets.length, 5054);
});

worldTest('OFF-6 a partial checksum is completed on the fast path and on the slow one', {}, (w) => {
  lacking(w, 'wan');
  for (const what of ['first', 'later']) {
    const l4 = udp({ sport: 4000, dport: 5000, checksum: 'partial' });
    w.send('lan', { octets: packet(outward(HOST), ipv4({ src: HOST, dst: REMOTE }), l4, PAYLOAD), virtio: partial(34, 6) });
    const out = w.one('wan');
    assert.deepEqual(Array.from(out.virtio!), new Array(10).fill(0), what);
    assert.equal(checksumFault(out.octets, out.virtio), undefined, what);
  }
  w.send('lan', udpOut(HOST, 4000));
  expectFrame(w.one('wan'), raw(PAYLOAD));
});

worldTest('more segments than a list or scratch memory holds are sent in the middle of a burst; none is lost', {}, (w) => {
  openTcp(w);
  lacking(w, 'wan');
  // 3 x 1,200 segments: the list takes 1,024, scratch memory 2,048 of them.
  w.send('lan', superTcp(60_000, 50), superTcp(60_000, 50), superTcp(60_000, 50));
  const out = w.sent('wan');
  assert.equal(out.length, 3600);
  for (const at of [0, 1200, 2400]) {
    const payloads = out.slice(at, at + 1200).map(({ octets }) => decode(octets).payload);
    assert.deepEqual(joined(...payloads), bytes(60_000));
  }
  assert.equal(w.event(CounterEvent.SegmentsMade), 3600);
});

worldTest(
  'OFF-9 segments leave by a VLAN with their tags; those of a frame that came tagged as well',
  {
    yaml: TAGGED_YAML,
  },
  (w) => {
    lacking(w, 'lan');
    lacking(w, 'dmz');
    const l4 = tcp({ sport: 4000, dport: 80, seq: 5, flags: 'A', checksum: 'partial' });
    const plain = packet(
      eth({ src: '02:00:00:00:00:99', dst: GW.dmz }),
      ipv4({ src: '10.0.1.5', dst: '10.0.7.9' }),
      l4,
      bytes(2000),
    );
    w.send('dmz', { octets: plain, virtio: tso(1000) });
    const tagged = w.sent('lan');
    assert.equal(tagged.length, 2);
    for (const frame of tagged) {
      expectFrame(frame, vlan({ id: 7 }));
      assert.equal(checksumFault(frame.octets, frame.virtio), undefined);
    }
    const inTag = packet(
      eth({ src: '02:00:00:00:00:99', dst: GW.lan, type: 0x8100 }),
      vlan({ id: 7 }),
      ipv4({ src: '10.0.7.9', dst: '10.0.1.5' }),
      l4,
      bytes(2500),
    );
    w.send('lan', { octets: inTag, virtio: tso(1000, 38) });
    const untagged = w.sent('dmz');
    assert.deepEqual(joined(...untagged.map(({ octets }) => decode(octets).payload)), bytes(2500));
    for (const frame of untagged) assert.equal(checksumFault(frame.octets, frame.virtio), undefined);
  },
);

worldTest('OFF-14 packets on the wire are counted by the real headers: the header length of virtio-net is a hint', {}, (w) => {
  openTcp(w);
  const frame = superTcp(10_000, 1000);
  // A kernel whose packet data is linear says all of it.
  new DataView(frame.virtio!.buffer).setUint16(2, 10_054, true);
  const before = w.rifTotal(IfaceCounter.TxPackets);
  w.send('lan', frame);
  assert.equal(w.one('wan').octets.length, 10_054);
  assert.equal(w.rifTotal(IfaceCounter.TxPackets) - before, 10);
});
