import assert from 'node:assert/strict';
import { CounterEvent } from '../../src/shared/counters.js';
import { decode } from '../support/decode.js';
import { expectFrame } from '../support/expectFrame.js';
import { answerTo, outward, PAYLOAD, udpOut } from '../support/flows.js';
import { icmp, ipv4, packet, raw, tcp, udp } from '../support/layers.js';
import { naiveSum, pseudoHeader } from '../support/octets.js';
import { reassemble } from '../support/reassemble.js';
import { REMOTE } from '../support/sample.js';
import { partial, readVirtio, tso } from '../support/virtio.js';
import { type World, worldTest } from '../support/world.js';

const HOST = '10.0.0.5';
const bytes = (n: number): Uint8Array => Uint8Array.from({ length: n }, (_, i) => i * 31 + (i >> 8));

function big(octets: number, ip: Parameters<typeof ipv4>[0] = {}, checksum?: 'partial'): Uint8Array {
  const l4 = checksum === undefined ? {} : { checksum };
  return packet(outward(HOST), ipv4({ src: HOST, dst: REMOTE, ...ip }), udp({ sport: 4000, dport: 5000, ...l4 }), bytes(octets));
}

/** The L4 checksum of a reassembled datagram holds. */
function assertSound(frames: readonly Uint8Array[], payload: Uint8Array): void {
  const segment = reassemble(frames);
  const ends = [frames[0]!.subarray(26, 30), frames[0]!.subarray(30, 34)] as const;
  assert.equal(naiveSum(segment, naiveSum(pseudoHeader(...ends, 17, segment.length))), 0xffff);
  assert.deepEqual(segment.slice(8), payload);
}

worldTest(
  'Z18 ERR-12 DF and too big: 3/4 with the MTU of the way out, quoting the packet as it came; no session, no port',
  { mtus: { wan: 1280 } },
  (w) => {
    const frame = big(1400, { df: true });
    w.send('lan', frame);
    expectFrame(w.one('lan'), icmp({ type: 3, code: 4, mtu: 1280 }), raw(frame.slice(14, 14 + 548)));
    assert.equal(w.count('fragmentation_needed'), 1);
    assert.equal(w.sessionCount, 0);
    w.send('lan', big(1280 - 28, { df: true }), big(1280 - 27, { df: true }));
    assert.equal(w.sent('wan').length, 1);
    assert.equal(w.count('fragmentation_needed'), 2);
  },
);

worldTest('3/4 towards outside, from an answer too big for the inside', { mtus: { lan: 1000 } }, (w) => {
  w.send('lan', udpOut(HOST, 4000));
  const answer = answerTo(w.one('wan'), {}, { df: true }, 'x'.repeat(1200));
  w.send('wan', answer);
  expectFrame(
    w.one('wan'),
    ipv4({ src: '192.0.2.1', dst: REMOTE }),
    icmp({ type: 3, code: 4, mtu: 1000 }),
    raw(answer.slice(14, 14 + 548)),
  );
});

function fragmentsOf(w: World, frame: Uint8Array | { octets: Uint8Array; virtio: Uint8Array }, mtu: number): Uint8Array[] {
  w.send('lan', frame);
  const out = w.sent('wan');
  for (const part of out) {
    assert.ok(part.octets.length - 14 <= mtu, `${part.octets.length - 14} octets of IP`);
    assert.deepEqual(readVirtio(part.virtio!).needsChecksum, false);
  }
  return out.map((part) => part.octets);
}

for (const mtu of [576, 577, 1000, 1003, 1279, 1499]) {
  worldTest(
    `FWD-10 without DF: fragments of at most ${mtu} octets that a naive reassembler puts together`,
    { mtus: { wan: mtu } },
    (w) => {
      for (const size of [mtu - 27, mtu, 1471, 1472]) {
        if (size + 28 <= mtu) continue;
        const parts = fragmentsOf(w, big(size, { id: 0x7777 }), mtu);
        assertSound(parts, bytes(size));
        // One id for all of them, and not the host's: another host may use the same (FRG-8).
        const { id } = decode(parts[0]!).ipv4!;
        for (const part of parts) expectFrame({ octets: part }, ipv4({ id, df: false, ttl: 63 }));
      }
      assert.ok(w.event(CounterEvent.FragmentsMade) > 0);
    },
  );
}

worldTest(
  'FWD-10 options with the copy bit go into every fragment, the others into the first only',
  { mtus: { wan: 600 } },
  (w) => {
    const options = [148, 4, 0, 0, 7, 7, 4, 0, 0, 0, 0, 1];
    const parts = fragmentsOf(w, big(1200, { options }), 600);
    assert.ok(parts.length >= 3);
    assert.deepEqual(decode(parts[0]!).ipv4!.options, options);
    for (const part of parts.slice(1)) assert.deepEqual(decode(part).ipv4!.options, [148, 4, 0, 0]);
    assert.deepEqual(reassemble(parts).slice(8), bytes(1200));
  },
);

worldTest('FRG-9 a partial checksum is completed before fragmenting', { mtus: { wan: 600 } }, (w) => {
  assertSound(fragmentsOf(w, { octets: big(1200, {}, 'partial'), virtio: partial(34, 6) }, 600), bytes(1200));
});

worldTest('FRG-10 a datagram of 65,507 octets passes in fragments', { mtus: { lan: 65_535 } }, (w) => {
  assertSound(fragmentsOf(w, big(65_507), 1500), bytes(65_507));
});

worldTest(
  'fragments are routed inside; a fragment may be fragmented again; more-fragments survives',
  { mtus: { dmz: 600 } },
  (w) => {
    const ends = { src: HOST, dst: '10.0.1.7', id: 9 };
    const whole = udp({ sport: 1, dport: 2 }).build(bytes(1992), ipv4(ends), undefined);
    w.send(
      'lan',
      packet(outward(HOST), ipv4({ ...ends, protocol: 17, mf: true }), whole.slice(0, 1000)),
      packet(outward(HOST), ipv4({ ...ends, protocol: 17, offset: 1000 }), whole.slice(1000)),
    );
    const parts = w.sent('dmz').map((frame) => frame.octets);
    assert.equal(parts.length, 4);
    assert.deepEqual(reassemble(parts), whole);
  },
);

worldTest('jumbo: 9000 octets of IP pass where both sides allow it', { mtus: { lan: 9000, wan: 9000 } }, (w) => {
  w.send('lan', big(9000 - 28, { df: true }));
  assert.equal(w.one('wan').octets.length, 9014);
});

worldTest(
  'the first frame of a flow can be one that is fragmented, and the session then serves small ones',
  { mtus: { wan: 600 } },
  (w) => {
    w.send('lan', big(1200));
    const ports = new Set(
      w
        .sent('wan')
        .map((frame) => decode(frame.octets))
        .filter((d) => d.udp)
        .map((d) => d.udp!.sport),
    );
    w.send('lan', udpOut(HOST, 4000));
    expectFrame(w.one('wan'), udp({ sport: [...ports][0]! }), raw(PAYLOAD));
    assert.equal(w.sessionCount, 1);
  },
);

/** Datagrams by their IPv4 id, in the order of their first fragment, put together. */
function datagrams(frames: readonly Uint8Array[]): Uint8Array[] {
  const byId = new Map<number, Uint8Array[]>();
  for (const frame of frames) {
    const { id } = decode(frame).ipv4!;
    byId.set(id, [...(byId.get(id) ?? []), frame]);
  }
  return [...byId.values()].map((parts) => reassemble(parts));
}

worldTest(
  'OFF-8 OFF-12 a super-frame without DF that is too big: segments, each in fragments with an id of its own',
  { mtus: { wan: 1000 } },
  (w) => {
    const payload = bytes(19_500);
    const frame = packet(
      outward(HOST),
      ipv4({ src: HOST, dst: REMOTE, id: 3 }),
      tcp({ sport: 4000, dport: 80, seq: 1, flags: 'S', checksum: 'partial' }),
      payload,
    );
    w.send('lan', { octets: frame, virtio: tso(1448) });
    const out = w.sent('wan');
    const whole = datagrams(out.map(({ octets }) => octets));
    assert.equal(whole.length, Math.ceil(19_500 / 1448));
    for (const frame of out) assert.ok(frame.octets.length <= 1014);
    const ends = [out[0]!.octets.subarray(26, 30), out[0]!.octets.subarray(30, 34)] as const;
    whole.forEach((segment, k) => {
      assert.equal(naiveSum(segment, naiveSum(pseudoHeader(...ends, 6, segment.length))), 0xffff, `segment ${k}`);
      assert.deepEqual(segment.slice(20), payload.slice(k * 1448, (k + 1) * 1448));
    });
    // Each is taken for itself (FRG-8): ids that went on from the first's might be another datagram's.
    const ids = [...new Set(out.map(({ octets }) => decode(octets).ipv4!.id))];
    assert.ok(ids.some((id, k) => k > 0 && id !== ((ids[k - 1]! + 1) & 0xffff)));
    assert.equal(w.event(CounterEvent.FramesSegmented), 1);
    assert.equal(w.event(CounterEvent.SegmentsMade), whole.length);
    // The last segment fits: it is no fragment.
    assert.equal(w.event(CounterEvent.FragmentsMade), whole.length - 1);
  },
);

worldTest('OFF-8 fragments of segments are not overwritten when a list is sent in the middle', { mtus: { dmz: 576 } }, (w) => {
  const payload = bytes(65_000);
  const l4 = tcp({ sport: 4000, dport: 80, flags: 'A', checksum: 'partial' });
  const one = packet(outward(HOST), ipv4({ src: HOST, dst: '10.0.1.7', id: 100 }), l4, payload);
  const two = packet(outward(HOST), ipv4({ src: HOST, dst: '10.0.1.7', id: 1000 }), l4, payload);
  w.send('lan', ...[one, two].map((octets) => ({ octets, virtio: tso(569) })));
  const out = w.sent('dmz').map(({ octets }) => octets);
  for (const id of [100, 1000]) {
    const mine = out.filter((frame) => decode(frame).ipv4!.id >= id && decode(frame).ipv4!.id < id + 500);
    assert.deepEqual(Buffer.concat(datagrams(mine).map((segment) => segment.subarray(20))), Buffer.from(payload));
  }
  assert.equal(w.drops(), 0);
});

worldTest('OFF-8 a segment stays whole while its fragments fill a list and it is sent', { mtus: { dmz: 68 } }, (w) => {
  // 40 octets of options in every fragment leave 8 for data.
  const options = Array.from({ length: 40 }, (_, i) => [148, 4, 0, 0][i & 3]!);
  const payload = bytes(13_000);
  const l4 = tcp({ sport: 4000, dport: 80, flags: 'A', checksum: 'partial' });
  const octets = packet(outward(HOST), ipv4({ src: HOST, dst: '10.0.1.7', id: 100, options }), l4, payload);
  w.send('lan', { octets, virtio: tso(12_000, 74) });
  const out = w.sent('dmz').map((frame) => frame.octets);
  assert.equal(out.length, Math.ceil(12_020 / 8) + Math.ceil(1020 / 8));
  assert.deepEqual(Buffer.concat(datagrams(out).map((segment) => segment.subarray(20))), Buffer.from(payload));
  assert.equal(w.drops(), 0);
});
