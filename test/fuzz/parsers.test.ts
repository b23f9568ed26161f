import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Verdict } from '../../src/shared/verdict.js';
import { arpFits } from '../../src/wire/arp.js';
import { describeFrame, describeIpv4 } from '../../src/wire/describe.js';
import { ipv4Check, ipv4HasSourceRoute, ipv4HeaderLength, ipv4TotalLength } from '../../src/wire/ipv4.js';
import { Ipv6Chain, ipv6Chain, ipv6Fits, ipv6PayloadLength } from '../../src/wire/ipv6.js';
import { type FrameMemory, frameMemoryIn } from '../../src/wire/memory.js';
import { tcpFits, tcpHeaderLength } from '../../src/wire/tcp.js';
import { udpFits, udpLength } from '../../src/wire/udp.js';
import { GsoType, virtioAgrees } from '../../src/wire/virtioNet.js';
import { tcpOut, udpOut } from '../support/flows.js';
import { extension, fragment6, frame6 } from '../support/ipv6.js';
import { arp, packet } from '../support/layers.js';
import { Dice, mutate } from '../support/mutate.js';
import { joined } from '../support/octets.js';

const SEED = Number(process.env.WINDROSE_FUZZ_SEED ?? Date.now() % 0x7fff_ffff);
const ROUNDS = 30_000;
const AT = 128;
const m: FrameMemory = frameMemoryIn(new SharedArrayBuffer(4096));

/** Puts octets at AT, other octets around, and returns the end. */
function put(octets: Uint8Array): number {
  m.u8.fill(0xa5);
  m.u8.set(octets.subarray(0, 3000), AT);
  return AT + Math.min(octets.length, 3000);
}

test(`what a check promises holds on ${ROUNDS} mutated packets, seed ${SEED}`, () => {
  const dice = new Dice(SEED);
  const options = [148, 4, 0, 0, 7, 7, 4, 0, 0, 0, 0, 1];
  const chain = joined(extension(60), extension(44, 16), fragment6(17, 0, true), new Uint8Array(40));
  const macs = { src: '02:00:00:00:00:01', dst: '02:00:00:00:00:02' };
  const ipv6 = frame6({ ...macs, from: 'fe80::1', to: 'fe80::2', next: 0, payload: chain });
  const from = [
    udpOut('10.0.0.1', 1),
    tcpOut('10.0.0.1', 1, 'S'),
    udpOut('10.0.0.1', 1, '10.0.0.2', {}, { options }),
    packet(arp()),
    ipv6,
  ];
  for (let i = 0; i < ROUNDS; i++) {
    const octets = mutate(dice.pick(from).slice(dice.below(3) === 0 ? 0 : 14), dice);
    const end = put(octets);
    const before = m.u8.slice();
    const v = ipv4Check(m, AT, end);
    assert.ok(v >= 0 && v < Verdict.Count);
    if (v === Verdict.Continue) {
      assert.ok(
        ipv4HeaderLength(m, AT) >= 20 && AT + ipv4TotalLength(m, AT) <= end && ipv4TotalLength(m, AT) >= ipv4HeaderLength(m, AT),
      );
      ipv4HasSourceRoute(m, AT);
    }
    if (tcpFits(m, AT, end)) assert.ok(AT + tcpHeaderLength(m, AT) <= end && tcpHeaderLength(m, AT) >= 20);
    if (udpFits(m, AT, end)) assert.ok(AT + udpLength(m, AT) <= end && udpLength(m, AT) >= 8);
    if (arpFits(m, AT, end)) assert.ok(end - AT >= 28);
    virtioAgrees(
      m,
      AT + 2,
      AT + 36,
      end,
      dice.pick([1, 6, 17, 255]),
      dice.below(2) === 0,
      dice.pick([GsoType.Tcp4, GsoType.Tcp6]),
    );
    if (ipv6Fits(m, AT, end)) {
      const chain = ipv6Chain(m, AT, AT + 40 + ipv6PayloadLength(m, AT));
      const offset = (chain >> Ipv6Chain.OffsetShift) & Ipv6Chain.Offset;
      if (chain !== Ipv6Chain.Broken) assert.ok(offset >= 40 && offset <= 296 && AT + offset <= end);
    }
    assert.deepEqual(m.u8, before, 'checks only read');
    assert.ok(describeFrame(octets, dice.octets(10)).length > 0);
    assert.ok(describeIpv4(octets).length > 0);
  }
});
