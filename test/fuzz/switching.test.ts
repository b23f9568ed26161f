import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NetworkObject, Objects } from '../../src/objects/model.js';
import type { Crossing } from '../support/crossing.js';
import { ip, MAC, sample, VTEP } from '../support/dvrSample.js';
import { FabricWorld } from '../support/fabric.js';
import { extension, fragment6, frame6, icmp6, linkLocalOf, tcp6, udp6 } from '../support/ipv6.js';
import { arp, eth, icmp, ipv4, packet, tcp, udp } from '../support/layers.js';
import { drawsOf } from '../support/long.js';
import { Dice, mutate } from '../support/mutate.js';
import { joined } from '../support/octets.js';
import { partial, tso, tso6, uso } from '../support/virtio.js';

const SEED = Number(process.env.WINDROSE_FUZZ_SEED ?? Date.now() % 0x7fff_ffff);
const SECONDS = Number(process.env.WINDROSE_FUZZ_SECONDS ?? drawsOf(2, 20));
const ROUND = 60;

const KINDS: readonly Partial<NetworkObject>[] = [
  { type: 'vxlan', id: 71 },
  { type: 'gre', id: 72 },
  { type: 'vlan', id: 73, physnet: 'physnet1' },
  { type: 'flat', id: 0, physnet: 'physnet1' },
];
const MACS = [...Object.values(MAC), 'ff:ff:ff:ff:ff:ff', '01:00:5e:00:00:01', '02:00:00:00:00:99', '01:80:c2:00:00:00'];
const ADDRESSES = [
  '10.0.0.1',
  '10.0.0.11',
  '10.0.0.12',
  '10.0.0.13',
  '20.0.0.1',
  '20.0.0.21',
  '20.0.0.22',
  '10.0.0.99',
  '8.8.8.8',
];
const PORTS = [
  ['h1', 'a1', MAC.a1, '10.0.0.11'],
  ['h1', 'b1', MAC.b1, '20.0.0.21'],
  ['h2', 'a2', MAC.a2, '10.0.0.12'],
  ['h2', 'b2', MAC.b2, '20.0.0.22'],
] as const;

function topology(dice: Dice): Objects {
  const blue = dice.pick(KINDS);
  const orange = dice.pick(KINDS.filter((one) => one.type !== blue.type));
  const flood = dice.below(3) === 0 ? ({ unknownUnicast: 'flood' } as const) : {};
  return {
    ...sample,
    networks: sample.networks.map((one) => ({ ...one, ...(one.name === 'blue' ? blue : orange), ...flood })),
    lports: sample.lports.map((port) => ({ ...port, portSecurity: dice.below(4) !== 0 })),
  };
}

function someFrame(dice: Dice, src: string, from: string): Uint8Array {
  const sender = dice.below(8) === 0 ? dice.pick(MACS) : src;
  const source = dice.below(8) === 0 ? dice.pick(ADDRESSES) : from;
  const outer = eth({ src: sender, dst: dice.pick(MACS) });
  if (dice.below(4) === 0)
    return packet(outer, arp({ op: dice.pick([1, 2]), senderMac: sender, senderIp: source, targetIp: dice.pick(ADDRESSES) }));
  if (dice.below(3) === 0) return someIpv6(dice, sender);
  const inner = ipv4({ src: source, dst: dice.pick(ADDRESSES), ttl: dice.pick([0, 1, 2, 64]), df: dice.below(2) === 0 });
  const l4 = dice.pick([udp({ sport: dice.pick([67, 68, 9]), dport: 68 }), tcp({ flags: 'S' }), icmp({ type: 8 })]);
  return packet(outer, inner, l4, dice.octets(dice.below(2000)));
}

/** Chains of headers, whole and in fragments, to any upper layer. */
function someIpv6(dice: Dice, src: string): Uint8Array {
  const [from, to] = [linkLocalOf(dice.pick(MACS)), linkLocalOf(dice.pick(MACS))];
  const next = dice.pick([6, 17, 58]);
  const own = { from: dice.below(4) === 0 ? from : linkLocalOf(src), to };
  const body = dice.octets(dice.below(1500));
  const l4 =
    next === 58 ? icmp6(dice.pick([128, 134, 135, 136, 137]), own, body) : next === 6 ? tcp6(own, body) : udp6(own, body);
  const [first, headers] = dice.pick([
    [next, []],
    [60, extension(next)],
    [44, fragment6(next, dice.pick([0, 8]), dice.below(2) === 0)],
  ] as const);
  return frame6({ src, dst: dice.pick(MACS), ...own, next: first, payload: joined(headers, l4) });
}

/** What a guest asks to be completed or cut, right for some frames and wrong for others. */
function someHeader(dice: Dice): Uint8Array | undefined {
  const size = dice.pick([0, 1, 100, 1400]);
  return dice.pick([
    undefined,
    undefined,
    undefined,
    tso(size),
    tso6(size),
    uso(size),
    uso(size, 54),
    partial(54, 6),
    partial(54, 16),
  ]);
}

/** F14, I2: neither as source nor as destination. */
function carriesRouterMac({ octets }: Crossing): boolean {
  const text = Buffer.from(octets.subarray(0, 12)).toString('hex');
  return [MAC.gA, MAC.gB].some((mac) => text.includes(mac.replaceAll(':', '')));
}

test(`F14 mutated frames on networks: nothing is thrown, uncounted or leaked, ${SECONDS} s from seed ${SEED}`, () => {
  const end = Date.now() + SECONDS * 1000;
  for (let seed = SEED; Date.now() < end; seed++) {
    const dice = new Dice(seed);
    const w = new FabricWorld(topology(dice));
    try {
      for (let i = 0; i < ROUND; i++) {
        const [host, port, mac, address] = dice.pick(PORTS);
        const whole = someFrame(dice, mac, address);
        const frame = dice.below(2) === 0 ? mutate(whole, dice) : whole;
        if (dice.below(3) === 0) {
          const source = ip(dice.pick([VTEP.h2, VTEP.n, '198.51.100.9']));
          const kind = dice.pick(['vxlan', 'gre', 'wire'] as const);
          w.on('h1').arrive({ kind, from: 'h2', to: VTEP.h1, segment: dice.pick([71, 72, 9]), octets: frame }, source);
          w.settle();
        } else w.send(host, port, frame, someHeader(dice));
        for (const name of ['h1', 'h2', 'n']) w.on(name).advance(dice.pick([0, 100]));
        assert.ok(!w.take().some(carriesRouterMac), 'the MAC of a router interface crossed the fabric');
      }
      w.check();
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
  }
});
