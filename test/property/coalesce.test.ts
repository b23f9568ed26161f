import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MemoryFrame } from '../../src/io/memoryIface.js';
import { CounterEvent } from '../../src/shared/counters.js';
import { describeFrame } from '../../src/wire/describe.js';
import { answerTo, outward, tcpOut, udpOut } from '../support/flows.js';
import { type Ipv4Fields, ipv4, packet, type SumMode, type TcpFields, tcp, type UdpFields, udp } from '../support/layers.js';
import { Dice } from '../support/mutate.js';
import { REMOTE } from '../support/sample.js';
import { segmentsOf } from '../support/segments.js';
import { partial, virtio } from '../support/virtio.js';
import { World } from '../support/world.js';
import { SEED } from './seed.js';

/**
 * What is joined and cut again is what would have left without: the same random trains of TCP and UDP, with faults of every kind, through
 * two worlds, one of which joins.
 */
const ROUNDS = 400;
const HOST = '10.0.0.5';
const PORTS = [4000, 4001, 4002];
const UDP_PORTS = [4003, 4004];

interface Stream {
  readonly sport: number;
  seq: number;
  id: number;
  readonly size: number;
  readonly options: readonly number[];
}

function world(): World {
  const w = new World({ wrongChecksums: true });
  for (const sport of PORTS) {
    w.send('lan', tcpOut(HOST, sport, 'S'));
    w.send('wan', answerTo(w.one('wan')));
  }
  for (const sport of UDP_PORTS) {
    w.send('lan', udpOut(HOST, sport));
    w.send('wan', answerTo(w.one('wan')));
  }
  w.sent('lan');
  return w;
}

/** One more segment or datagram, in one of ten cases with something about it that ends a train or must not be changed. */
function next(dice: Dice, s: Stream): MemoryFrame {
  const isUdp = UDP_PORTS.includes(s.sport);
  const size = dice.below(12) === 0 ? dice.below(s.size + 3) : s.size;
  const ip: Ipv4Fields = { src: HOST, dst: REMOTE, df: true, id: s.id };
  let header = partial(34, isUdp ? 6 : 16);
  let checksum: SumMode | undefined = 'partial';
  const fault = dice.below(100);
  if (fault === 3) ip.ttl = 2 + dice.below(60);
  else if (fault === 4) ip.tos = dice.below(256);
  else if (fault === 5) ip.id = dice.below(0x10000);
  else if (fault === 6) ip.df = false;
  else if (fault === 7) checksum = dice.below(0x10000);
  else if (fault === 8) ip.ttl = 1;
  else if (fault === 9) ip.checksum = dice.below(0x10000);
  else if (fault >= 16 && fault < 20) {
    checksum = isUdp && fault === 16 ? 'none' : undefined;
    header = virtio({ dataValid: fault < 18 });
  }
  const l4 = isUdp ? datagram(s, fault, size, checksum) : segment(dice, s, fault, checksum);
  s.seq = (s.seq + size) | 0;
  s.id = (s.id + 1) & 0xffff;
  let octets = packet(outward(HOST), ipv4(ip), l4, dice.octets(size));
  // A trailer, as a short Ethernet frame has one.
  if (dice.below(50) === 0) octets = Uint8Array.from([...octets, ...dice.octets(1 + dice.below(9))]);
  return { octets, virtio: header };
}

function datagram({ sport }: Stream, fault: number, size: number, checksum: SumMode | undefined): ReturnType<typeof udp> {
  const u: UdpFields = { sport, dport: 5000, ...(checksum === undefined ? {} : { checksum }) };
  if (fault === 0 && size > 0) u.length = 8 + size - 1;
  return udp(u);
}

function segment(
  dice: Dice,
  { sport, seq, options }: Stream,
  fault: number,
  checksum: SumMode | undefined,
): ReturnType<typeof tcp> {
  const t: TcpFields = {
    sport,
    dport: 80,
    seq: seq >>> 0,
    ack: 5,
    flags: 'A',
    options,
    ...(checksum === undefined ? {} : { checksum }),
  };
  if (fault === 0) t.seq = (seq + 1) >>> 0;
  else if (fault === 1) t.window = dice.below(0x10000);
  else if (fault === 2) t.flags = dice.pick(['AE', 'AC', 'AU', 'FA', 'APU']);
  else if (fault >= 10 && fault < 16) t.flags = 'AP';
  return tcp(t);
}

function hex({ octets, virtio: header }: MemoryFrame): string {
  const flags = Array.from(header!);
  return `${describeFrame(octets)} ${Buffer.from(octets).toString('hex')} ${flags}`;
}

test(`coalesce, then segment: identity, seed ${SEED}`, () => {
  const dice = new Dice(SEED);
  const [joins, plain] = [world(), world()];
  joins.cx.outlets[1]!.coalesces = true;
  const streams = [...PORTS, ...UDP_PORTS].map((sport): Stream => {
    const options = dice.below(2) === 0 ? [] : [1, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8];
    return { sport, seq: dice.below(0x7fff_ffff) * 2, id: dice.below(0x10000), size: 1 + dice.below(500), options };
  });
  for (let round = 0; round < ROUNDS; round++) {
    const frames: MemoryFrame[] = [];
    for (let n = 1 + dice.below(64), which = 0; n > 0; n--) {
      if (dice.below(8) === 0) which = dice.below(streams.length);
      frames.push(next(dice, streams[which]!));
    }
    for (const w of [joins, plain]) w.send('lan', ...frames);
    const expected = plain.sent('wan').map(hex);
    const cut = joins.sent('wan').flatMap((frame) => (frame.virtio![1] === 0 ? [frame] : segmentsOf(frame, false)));
    assert.equal(cut.length, expected.length, `round ${round}: number of segments`);
    cut.forEach((frame, i) => {
      const [one, other] = [hex(frame), expected[i]!];
      if (one === other) return;
      // It came with a finished checksum: completing the partial one must give the same.
      const complete = segmentsOf({ octets: frame.octets, virtio: superOf(frame) }, true)[0]!;
      assert.equal(hex(complete), other, `round ${round}, segment ${i}`);
    });
    joins.sent('lan');
    plain.sent('lan');
  }
  assert.ok(joins.event(CounterEvent.FramesCoalesced) > ROUNDS, 'something was joined');
  joins.check();
});

/** The header that makes a frame with a partial checksum a super-frame of one segment, so that its checksum is completed. */
function superOf({ virtio: header }: MemoryFrame): Uint8Array {
  const out = header!.slice();
  const view = new DataView(out.buffer);
  out[1] = 1;
  if (view.getUint16(8, true) === 6) out[1] = 5;
  view.setUint16(2, out[1] === 5 ? 42 : 54, true);
  view.setUint16(4, 0xffff, true);
  return out;
}
