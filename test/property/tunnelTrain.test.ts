import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TunnelKind } from '../../src/io/tunnelCalls.js';
import { describeFrame } from '../../src/wire/describe.js';
import { greWrite } from '../../src/wire/gre.js';
import { Arena, frameMemoryIn } from '../../src/wire/memory.js';
import { GsoType } from '../../src/wire/virtioNet.js';
import { vxlanWrite } from '../../src/wire/vxlan.js';
import { type Datagram, PEER, tunnel } from '../support/datagrams.js';
import { frame6, pseudo6 } from '../support/ipv6.js';
import { eth, type Ipv4Fields, ipv4, packet, type TcpFields, tcp, udp } from '../support/layers.js';
import { Dice } from '../support/mutate.js';
import { naiveSum } from '../support/octets.js';
import { segmentsOf } from '../support/segments.js';
import { SEED } from './seed.js';

/**
 * What is joined on its way out of a tunnel and cut again is what came in, octet for octet: random trains of TCP with faults of every kind,
 * in datagrams that the kernel joined or did not, behind outer headers of every alignment.
 */
const ROUNDS = 15;
const ENDS = eth({ src: '02:00:00:00:00:0a', dst: '02:00:00:00:00:0b' });
const header = frameMemoryIn(new SharedArrayBuffer(64));

interface Stream {
  readonly sport: number;
  readonly size: number;
  readonly options: readonly number[];
  readonly ipv6: boolean;
  seq: number;
  id: number;
}

interface Sent {
  readonly frame: Uint8Array;
  readonly segment: number;
  readonly source: number;
}

/** One more segment; in one of four cases with something about it that must not be hidden or changed. */
function next(dice: Dice, s: Stream): Uint8Array {
  const size = dice.below(14) === 0 ? dice.below(s.size + 3) : s.size;
  const ip: Ipv4Fields = { src: '10.0.0.1', dst: '10.0.0.2', df: true, id: s.id };
  const l4: TcpFields = { sport: s.sport, dport: 80, seq: s.seq, ack: 7, flags: 'A', options: s.options };
  const fault = dice.below(80);
  if (fault === 0) ip.ttl = 2;
  else if (fault === 1) ip.tos = 3;
  else if (fault === 2) ip.id = dice.below(65_536);
  else if (fault === 3) ip.df = false;
  else if (fault === 4) ip.checksum = dice.below(65_536);
  else if (fault === 5) l4.checksum = dice.below(65_535);
  else if (fault === 6) l4.seq = dice.below(65_536);
  else if (fault === 7) l4.flags = 'FA';
  else if (fault === 8) l4.ack = 9;
  else if (fault === 9) l4.window = 77;
  else if (fault < 14) l4.flags = 'PA';
  // The clock has ticked: another time stamp.
  else if (fault === 18 && s.options.length > 0) l4.options = s.options.with(7, 9);
  else if (fault === 19) l4.urgent = 5;
  s.seq = (s.seq + size) | 0;
  s.id = (s.id + 1) & 0xffff;
  const data = dice.octets(size);
  let frame = packet(ENDS, ipv4(ip), fault === 14 ? udp({ sport: s.sport, dport: 80 }) : tcp(l4), data);
  if (s.ipv6) frame = overIpv6(frame, fault === 5);
  // Damage that no checksum knows of, and a trailer.
  if (fault === 15 && size > 0) frame[frame.length - 1 - dice.below(size)]! ^= 1 << dice.below(8);
  if (fault === 16) frame = Uint8Array.from([...frame, ...dice.octets(1 + dice.below(9))]);
  if (fault === 20) frame[11]! ^= 1;
  if (fault === 21 && s.ipv6) frame[17]! ^= 1;
  if (fault === 17) frame = frame.slice(0, dice.below(frame.length));
  return frame;
}

/** The TCP segment or UDP datagram of an IPv4 packet in one of IPv6, hop limit and class as there. */
function overIpv6(frame: Uint8Array, wrong: boolean): Uint8Array {
  const [from, to] = ['fd00::1', 'fd00::2'];
  const next = frame[23]!;
  const payload = frame.slice(34);
  const field = next === 6 ? 16 : 6;
  if (!wrong) {
    payload.set([0, 0], field);
    const sum = ~naiveSum(payload, pseudo6(from, to, next, payload.length)) & 0xffff;
    payload.set([sum >> 8, sum & 0xff], field);
  }
  const six = frame6({ src: '02:00:00:00:00:0a', dst: '02:00:00:00:00:0b', from, to, next, payload });
  six[15] = frame[15]! << 4;
  six[21] = frame[22]!;
  return six;
}

function behindHeader(kind: TunnelKind, { frame, segment }: Sent): Uint8Array {
  if (kind === TunnelKind.Udp) vxlanWrite(header, 2, segment);
  else greWrite(header, 2, segment);
  return Uint8Array.from([...header.u8.subarray(2, 10), ...frame]);
}

/** Frames in datagrams as a kernel delivers them: of UDP, equal ones joined, the last of which may be shorter. */
function datagramsOf(dice: Dice, kind: TunnelKind, sent: readonly Sent[]): Datagram[] {
  const datagrams: { payloads: Uint8Array[]; source: number; shift: number; ended: boolean }[] = [];
  for (const one of sent) {
    const payload = behindHeader(kind, one);
    const last = datagrams.at(-1);
    const each = last?.payloads[0]?.length ?? 0;
    const goesOn = kind === TunnelKind.Udp && payload.length <= each && dice.below(30) > 0;
    if (goesOn && last?.source === one.source && !last.ended && (last.payloads.length + 1) * each < 65_000) {
      last.payloads.push(payload);
      last.ended = payload.length < each;
    } else {
      const shift = kind === TunnelKind.Raw && dice.below(10) === 0 ? 4 * dice.below(11) : 0;
      datagrams.push({ payloads: [payload], source: one.source, shift, ended: false });
    }
  }
  return datagrams.slice(0, Arena.TunnelSlots);
}

function framesOf(datagrams: readonly Datagram[], sent: readonly Sent[]): readonly Sent[] {
  return sent.slice(
    0,
    datagrams.reduce((sum, { payloads }) => sum + payloads.length, 0),
  );
}

for (const [name, kind] of [
  ['VXLAN', TunnelKind.Udp],
  ['GRE', TunnelKind.Raw],
] as const)
  test(`what comes joined out of a tunnel of ${name} is what went into it, seed ${SEED}`, () => {
    const dice = new Dice(SEED);
    let [joined, joined6] = [0, 0];
    for (let round = 0; round < ROUNDS; round++) {
      const streams = [1, 2, 3].map(
        (sport): Stream => ({
          sport,
          size: [1398, 1400, 533, 60, 1 + dice.below(1400), 8898][dice.below(6)]!,
          options: [[], [1, 1, 8, 10, 0, 1, 2, 3, 9, 8, 7, 6]][dice.below(2)]!,
          ipv6: dice.below(3) === 0,
          seq: dice.below(0x7fff_ffff),
          id: dice.below(65_536),
        }),
      );
      let [stream, segment, source] = [streams[0]!, 5, PEER];
      const all = Array.from({ length: 10 + dice.below(180) }, (): Sent => {
        if (dice.below(20) === 0) stream = streams[dice.below(3)]!;
        if (dice.below(60) === 0) segment = 5 + dice.below(2);
        if (dice.below(60) === 0) source = PEER + dice.below(2);
        return { frame: next(dice, stream), segment, source };
      });
      const datagrams = datagramsOf(dice, kind, all);
      const sent = framesOf(datagrams, all);
      const t = tunnel(kind, datagrams);
      let at = 0;
      const most = 1 + dice.below(64);
      for (let n = t.iface.receive(most); n > 0; n = t.iface.receive(most)) {
        assert.ok(n <= most);
        for (let f = 0; f < n; f++) {
          const start = t.cx.offsets[f]!;
          const whole = { octets: t.frame(f), virtio: t.cx.memory.u8.slice(start - Arena.VirtioHeader, start) };
          assert.equal(start % 4, 2);
          const pieces = whole.virtio.some((octet) => octet !== 0) ? segmentsOf(whole) : [whole];
          joined += pieces.length - 1;
          if (whole.virtio[1] === GsoType.Tcp6) joined6 += pieces.length - 1;
          for (const { octets } of pieces) {
            const { frame, segment, source } = sent[at]!;
            assert.deepEqual(octets, frame, `round ${round}, frame ${at}\n ${describeFrame(octets)}\n ${describeFrame(frame)}`);
            assert.deepEqual([t.cx.segments[f], t.cx.sources[f]], [segment, source]);
            at++;
          }
        }
      }
      assert.equal(at, sent.length, `round ${round}: every frame`);
    }
    assert.ok(joined > ROUNDS * 10 && joined6 > ROUNDS, `${joined} were joined, ${joined6} of IPv6`);
  });
