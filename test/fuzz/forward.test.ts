import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MemoryFrame } from '../../src/io/memoryIface.js';
import { Verdict } from '../../src/shared/verdict.js';
import { describeFrame } from '../../src/wire/describe.js';
import { Arena, recordOctets } from '../../src/wire/memory.js';
import { decode } from '../support/decode.js';
import { answerTo, echoOut, tcpOut, udpOut } from '../support/flows.js';
import { cut, datagram } from '../support/fragments.js';
import { errorFrame, packetAt } from '../support/icmpErrors.js';
import { arp, eth, icmp, ipv4, packet, tcp, udp, vlan } from '../support/layers.js';
import { Dice, mutate } from '../support/mutate.js';
import { naiveSum } from '../support/octets.js';
import { GW, REMOTE } from '../support/sample.js';
import { partial, tso, uso } from '../support/virtio.js';
import { World } from '../support/world.js';

/** How long, in seconds: 10 unless WINDROSE_FUZZ_SECONDS says otherwise. */
const SECONDS = Number(process.env.WINDROSE_FUZZ_SECONDS ?? 10);
const SEED = Number(process.env.WINDROSE_FUZZ_SEED ?? Date.now() % 0x7fff_ffff);
const HOST = '10.0.0.5';
const GUARD = 0xa5;

const seeds: readonly MemoryFrame[] = [
  { octets: udpOut(HOST, 4000) },
  { octets: udpOut(HOST, 4000, REMOTE, { checksum: 'partial' }), virtio: partial(34, 6) },
  { octets: tcpOut(HOST, 4000, 'S') },
  { octets: tcpOut(HOST, 4000, 'FA') },
  { octets: packet(tcpOut(HOST, 4000, 'A', REMOTE, { checksum: 'partial' }), new Uint8Array(3000)), virtio: tso(1448) },
  { octets: packet(udpOut(HOST, 4000, REMOTE, { checksum: 'partial' }), new Uint8Array(3000)), virtio: uso(1200) },
  { octets: echoOut(HOST, 7) },
  { octets: echoOut(HOST, 7, '10.0.0.1') },
  { octets: udpOut(HOST, 4000, REMOTE, {}, { options: [148, 4, 0, 0, 7, 7, 4, 0, 0, 0, 0, 1] }) },
  { octets: udpOut(HOST, 4000, REMOTE, {}, { ttl: 1 }) },
  { octets: udpOut(HOST, 4000, '10.0.1.7') },
  { octets: udpOut(HOST, 4000, '10.0.1.7', {}, { mf: true }) },
  { octets: packet(eth({ dst: GW.lan }), ipv4({ src: HOST, dst: '10.0.1.7' }), udp(), new Uint8Array(2500)) },
  ...cut(
    datagram(eth({ dst: GW.lan }), { src: HOST, dst: REMOTE, id: 7 }, udp({ sport: 4000, dport: 53 }), new Uint8Array(120)),
    48,
  ).map((octets) => ({ octets })),
  ...cut(
    datagram(
      eth({ dst: GW.wan }),
      { src: REMOTE, dst: '192.0.2.10', id: 7 },
      tcp({ dport: 4000, flags: 'S' }),
      new Uint8Array(120),
    ),
    48,
  ).map((octets) => ({ octets })),
  { octets: packet(eth(), arp({ senderIp: HOST, targetIp: '10.0.0.1' })) },
  { octets: packet(eth({ dst: GW.lan }), arp({ op: 2, senderIp: HOST, targetIp: '10.0.0.1' })) },
  { octets: packet(eth({ dst: GW.lan }), vlan({ id: 0 }), ipv4({ src: HOST, dst: REMOTE }), udp()) },
  { octets: udpOut(HOST, 4000), tag: 0x10005 },
  { octets: packet(eth({ dst: GW.lan }), ipv4({ src: HOST, dst: REMOTE }), icmp({ type: 3, code: 4 }), new Uint8Array(28)) },
];

/** Errors about a frame that left, from outside and from inside, as it would be quoted at either end. */
function errorAbout(out: MemoryFrame, dice: Dice): Uint8Array {
  const quote = packetAt(dice.below(2) === 0 ? out.octets : answerTo(out), 1 + dice.below(3));
  const about = { type: dice.pick([3, 3, 11, 12]), code: dice.below(16), mtu: dice.below(1500) };
  const extension = dice.below(4) === 0 ? { extension: dice.octets(8) } : {};
  const ends = dice.below(2) === 0 ? { src: '198.18.5.5', dst: decode(out.octets).ipv4!.src } : { src: HOST, dst: REMOTE };
  return errorFrame(quote.subarray(0, 20 + dice.below(60)), { ...ends, ...about, ...extension });
}

/** Half of the time the IPv4 header checksum is put right, or no mutation would get past it. */
function repair(octets: Uint8Array, dice: Dice): Uint8Array {
  const header = ((octets[14] ?? 0) & 15) * 4;
  if (dice.below(2) === 0 || octets.length < 14 + header || header < 20) return octets;
  octets.set([0, 0], 24);
  const sum = ~naiveSum(octets.subarray(14, 14 + header)) & 0xffff;
  octets.set([sum >> 8, sum & 0xff], 24);
  return octets;
}

function next(dice: Dice, replies: readonly MemoryFrame[]): MemoryFrame {
  const answers = replies.length > 0 && dice.below(2) === 0;
  const reply = answers ? dice.pick(replies) : dice.pick(seeds);
  const from = !answers ? reply : { octets: dice.below(2) === 0 ? answerTo(reply) : errorAbout(reply, dice) };
  if (dice.below(20) === 0) return { octets: dice.octets(dice.below(200)) };
  const octets = dice.below(8) === 0 ? from.octets : repair(mutate(from.octets, dice), dice);
  const virtio = dice.below(6) === 0 ? mutateHeader(from.virtio ?? new Uint8Array(10), dice) : from.virtio;
  const tag = dice.below(30) === 0 ? dice.below(0x40000) : from.tag;
  return { octets, ...(virtio && { virtio }), ...(tag !== undefined && { tag }) };
}

function mutateHeader(header: Uint8Array, dice: Dice): Uint8Array {
  const out = header.slice();
  out[dice.below(10)] = dice.below(256);
  return out;
}

test(`DOS-6 forward on mutated frames for ${SECONDS} s, seed ${SEED}`, () => {
  const dice = new Dice(SEED);
  const end = Date.now() + SECONDS * 1000;
  let frames = 0;
  while (Date.now() < end) {
    // Worlds are cheap; a fresh one now and then keeps its record of frames short.
    const w = new World({ wrongChecksums: true, sessions: 256, neighbors: 64, mtus: { dmz: 900 } });
    const replies: MemoryFrame[] = [];
    for (let step = 0; step < 300; step++, frames++) {
      const frame = next(dice, replies);
      const iface = dice.pick(w.names);
      const at = Arena.BurstStart + recordOctets(frame.octets.length);
      w.cx.memory.u8.fill(GUARD, at, at + 256);
      try {
        w.send(iface, frame);
      } catch (error) {
        assert.fail(`frame ${frames} on ${iface}: ${describeFrame(frame.octets, frame.virtio)}\n${(error as Error).stack}`);
      }
      // A later fragment has no ports to answer to.
      for (const sent of w.sent('wan'))
        if (replies.length < 50 && sent.octets.length < 200 && decode(sent.octets).ipv4?.offset === 0) replies.push(sent);
      w.sent('lan');
      w.sent('dmz');
      if (step % 50 === 49) w.advance(500);
    }
    assert.equal(w.state.counters.verdicts[Verdict.Continue], 0);
    w.check();
    // Liveness: after all that, an ordinary frame passes.
    w.advance(30_000);
    w.send('lan', udpOut('10.0.0.77', 4321));
    assert.ok(w.sent('wan').length > 0, 'an ordinary frame passes afterwards');
  }
  assert.ok(frames > 1000);
});

test(`DOS-6 nothing is written behind the record of a frame, seed ${SEED}`, () => {
  const dice = new Dice(SEED ^ 0x5555);
  for (let i = 0; i < 3000; i++) {
    const w = i % 500 === 0 ? new World({ wrongChecksums: true, sessions: 256, neighbors: 64 }) : shared;
    shared = w;
    const frame = next(dice, []);
    const end = Arena.BurstStart + recordOctets(frame.octets.length);
    const u8 = w.cx.memory.u8;
    u8.fill(GUARD, end, end + 512);
    w.send('lan', frame);
    // Answers to ARP may have been received since, into the start of the same room.
    const from = Math.max(end, Arena.BurstStart + 4 * recordOctets(64));
    for (let at = from; at < end + 512; at++) {
      if (u8[at] !== GUARD)
        assert.fail(`octet ${at - end} behind the record changed: ${describeFrame(frame.octets, frame.virtio)}`);
    }
  }
});
let shared = new World({ wrongChecksums: true });
