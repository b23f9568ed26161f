import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MemoryFrame } from '../../src/io/memoryIface.js';
import { CounterEvent } from '../../src/shared/counters.js';
import { describeFrame } from '../../src/wire/describe.js';
import { answerTo, outward, tcpOut } from '../support/flows.js';
import { type Ipv4Fields, ipv4, packet, type TcpFields, tcp } from '../support/layers.js';
import { Dice } from '../support/mutate.js';
import { REMOTE } from '../support/sample.js';
import { segmentsOf } from '../support/segments.js';
import { partial, virtio } from '../support/virtio.js';
import { World } from '../support/world.js';
import { SEED } from './seed.js';

/**
 * What is joined and cut again is what would have left without: the same random trains of TCP, with faults of every kind, through two
 * worlds, one of which joins.
 */
const ROUNDS = 400;
const HOST = '10.0.0.5';
const PORTS = [4000, 4001, 4002];

interface Stream {
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
  w.sent('lan');
  return w;
}

/** One more segment, in one of ten cases with something about it that ends a train or must not be changed. */
function next(dice: Dice, sport: number, s: Stream): MemoryFrame {
  const size = dice.below(12) === 0 ? dice.below(s.size + 3) : s.size;
  const t: TcpFields = { sport, dport: 80, seq: s.seq >>> 0, ack: 5, flags: 'A', options: s.options, checksum: 'partial' };
  const ip: Ipv4Fields = { src: HOST, dst: REMOTE, df: true, id: s.id };
  let header = partial(34, 16);
  const fault = dice.below(100);
  if (fault === 0) t.seq = (s.seq + 1) >>> 0;
  else if (fault === 1) t.window = dice.below(0x10000);
  else if (fault === 2) t.flags = dice.pick(['AE', 'AC', 'AU', 'FA', 'APU']);
  else if (fault === 3) ip.ttl = 2 + dice.below(60);
  else if (fault === 4) ip.tos = dice.below(256);
  else if (fault === 5) ip.id = dice.below(0x10000);
  else if (fault === 6) ip.df = false;
  else if (fault === 7) t.checksum = dice.below(0x10000);
  else if (fault === 8) ip.ttl = 1;
  else if (fault === 9) ip.checksum = dice.below(0x10000);
  else if (fault < 16) t.flags = 'AP';
  else if (fault < 20) {
    t.checksum = undefined as never;
    header = virtio({ dataValid: fault < 18 });
  }
  s.seq = (s.seq + size) | 0;
  s.id = (s.id + 1) & 0xffff;
  let octets = packet(outward(HOST), ipv4(ip), tcp(t), dice.octets(size));
  // A trailer, as a short Ethernet frame has one.
  if (dice.below(50) === 0) octets = Uint8Array.from([...octets, ...dice.octets(1 + dice.below(9))]);
  return { octets, virtio: header };
}

function hex({ octets, virtio: header }: MemoryFrame): string {
  const flags = Array.from(header!);
  return `${describeFrame(octets)} ${Buffer.from(octets).toString('hex')} ${flags}`;
}

test(`coalesce, then segment: identity, seed ${SEED}`, () => {
  const dice = new Dice(SEED);
  const [joins, plain] = [world(), world()];
  joins.cx.outlets[1]!.coalesces = true;
  const streams = PORTS.map((): Stream => {
    const options = dice.below(2) === 0 ? [] : [1, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8];
    return { seq: dice.below(0x7fff_ffff) * 2, id: dice.below(0x10000), size: 1 + dice.below(500), options };
  });
  for (let round = 0; round < ROUNDS; round++) {
    const frames: MemoryFrame[] = [];
    for (let n = 1 + dice.below(64), which = 0; n > 0; n--) {
      if (dice.below(8) === 0) which = dice.below(PORTS.length);
      frames.push(next(dice, PORTS[which]!, streams[which]!));
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
  view.setUint16(2, 54, true);
  view.setUint16(4, 0xffff, true);
  return out;
}
