import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { buildSnapshot } from '../../src/control/buildSnapshot.js';
import { StateIndex } from '../../src/control/stateIndex.js';
import { fragmentHomeOf, homeOf, ownerOf } from '../../src/tables/ownership.js';
import { type PortBlocks, poolOf } from '../../src/tables/portBlocks.js';
import { allocateState, stateOf } from '../../src/tables/state.js';
import { ip } from '../control/made.js';
import { decode, decodePacket } from '../support/decode.js';
import { errorMessage } from '../support/icmpErrors.js';
import { bpfSkipReason, KernelSteering } from '../support/kernelSteering.js';
import { arp, eth, icmp, ipv4, type Layer, packet, raw, tcp, udp, vlan } from '../support/layers.js';
import { Dice, mutate } from '../support/mutate.js';
import { configOf } from '../support/worldParts.js';
import { SEED } from './seed.js';

const YAML = `
name: steered
ifaces:
  - { name: lan, tap: t-lan, role: inside, addresses: [10.0.0.1/16] }
  - name: wan
    packet: t-wan
    role: outside
    addresses: [192.0.2.1/24]
    vlans:
      - { id: 7, name: wan7, role: outside, addresses: [198.51.100.1/24] }
      - { id: 8, name: lan8, role: inside, addresses: [10.8.0.1/16] }
zones:
  - { name: tenants, match: 10.0.0.0/8, localAddresses: [192.0.2.10, 192.0.2.11, 198.51.100.10] }
staticMappings:
  - { external: 192.0.2.20, inside: 10.0.0.20 }
  - { external: "192.0.2.10:8080", inside: "10.0.0.30:80", protocol: tcp }
  - { external: "192.0.2.10:8080", inside: "10.0.0.31:53", protocol: udp }
`;
const KEY = { k0: 0x0123_4567, k1: 0x89ab_cdef | 0 };
const ADDRESSES = 8;
const FRAMES = 4000;
const LOCAL = ['192.0.2.10', '192.0.2.11', '198.51.100.10', '192.0.2.20', '192.0.2.1', '203.0.113.5'];

/** Any frame of a host inside or outside, most of them sound. */
function frameOf(dice: Dice, inside: boolean): Uint8Array {
  const near = `10.${dice.pick([0, 8])}.${dice.below(4)}.${20 + dice.below(20)}`;
  const far = `203.0.113.${dice.below(256)}`;
  const src = inside ? near : far;
  const dst = inside ? far : dice.pick(LOCAL);
  const port = dice.pick([8080, dice.below(65_536), 1024 + dice.below(640)]);
  const options = dice.below(4) === 0 ? [1, 1, 1, 1] : [];
  const l4 = (): Layer =>
    dice.pick([
      tcp({ sport: dice.below(65_536), dport: port, flags: 'A' }),
      udp({ sport: dice.below(65_536), dport: port }),
      icmp({ type: dice.pick([0, 0, 8, 13, 5]), id: port }),
    ]);
  const tag = dice.pick([undefined, undefined, 7, 8, 9]);
  const link = [eth({}), ...(tag === undefined ? [] : [vlan({ id: tag })])];
  const kind = dice.below(8);
  if (kind === 0) return packet(...link, arp({ op: 1, senderIp: src, targetIp: dst }));
  if (kind === 1) {
    const cut = dice.pick([{ mf: true }, { offset: 64 }, { offset: 1480, mf: true }]);
    return packet(...link, ipv4({ src, dst, protocol: dice.pick([1, 6, 17, 47]), options, ...cut }), raw(dice.octets(40)));
  }
  if (kind === 2) return packet(...link, ipv4({ src, dst, protocol: dice.pick([47, 132, 136]), options }), raw(dice.octets(40)));
  if (kind === 3) {
    const sent = dice.pick([
      tcp({ sport: port, dport: dice.below(65_536), flags: 'A' }),
      udp({ sport: port, dport: dice.below(65_536) }),
      icmp({ type: 8, id: port }),
    ]);
    const quoted = ipv4({ src: dst, dst: inside ? near : src, options: dice.below(4) === 0 ? [1, 1, 1, 1] : [] });
    const quote = packet(quoted, sent, 'as it was sent');
    const error = raw(errorMessage(quote, { src, dst, type: dice.pick([3, 11, 12]) }));
    return packet(...link, ipv4({ src, dst, protocol: 1, options }), error);
  }
  return packet(...link, ipv4({ src, dst, options }), l4(), 'payload');
}

/** Where tables/ownership.ts says that the frame belongs; undefined: any worker will do. */
class Owners {
  constructor(
    readonly ports: PortBlocks,
    readonly pools: ReadonlyMap<number, number>,
    readonly workers: number,
  ) {}

  ofFrame(frame: Uint8Array, inside: boolean): number | undefined {
    const d = decode(frame);
    if (d.ipv4 === undefined) return undefined;
    const { src, dst, protocol, mf, offset } = d.ipv4;
    const whole = !mf && offset === 0;
    const error = whole && protocol === 1 && [3, 11, 12].includes(d.icmp!.type);
    const quote = error ? decodePacket(d.segment.subarray(8)) : undefined;
    if (inside) return homeOf(ip(quote?.ipv4?.dst ?? src), this.workers);
    if (!LOCAL.slice(0, 4).includes(dst)) return undefined;
    if (!whole && [1, 6, 17].includes(protocol)) return fragmentHomeOf(KEY, ip(src), ip(dst), this.workers);
    if (dst === '192.0.2.20') return homeOf(ip('10.0.0.20'), this.workers);
    if (!whole) return undefined;
    if (quote !== undefined) {
      return this.ofPort(dst, quote.ipv4!.protocol, quote.tcp?.sport ?? quote.udp?.sport ?? quote.icmp!.id);
    }
    if (protocol === 1) return d.icmp!.type === 0 ? this.ofPort(dst, 1, d.icmp!.id) : undefined;
    return d.tcp === undefined && d.udp === undefined ? undefined : this.ofPort(dst, protocol, (d.tcp ?? d.udp)!.dport);
  }

  ofPort(address: string, protocol: number, port: number): number | undefined {
    if (address === '192.0.2.10' && port === 8080 && protocol !== 1)
      return homeOf(ip(protocol === 6 ? '10.0.0.30' : '10.0.0.31'), this.workers);
    const owner = ownerOf(this.ports, poolOf(this.ports, protocol, this.pools.get(ip(address))!), port);
    return owner < 0 ? undefined : owner;
  }
}

/** The configuration in the kernel, with owners drawn at random. */
function made(workers: number, dice: Dice): { steering: KernelSteering; owners: Owners } {
  const buffers = allocateState({ workers, sessions: 64, neighbors: 16, addresses: ADDRESSES, hosts: 64 }, KEY);
  const { ports } = stateOf(buffers, 0);
  const index = new StateIndex(ports);
  const config = configOf(YAML);
  const built = buildSnapshot(
    config,
    config.ifaces.map(() => 1500),
    index,
    1,
    1,
  );
  for (let at = 0; at < ports.owner.length; at++) ports.owner[at] = dice.below(workers + 1);
  const steering = new KernelSteering(built, index.addresses(), ADDRESSES, workers, KEY);
  steering.owners.set(ports.owner);
  return { steering, owners: new Owners(ports, index.addresses(), workers) };
}

describe(`D9 programs in the kernel send frames where their sessions are (seed ${SEED})`, { skip: bpfSkipReason() }, () => {
  for (const workers of [2, 3, 4, 16]) {
    test(`${workers} workers`, () => {
      const dice = new Dice(SEED);
      const { steering, owners } = made(workers, dice);
      let exact = 0;
      for (let i = 0; i < FRAMES; i++) {
        const fromLan = dice.below(2) === 0;
        const frame = frameOf(dice, fromLan);
        const tag = decode(frame).vlan?.id;
        const device = fromLan ? 0 : 1;
        // VLANs are on the device of wan only; frames of one that no router interface has are dropped by anybody.
        const known = tag === undefined || (!fromLan && tag !== 9);
        const expected = known ? owners.ofFrame(frame, tag === 8 || (tag === undefined && fromLan)) : undefined;
        const chosen = [steering.ofTap(device, frame), ...(tag === undefined ? [steering.ofPacket(device, frame)] : [])];
        for (const worker of chosen) {
          assert.ok(worker < workers, `frame ${i} goes to worker ${worker}`);
          if (expected !== undefined) assert.equal(worker, expected, `frame ${i}: ${JSON.stringify(decode(frame))}`);
        }
        if (expected !== undefined) exact++;
      }
      assert.ok(exact > FRAMES / 3, `${exact} of ${FRAMES} frames have an owner`);
      steering.close();
    });
  }

  test('whatever the octets, some worker of those there are', () => {
    const dice = new Dice(SEED ^ 0x0dd);
    const { steering } = made(3, dice);
    for (let i = 0; i < FRAMES; i++) {
      const inside = dice.below(2) === 0;
      const frame = mutate(frameOf(dice, inside), dice);
      assert.ok(steering.ofTap(inside ? 0 : 1, frame) < 3);
    }
    steering.close();
  });
});
