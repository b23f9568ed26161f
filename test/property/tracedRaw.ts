import { Session } from '../../src/tables/sessions.js';
import { arp, eth, icmp, ipv4, packet, tcp, udp, vlan } from '../support/layers.js';
import { type Dice, mutate } from '../support/mutate.js';
import { naiveSum } from '../support/octets.js';
import { tso } from '../support/virtio.js';
import type { World } from '../support/world.js';
import { HOSTS, REMOTES } from './tracedConfig.js';

/** A frame as a capture would hand it over, and how the gateway gets it. */
export interface RawFrame {
  readonly what: string;
  readonly device: string;
  readonly octets: Uint8Array;
  /** Octets of data in each segment of a super-frame, 0 = it is none. */
  readonly segment: number;
  readonly virtio?: Uint8Array;
}

export interface Base {
  readonly device: string;
  readonly octets: Uint8Array;
}

/** What becomes of a frame that words describe: itself, damaged, in pieces, with options; or something else altogether. */
export function rawFrame(world: World, dice: Dice, base: Base, id: number): RawFrame {
  const { device } = base;
  const plain = { device, segment: 0, octets: reheaded(base.octets, (ip) => ip.set([id >> 8, id & 0xff], 4)) };
  const what = dice.below(14);
  if (what < 4) return { ...plain, what: 'as it is' };
  if (what < 6) return { ...plain, what: 'damaged', octets: atLeast(mutate(plain.octets, dice)) };
  if (what === 6) return { ...plain, what: 'first fragment', octets: reheaded(plain.octets, (ip) => ip.set([0x20, 0], 6)) };
  if (what === 7) {
    const offset = dice.pick([1, 2, 3, 185, 8100]);
    return { ...plain, what: 'later fragment', octets: reheaded(plain.octets, (ip) => ip.set([offset >> 8, offset & 0xff], 6)) };
  }
  if (what === 8) return { ...plain, what: 'other', octets: other(world, dice, base) };
  if (what === 9) return { ...plain, what: 'options', octets: withOptions(plain.octets, dice) };
  if (what === 10) return superFrame(plain, dice);
  return error(world, dice) ?? { ...plain, what: 'as it is' };
}

const TYPE = 12;

function ipAt(octets: Uint8Array): number {
  return octets[TYPE] === 0x81 ? 18 : 14;
}

/** A frame with its IPv4 header changed and its checksum right again. */
function reheaded(octets: Uint8Array, change: (ip: Uint8Array) => void): Uint8Array {
  const out = octets.slice();
  const ip = out.subarray(ipAt(out));
  change(ip);
  ip.set([0, 0], 10);
  const sum = ~naiveSum(ip.subarray(0, (ip[0]! & 15) * 4)) & 0xffff;
  ip.set([sum >> 8, sum & 0xff], 10);
  return out;
}

/** The gateway is never given less than an Ethernet header here: a trace refuses it. */
function atLeast(octets: Uint8Array): Uint8Array {
  return octets.length >= 14 ? octets : Uint8Array.from([...octets, ...new Uint8Array(14 - octets.length)]);
}

function other(world: World, dice: Dice, { device, octets }: Base): Uint8Array {
  const gateway = { lan: '10.0.0.1', wan: '192.0.2.1', dmz: '10.0.1.1' }[device]!;
  const asker = { lan: '10.0.0.2', wan: '192.0.2.50', dmz: '10.0.1.2' }[device]!;
  const targetIp = dice.pick([gateway, gateway, asker, '10.0.0.99', '192.0.2.10', '192.0.2.61']);
  const mac = world.mac(world.names.indexOf(device));
  const list = [
    packet(eth(), arp({ op: 1, senderIp: dice.pick([asker, gateway]), targetIp })),
    packet(eth({ dst: mac }), arp({ op: 2, senderIp: dice.pick([asker, '10.0.0.44']), targetIp: gateway })),
    packet(eth(), arp({ op: 1, senderIp: asker, targetIp }).build(new Uint8Array(0), undefined, undefined).subarray(0, 20)),
    packet(eth({ dst: mac, type: 0x86dd }), dice.octets(60)),
    // More often than the rest: nothing else leads to this verdict.
    ...[10, 13, 17, dice.pick([10, 13, 17])].map((type) =>
      packet(eth({ dst: mac }), ipv4({ src: asker, dst: gateway }), icmp({ type })),
    ),
    packet(eth({ type: 40 }), dice.octets(60)),
    packet(eth({ dst: '01:80:c2:00:00:0e', type: 0x88cc }), dice.octets(60)),
    packet(eth({ dst: mac }), vlan({ id: 9 }), octets.subarray(14)),
    packet(eth({ dst: mac }), vlan({ id: 7, tpid: 0x88a8 }), octets.subarray(14)),
    packet(eth({ dst: '02:99:00:00:00:01' }), octets.subarray(14)),
    packet(eth(), octets.subarray(14)),
    octets.subarray(0, 14 + dice.below(30)),
  ];
  return atLeast(dice.pick(list));
}

/** Options that are skipped, or a source route. */
function withOptions(octets: Uint8Array, dice: Dice): Uint8Array {
  const at = ipAt(octets);
  const options = dice.pick([
    [1, 1, 1, 0],
    [7, 7, 4, 0, 0, 0, 0, 0],
    [131, 7, 4, 1, 2, 3, 4, 0],
  ]);
  const total = octets.length - at + options.length;
  const longer = Uint8Array.from([...octets.subarray(0, at + 20), ...options, ...octets.subarray(at + 20)]);
  return reheaded(longer, (ip) => ip.set([0x45 + options.length / 4, ip[1]!, total >> 8, total & 0xff]));
}

function superFrame(plain: Omit<RawFrame, 'what'>, dice: Dice): RawFrame {
  const at = ipAt(plain.octets);
  const what = 'super-frame';
  if (plain.octets[at + 9] !== 6) return { ...plain, what: 'as it is' };
  const segment = dice.pick([500, 1100, 1360, 1448]);
  const longer = Uint8Array.from([...plain.octets.subarray(0, at + 40), ...new Uint8Array(segment * 3)]);
  const octets = reheaded(longer, (ip) => ip.set([ip.length >> 8, ip.length & 0xff], 2));
  return { ...plain, what, octets, segment, virtio: tso(segment, at + 20) };
}

/** An ICMP error about a packet of some session, from either side, sound or nearly. */
function error(world: World, dice: Dice): RawFrame | undefined {
  const rows = world.rows();
  if (rows.length === 0) return undefined;
  const row = dice.pick(rows);
  const r = world.sessions.rows;
  const ip = (at: number): string => [0, 8, 16, 24].map((bits) => (r[row + at]! >>> bits) & 0xff).join('.');
  const host = (word: number): number => ((word & 0xff) << 8) | ((word >>> 8) & 0xff);
  const protocol = r[row + Session.Meta]! & 0xff;
  const inside = dice.below(2) === 0;
  const own = inside ? host(r[row + Session.OutwardPorts]! & 0xffff) : host(r[row + Session.InwardPorts]! >>> 16);
  const remote = host(r[row + Session.OutwardPorts]! >>> 16);
  const ours = ip(inside ? Session.InsideAddress : Session.ExternalAddress);
  const theirs = ip(Session.RemoteAddress);
  const odd = dice.below(4) === 0 ? 1 : 0;
  // Who got the packet complains to who sent it: from inside about one of the remote host, from outside about one of ours.
  const [src, dst] = inside ? [theirs, ours] : [ours, theirs];
  const [sport, dport] = inside ? [remote + odd, own] : [own, remote + odd];
  const l4 =
    protocol === 6
      ? tcp({ sport, dport })
      : protocol === 17
        ? udp({ sport, dport })
        : protocol === 1
          ? icmp({ type: inside ? 0 : 8, id: own + odd })
          : new Uint8Array(8);
  const device = inside ? (ours.startsWith('10.0.1') || ours.startsWith('10.9') ? 'dmz' : 'lan') : 'wan';
  const isTagged = ours.startsWith('10.0.7') && inside;
  const teller = dice.below(2) === 0 ? (inside ? ours : theirs) : dice.pick(inside ? HOSTS : REMOTES);
  const rif = isTagged ? world.snapshot.rifs.byVlan[7]! - 1 : world.snapshot.rifs.byVlan[world.names.indexOf(device) << 12]! - 1;
  const told = inside ? theirs : ours;
  const octets = packet(
    eth({ dst: world.mac(rif) }),
    ...(isTagged ? [vlan({ id: 7 })] : []),
    ipv4({ src: teller, dst: dice.below(8) === 0 ? dice.pick(REMOTES) : told, ttl: dice.pick([1, 64, 64, 64]) }),
    icmp({ type: dice.pick([3, 3, 11, 12, 4, 5]), code: dice.below(4), ...(dice.below(8) === 0 ? { checksum: 5 } : {}) }),
    ipv4({ src, dst, protocol }),
    l4,
  );
  return { what: 'error', device, octets: dice.below(8) === 0 ? octets.subarray(0, octets.length - 30) : octets, segment: 0 };
}
