import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { completeChecksum } from '../../src/wire/completeChecksum.js';
import { Ipv6Chain, ipv6Chain } from '../../src/wire/ipv6.js';
import { Arena, frameMemoryIn } from '../../src/wire/memory.js';
import { decode6, type Ends6, extension, fragment6, frame6, tcp6, udp6 } from '../support/ipv6.js';
import { joined } from '../support/octets.js';
import { segmentsOf } from '../support/segments.js';
import { partial, readVirtio, tso6, uso, virtio } from '../support/virtio.js';

const m = frameMemoryIn(new SharedArrayBuffer(1 << 18));
const FRAME = Arena.FrameStart;
const MACS = { src: 'fa:16:3e:00:0a:01', dst: 'fa:16:3e:00:0a:02' };
const ends: Ends6 = { from: 'fd00::11', to: 'fd00::12', partial: true };
const data = (octets: number) => Uint8Array.from({ length: octets }, (_, i) => i % 251);
const frameOf = (next: number, payload: Uint8Array, payloadLength = payload.length) =>
  frame6({ ...MACS, from: ends.from, to: ends.to, next, payload, payloadLength });

function put(octets: Uint8Array, header: Uint8Array): void {
  m.u8.fill(0);
  m.u8.set(header, FRAME - Arena.VirtioHeader);
  m.u8.set(octets, FRAME);
}

/** The frame with its checksum completed, or undefined when it was refused. */
function completed(octets: Uint8Array, header: Uint8Array): Uint8Array | undefined {
  put(octets, header);
  const done = completeChecksum(m, FRAME, FRAME + octets.length);
  const after = m.u8.slice(FRAME, FRAME + octets.length);
  if (done) assert.equal(readVirtio(m.u8.subarray(FRAME - 10, FRAME)).needsChecksum, false);
  else assert.deepEqual(after, octets, 'nothing was written');
  return done ? after : undefined;
}

describe('partial checksums over IPv6', () => {
  it('are completed for TCP and UDP of any length, behind extension headers too', () => {
    for (const octets of [0, 1, 2, 999, 1400]) {
      assert.ok(decode6(completed(frameOf(6, tcp6(ends, data(octets))), partial(54, 16))!).sumRight(6));
      assert.ok(decode6(completed(frameOf(17, udp6(ends, data(octets))), partial(54, 6))!).sumRight(17));
      const behind = joined(extension(60), extension(17, 16), udp6(ends, data(octets)));
      assert.ok(decode6(completed(frameOf(0, behind), partial(78, 6))!).sumRight(17, 24));
    }
  });

  it('a computed 0 of UDP is written as ffff: over IPv6 there is no other', () => {
    // The checksum of the datagram with two octets of 0, put in their place, leaves 0.
    const fill = udp6({ ...ends, partial: false }, new Uint8Array(2)).subarray(6, 8);
    const segment = udp6(ends, fill);
    const after = completed(frameOf(17, segment), partial(54, 6))!;
    assert.deepEqual(Array.from(after.subarray(60, 62)), [0xff, 0xff]);
  });

  it('padding behind the packet is not summed', () => {
    const padded = joined(frameOf(17, udp6(ends, data(2))), [1, 2, 3, 4]);
    const after = completed(padded, partial(54, 6))!;
    assert.ok(decode6(after.subarray(0, -4)).sumRight(17));
  });

  it('what does not agree with the packet is refused: within the headers, beyond the packet or the frame', () => {
    const frame = frameOf(17, udp6(ends, data(20)));
    for (const [start, offset] of [
      [14, 6],
      [50, 6],
      [54, 65_000],
      [54, 28],
      [54, 7],
      [65_535, 6],
    ] as const)
      assert.equal(completed(frame, virtio({ needsChecksum: true, start, offset })), undefined, `${start} + ${offset}`);
    assert.equal(completed(frameOf(17, udp6(ends, data(20)), 60_000), partial(54, 6)), undefined);
    assert.equal(completed(frame.subarray(0, 40), partial(54, 6)), undefined);
  });
});

describe('super-frames of IPv6', () => {
  it('TCP: payload lengths, sequence numbers and flags of each segment, checksums complete or partial', () => {
    const frame = frameOf(6, tcp6({ ...ends, seq: 0xffff_ff00, flags: 0x19 }, data(3000)));
    const segments = segmentsOf({ octets: frame, virtio: tso6(1400) }).map(({ octets }) => decode6(octets));
    assert.deepEqual(
      segments.map((one) => [one.payloadLength, one.seq(), one.payload[13], one.sumRight(6)]),
      [
        [1420, 0xffff_ff00, 0x10, true],
        [1420, 0x478, 0x10, true],
        [220, 0x9f0, 0x19, true],
      ],
    );
    assert.deepEqual(joined(...segments.map(({ payload }) => payload.subarray(20))), data(3000));
    const open = segmentsOf({ octets: frame, virtio: tso6(1400) }, false);
    for (const { octets, virtio: header } of open) {
      assert.deepEqual([readVirtio(header).start, readVirtio(header).offset], [54, 16]);
      assert.ok(decode6(completed(octets, header)!).sumRight(6));
    }
  });

  it('UDP: each datagram has its own length, and every copy of the extension headers', () => {
    const datagram = udp6(ends, data(1000));
    const segments = segmentsOf({ octets: frameOf(60, joined(extension(17), datagram)), virtio: uso(300, 62) });
    const seen = segments.map(({ octets }) => decode6(octets));
    assert.deepEqual(
      seen.map((one) => [one.payloadLength, one.next, one.payload[13], one.sumRight(17, 8)]),
      [300, 300, 300, 100].map((octets) => [octets + 16, 60, (octets + 8) & 0xff, true]),
    );
    assert.deepEqual(joined(...seen.map(({ payload }) => payload.subarray(16))), data(1000));
  });
});

describe('chains of extension headers', () => {
  const walk = (next: number, payload: Uint8Array): { protocol: number; offset: number; flags: number } | 'broken' => {
    const octets = frameOf(next, payload);
    put(octets, virtio());
    const chain = ipv6Chain(m, FRAME + 14, FRAME + octets.length);
    if (chain === Ipv6Chain.Broken) return 'broken';
    const offset = (chain >> Ipv6Chain.OffsetShift) & Ipv6Chain.Offset;
    return { protocol: chain & Ipv6Chain.Protocol, offset, flags: chain & (Ipv6Chain.Fragment | Ipv6Chain.Later) };
  };
  const chainOf = (headers: number) =>
    joined(...Array.from({ length: headers }, (_, i) => extension(i === headers - 1 ? 58 : 60)), data(8));

  it('lead to the upper layer', () => {
    assert.deepEqual(walk(6, data(20)), { protocol: 6, offset: 40, flags: 0 });
    assert.deepEqual(walk(0, joined(extension(43), extension(60, 24), extension(17), data(8))), {
      ...{ protocol: 17, offset: 80, flags: 0 },
    });
    const ah = joined([6, 4], new Uint8Array(22), data(20));
    assert.deepEqual(walk(51, ah), { protocol: 6, offset: 64, flags: 0 });
    assert.deepEqual(walk(50, data(8)), { protocol: 50, offset: 40, flags: 0 }, 'ESP hides what follows');
  });

  it('fragments: first, atomic, later', () => {
    assert.deepEqual(walk(44, joined(fragment6(60, 0, true), extension(17), data(8))), {
      ...{ protocol: 17, offset: 56, flags: Ipv6Chain.Fragment },
    });
    assert.deepEqual(walk(44, joined(fragment6(17, 0, false), data(8))), { protocol: 17, offset: 48, flags: Ipv6Chain.Fragment });
    assert.deepEqual(walk(44, joined(fragment6(60, 8, false), data(8))), {
      ...{ protocol: 60, offset: 48, flags: Ipv6Chain.Fragment | Ipv6Chain.Later },
    });
    assert.equal(walk(44, joined(fragment6(44, 0, true), fragment6(58, 0, true), data(8))), 'broken');
  });

  it('have a bound of headers and of octets, and end within the packet', () => {
    assert.deepEqual(walk(60, chainOf(8)), { protocol: 58, offset: 104, flags: 0 });
    assert.equal(walk(60, chainOf(9)), 'broken');
    assert.deepEqual(walk(60, joined(extension(58, 256), data(8))), { protocol: 58, offset: 296, flags: 0 });
    assert.equal(walk(60, joined(extension(58, 264), data(8))), 'broken');
    assert.equal(walk(60, extension(58, 16).subarray(0, 8)), 'broken');
    assert.equal(walk(60, data(4)), 'broken');
  });
});
