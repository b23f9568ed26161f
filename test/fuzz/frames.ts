import type { MemoryFrame } from '../../src/io/memoryIface.js';
import { decode } from '../support/decode.js';
import { answerTo, echoOut, inward, outward, tcpOut, udpOut } from '../support/flows.js';
import { cut, datagram } from '../support/fragments.js';
import { errorFrame, packetAt } from '../support/icmpErrors.js';
import { arp, eth, icmp, ipv4, packet, raw, tcp, udp, vlan } from '../support/layers.js';
import { type Dice, mutate } from '../support/mutate.js';
import { naiveSum } from '../support/octets.js';
import { GW, REMOTE } from '../support/sample.js';
import { partial, tso, uso } from '../support/virtio.js';
import { STATIC_ENDS } from './modes.js';

/** Frames of every kind the gateway meets, and their mutations. */

const HOST = '10.0.0.5';
const HOSTS = [HOST, '10.0.0.6', '10.0.0.50', '10.0.0.77', '10.0.1.7', '10.9.1.1'];
const REMOTES = [REMOTE, '198.51.100.8', '198.18.0.9'];
const FLAGS = ['S', 'SA', 'A', 'PA', 'FA', 'R', 'RA', 'F', '', 'SF'];

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
  ...pieces(outward(HOST), HOST, REMOTE, udp({ sport: 4000, dport: 53 })),
  ...pieces(inward(), REMOTE, '192.0.2.10', tcp({ dport: 4000, flags: 'S' })),
  ...pieces(inward(), REMOTE, '192.0.2.50', udp({ sport: 53, dport: 4000 })),
  { octets: packet(eth(), arp({ senderIp: HOST, targetIp: '10.0.0.1' })) },
  { octets: packet(eth({ dst: GW.lan }), arp({ op: 2, senderIp: HOST, targetIp: '10.0.0.1' })) },
  { octets: packet(eth({ dst: GW.lan }), vlan({ id: 0 }), ipv4({ src: HOST, dst: REMOTE }), udp()) },
  { octets: udpOut(HOST, 4000), tag: 0x10005 },
  { octets: packet(eth({ dst: GW.lan }), ipv4({ src: HOST, dst: REMOTE }), icmp({ type: 3, code: 4 }), new Uint8Array(28)) },
  { octets: packet(outward('10.0.0.50'), ipv4({ src: '10.0.0.50', dst: REMOTE, protocol: 47 }), raw(new Uint8Array(40))) },
  { octets: packet(inward(), ipv4({ src: REMOTE, dst: '192.0.2.50', protocol: 132 }), raw(new Uint8Array(40))) },
];

function pieces(link: ReturnType<typeof eth>, src: string, dst: string, layer: ReturnType<typeof udp>): MemoryFrame[] {
  return cut(datagram(link, { src, dst, id: 7 }, layer, new Uint8Array(120)), 48).map((octets) => ({ octets }));
}

/** What traffic so far showed outside: frames that left by `wan`. */
export class Seen {
  readonly #frames: MemoryFrame[] = [];

  note(frames: readonly MemoryFrame[]): void {
    for (const frame of frames) {
      const { udp: u, tcp: t, icmp: i } = decode(frame.octets);
      // A later fragment has no ports to answer to; of a long one every answer would be long.
      if (frame.octets.length >= 200 || (u ?? t ?? i) === undefined) continue;
      if (this.#frames.length >= 60) this.#frames.shift();
      this.#frames.push(frame);
    }
  }

  pick(dice: Dice): MemoryFrame | undefined {
    return this.#frames.length === 0 ? undefined : dice.pick(this.#frames);
  }
}

/** A frame to be put in: half of them answers, errors and hairpins about what was seen. Some are whole, most are not. */
export function nextFrame(dice: Dice, seen: Seen): MemoryFrame {
  if (dice.below(20) === 0) return { octets: dice.octets(dice.below(200)) };
  const from = unharmed(dice, seen);
  const octets = dice.below(3) === 0 ? from.octets : repair(mutate(from.octets, dice), dice);
  const virtio = dice.below(6) === 0 ? mutateHeader(from.virtio ?? new Uint8Array(10), dice) : from.virtio;
  const tag = dice.below(30) === 0 ? dice.below(0x40000) : from.tag;
  return { octets, ...(virtio && { virtio }), ...(tag !== undefined && { tag }) };
}

function unharmed(dice: Dice, seen: Seen): MemoryFrame {
  const reply = seen.pick(dice);
  if (reply === undefined || dice.below(2) === 0) return dice.below(3) === 0 ? dice.pick(seeds) : ordinary(dice);
  const kind = dice.below(4);
  if (kind === 0) return { octets: errorAbout(reply, dice) };
  if (kind === 1) return { octets: hairpin(reply, dice) };
  const src = dice.below(4) === 0 ? { src: dice.pick(REMOTES) } : {};
  return { octets: answerTo(reply, { flags: dice.pick(FLAGS) }, src) };
}

/** Conversations of several hosts with several remotes over few ports, so that they meet again. */
function ordinary(dice: Dice): MemoryFrame {
  const [host, remote, port] = [dice.pick(HOSTS), dice.pick(REMOTES), 4000 + dice.below(12)];
  const kind = dice.below(4);
  if (kind === 0) return { octets: echoOut(host, port, remote) };
  if (kind === 1) return { octets: udpOut(host, port, remote, { dport: 5000 + dice.below(3) }) };
  if (kind === 2) return { octets: tcpOut(host, port, dice.pick(FLAGS), remote, { seq: dice.below(0x7fffffff) }) };
  const end = dice.pick(STATIC_ENDS);
  const inbound = { src: remote, dst: end.address };
  return { octets: packet(inward(), ipv4(inbound), tcpOrUdp(dice, { sport: port, dport: end.port })) };
}

/** From an inside host to an external endpoint that another one has, or that is a static mapping's. */
function hairpin(reply: MemoryFrame, dice: Dice): Uint8Array {
  const { ipv4: ip, udp: u, tcp: t, icmp: i } = decode(reply.octets);
  const end = dice.pick(STATIC_ENDS);
  const isStatic = dice.below(4) === 0;
  const to = isStatic ? end.address : ip!.src;
  const host = dice.pick(HOSTS);
  if (i !== undefined) return echoOut(host, 4000 + dice.below(12), to, { id: i.id });
  const ports = { sport: 4000 + dice.below(12), dport: isStatic ? end.port : (u?.sport ?? t?.sport ?? 0) };
  return packet(outward(host), ipv4({ src: host, dst: to }), tcpOrUdp(dice, ports));
}

function tcpOrUdp(dice: Dice, ports: { sport: number; dport: number }): ReturnType<typeof udp> {
  return dice.below(2) === 0 ? udp(ports) : tcp({ ...ports, flags: dice.pick(FLAGS) });
}

/** Errors about a frame that left, from outside and from inside, as it would be quoted at either end. */
function errorAbout(out: MemoryFrame, dice: Dice): Uint8Array {
  const quote = packetAt(dice.below(2) === 0 ? out.octets : answerTo(out), 1 + dice.below(3));
  const about = { type: dice.pick([3, 3, 11, 12]), code: dice.below(16), mtu: dice.below(1500) };
  const extension = dice.below(4) === 0 ? { extension: dice.octets(8) } : {};
  const host = dice.pick(HOSTS);
  const ends = dice.below(2) === 0 ? { src: '198.18.5.5', dst: decode(out.octets).ipv4!.src } : { src: host, dst: REMOTE };
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

function mutateHeader(header: Uint8Array, dice: Dice): Uint8Array {
  const out = header.slice();
  out[dice.below(10)] = dice.below(256);
  return out;
}
