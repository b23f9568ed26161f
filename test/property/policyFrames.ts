import type { MemoryFrame } from '../../src/io/memoryIface.js';
import { decode } from '../support/decode.js';
import { echoOut, outward, tcpOut, udpOut } from '../support/flows.js';
import { cut, datagram } from '../support/fragments.js';
import { errorMessage, packetAt } from '../support/icmpErrors.js';
import { eth, icmp, ipv4, packet, raw, tcp, udp } from '../support/layers.js';
import type { Dice } from '../support/mutate.js';
import { WAN2 } from '../support/policySample.js';
import { GW } from '../support/sample.js';
import { partial, tso } from '../support/virtio.js';
import type { PolicyParts } from './randomPolicy.js';

/** Frames of the network of policySample.ts, drawn at random. */

export interface Sending {
  readonly iface: string;
  readonly frame: MemoryFrame;
}

export const PARTS: PolicyParts = {
  ifaces: ['lan', 'dmz', 'wan', 'wan2'],
  hops: [
    ['192.0.2.254', 'wan'],
    ['192.0.3.254', 'wan2'],
    ['10.0.1.9', 'dmz'],
    ['10.0.0.3', 'lan'],
    ['192.0.2.77', 'wan'],
  ],
  sources: ['10.0.0.0/24', '10.0.0.0/28', '10.0.1.0/24', '10.0.0.5', '10.0.0.1/24', '198.51.100.0/24', '0.0.0.0/0'],
  destinations: ['198.51.100.0/24', '198.51.100.7', '203.0.113.0/24', '10.66.0.0/16', '10.0.1.0/24', '192.0.2.0/24', '8.0.0.0/8'],
  own: ['10.0.0.1', '10.0.1.1', '192.0.2.1', '192.0.3.1'],
  nat: true,
};

const HOSTS = ['10.0.0.5', '10.0.0.11', '10.0.0.200', '10.0.1.7', '10.66.0.3'];
const REMOTES = ['198.51.100.7', '198.51.100.8', '203.0.113.99', '8.8.8.8', '10.66.0.3', '10.0.1.7', '10.0.0.5'];
const OURS = ['10.0.0.1', '10.0.1.1', '192.0.2.1', '192.0.2.10', '192.0.2.60', '10.0.0.255', '192.0.3.1'];

const link = (iface: string) => eth({ dst: iface === 'wan2' ? WAN2 : GW[iface as keyof typeof GW], src: '02:00:00:00:00:42' });

/** One frame or the parts of a datagram; `seen`: what the gateway sent outside, to be answered or complained about. */
export function someFrames(dice: Dice, seen: readonly MemoryFrame[]): Sending[] {
  const often = (n: number): boolean => dice.below(n) === 0;
  if (seen.length > 0 && often(3)) return [reaction(dice, dice.pick(seen))];
  const host = dice.pick(HOSTS);
  const to = often(6) ? dice.pick(OURS) : dice.pick(REMOTES);
  const iface = host.startsWith('10.0.0.') ? 'lan' : 'dmz';
  const ends = { src: host, dst: to, tos: dice.pick([0, 0, 0, 0x10, 0x08, 0xb8]), df: often(3), ttl: often(12) ? 1 : 64 };
  const sport = dice.pick([1, 2, 3, 1000, 2000]);
  const dport = dice.pick([53, 80, 5000, 1]);
  const size = dice.pick([0, 20, 20, 600, 1290, 1450]);
  const one = (frame: Uint8Array, virtio?: Uint8Array): Sending[] => [
    { iface, frame: { octets: frame, ...(virtio === undefined ? {} : { virtio }) } },
  ];
  const kind = dice.below(9);
  if (kind === 0) return one(echoOut(host, sport, to, {}, ends));
  if (kind === 1) return one(tcpOut(host, sport, dice.pick(['S', 'A', 'FA', 'R']), to, { dport }, ends));
  if (kind === 2)
    return one(
      packet(outward(host), ipv4({ ...ends, protocol: dice.pick([47, 132, 136, 33, 4]) }), raw(new Uint8Array(20 + size))),
    );
  if (kind === 3) {
    const d = datagram(link(iface), { ...ends, df: false, id: dice.below(100) }, udp({ sport, dport }), new Uint8Array(1200));
    const frames = cut(d, dice.pick([400, 600])).map((octets) => ({ iface, frame: { octets } }));
    return often(2) ? frames : frames.reverse();
  }
  if (kind === 4)
    return one(
      packet(
        link(iface),
        ipv4({ ...ends, df: true }),
        tcp({ sport, dport, flags: 'A', checksum: 'partial' }),
        new Uint8Array(9000),
      ),
      tso(dice.pick([500, 1200, 1400])),
    );
  if (kind === 5)
    return one(packet(link(iface), ipv4(ends), udp({ sport, dport, checksum: 'partial' }), new Uint8Array(20)), partial(34, 6));
  if (kind === 6) {
    // From outside, to whatever.
    const outside = dice.pick(['wan', 'wan2']);
    const src = dice.pick(['198.51.100.7', '198.51.100.8', '8.8.8.8', '10.0.0.5', '192.0.2.254']);
    const dst = dice.pick([...OURS, ...HOSTS]);
    const l4 = dice.pick([udp({ sport, dport }), tcp({ flags: 'S', sport, dport }), icmp({ type: 8, id: sport })]);
    return [{ iface: outside, frame: { octets: packet(link(outside), ipv4({ ...ends, src, dst }), l4, 'x') } }];
  }
  return one(udpOut(host, sport, to, { dport }, ends).slice());
}

/** An answer to what left, or an error about it, from outside; or an error about the answer, from inside. */
function reaction(dice: Dice, frame: MemoryFrame): Sending {
  const iface = dice.pick(['wan', 'wan2']);
  const d = decode(frame.octets);
  const ip = d.ipv4!;
  const back = { src: ip.dst, dst: ip.src };
  const how = dice.below(4);
  if (how === 0) {
    const error = errorMessage(packetAt(frame.octets, 1), { src: back.src, dst: back.dst, type: 11, code: 0 });
    const from = dice.pick(['192.0.2.254', '192.0.3.254', '203.0.113.5', back.src]);
    return { iface, frame: { octets: packet(link(iface), ipv4({ src: from, dst: ip.src, protocol: 1 }), error) } };
  }
  if (how === 1) {
    // A host that says of an answer that nobody listens.
    const host = dice.pick(HOSTS);
    const answer = packet(ipv4({ src: ip.dst, dst: host }), udp({ sport: d.udp?.dport ?? 1, dport: dice.pick([1, 2, 3, 1000]) }));
    const inside = host.startsWith('10.0.0.') ? 'lan' : 'dmz';
    const octets = packet(
      link(inside),
      ipv4({ src: host, dst: ip.dst, protocol: 1 }),
      errorMessage(answer, { ...back, type: 3, code: 3 }),
    );
    return { iface: inside, frame: { octets } };
  }
  const l4 = d.tcp
    ? tcp({ sport: d.tcp.dport, dport: d.tcp.sport, flags: dice.pick(['SA', 'A', 'FA']) })
    : d.udp
      ? udp({ sport: d.udp.dport, dport: d.udp.sport })
      : icmp({ type: 0, id: d.icmp?.id ?? 1 });
  const ttl = how === 2 ? dice.pick([1, 64]) : 64;
  return { iface, frame: { octets: packet(link(iface), ipv4({ ...back, ttl, tos: dice.pick([0, 0x10]) }), l4, 'answer') } };
}
