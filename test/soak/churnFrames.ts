import type { Dice } from '../support/mutate.js';
import { EtherType, ethernet, icmp, ipv4, Protocol, readIpv4, TcpFlag, tcp, udp } from '../system/support/packets.js';
import type { Wire } from '../system/support/wire.js';
import { EXTERNALS, HOSTS, REMOTES, SILENT_REMOTE } from './churnConfigs.js';

/** Ports of the remote hosts that echo; any other is refused by their kernels. */
export const TCP_ECHO = 7000;
export const UDP_ECHO = 7001;
const KEPT = 200;
/** Addresses of hosts whose packets are made here, inside and as seen outside. */
const MADE = new Set([...HOSTS, ...EXTERNALS]);
const FLAGS = [
  TcpFlag.Syn,
  TcpFlag.Ack,
  TcpFlag.Ack | TcpFlag.Psh,
  TcpFlag.Fin | TcpFlag.Ack,
  TcpFlag.Rst,
  TcpFlag.Syn | TcpFlag.Ack,
];

/** One side's device, the gateway's MAC there, and the IPv4 packets seen on it lately. */
export class Side {
  readonly #seen: Buffer[] = [];

  constructor(
    readonly wire: Wire,
    readonly mac: string,
  ) {}

  /** Takes what came in; `look` is shown every packet. What kernels' connections sent is not kept: nobody forges RSTs of those. */
  collect(look: (packet: Buffer) => void = () => {}): void {
    for (const { frame } of this.wire.collect()) {
      const ip = readIpv4(frame);
      if (ip === undefined) continue;
      const packet = frame.subarray(14);
      look(packet);
      if (!MADE.has(ip.source) && !MADE.has(ip.destination)) continue;
      if (this.#seen.length >= KEPT) this.#seen.shift();
      this.#seen.push(packet.subarray(0, 200));
    }
    this.wire.frames.length = 0;
  }

  pick(dice: Dice): Buffer | undefined {
    return this.#seen.length === 0 ? undefined : dice.pick(this.#seen);
  }

  /** False when the device's queue is full. */
  send(packet: Buffer): boolean {
    try {
      this.wire.send(ethernet(this.mac, this.wire.mac, EtherType.Ipv4, packet));
      return true;
    } catch {
      return false;
    }
  }
}

/**
 * What an inside host sends next: connects, data, closes, resets, silence, pings, fragments, hairpins, errors. A datagram in
 * pieces is several packets.
 */
export function fromInside(dice: Dice, inside: Side, outside: Side): Buffer[] {
  const [source, port] = [dice.pick(HOSTS), 4000 + dice.below(50)];
  const remote = dice.below(6) === 0 ? SILENT_REMOTE : dice.pick(REMOTES);
  const kind = dice.below(10);
  if (kind < 3)
    return [
      tcpPacket({ source, destination: remote }, port, TCP_ECHO + dice.below(3), kind === 0 ? dice.pick(FLAGS) : TcpFlag.Syn),
    ];
  if (kind < 5) return [udpPacket({ source, destination: remote }, port, UDP_ECHO + dice.below(2), 20)];
  if (kind === 5) return [ipv4({ source, destination: remote, protocol: Protocol.Icmp }, icmp(8, 0, port, 1))];
  if (kind === 6) return pieces(dice, { source, destination: remote }, port, UDP_ECHO);
  if (kind === 7)
    return [ipv4({ source: '1.1.2.5', destination: remote, protocol: Protocol.Gre, ttl: 1 + dice.below(3) }, Buffer.alloc(40))];
  if (kind === 8) return [hairpin(dice, source, port, outside)];
  const got = inside.pick(dice);
  return got === undefined ? [] : [errorAbout(dice, got, readIpv4(framed(got))!.destination, remote)];
}

/** What comes from outside: answers that nobody waits for, unsolicited packets, errors about what left, fragments. */
export function fromOutside(dice: Dice, outside: Side): Buffer[] {
  const [source, destination] = [dice.pick(REMOTES), dice.pick(EXTERNALS)];
  const port = dice.pick([2000 + dice.below(256), 3000 + dice.below(128), 2005, 53]);
  const kind = dice.below(6);
  if (kind === 0) return [tcpPacket({ source, destination }, 5000 + dice.below(20), port, dice.pick(FLAGS))];
  if (kind === 1) return [udpPacket({ source, destination }, 5000 + dice.below(20), port, 20)];
  if (kind === 2) return [ipv4({ source, destination, protocol: Protocol.Icmp }, icmp(dice.pick([0, 8]), 0, port, 1))];
  if (kind === 3) return pieces(dice, { source, destination }, 5000 + dice.below(20), port);
  const left = outside.pick(dice);
  if (left === undefined) return [];
  const packet = readIpv4(framed(left))!;
  const back = { source: packet.destination, destination: packet.source };
  if (kind === 4) return [errorAbout(dice, left, dice.pick(['1.2.1.77', back.source]), packet.source)];
  return packet.protocol === Protocol.Tcp
    ? [tcpPacket(back, packet.destinationPort, packet.sourcePort, dice.pick(FLAGS))]
    : [udpPacket(back, packet.destinationPort, packet.sourcePort, 40)];
}

/** To an external endpoint that some inside host has now, or to a static mapping's. */
function hairpin(dice: Dice, source: string, port: number, outside: Side): Buffer {
  const left = outside.pick(dice);
  const to = left === undefined || dice.below(3) === 0 ? undefined : readIpv4(framed(left))!;
  const destination = to?.source ?? dice.pick(EXTERNALS);
  const toPort = to?.sourcePort ?? dice.pick([2005, 53, 8443]);
  if (dice.below(2) === 0) return udpPacket({ source, destination }, port, toPort, 20);
  return tcpPacket({ source, destination }, port, toPort, dice.pick(FLAGS));
}

/** A datagram in two to four fragments in any order; sometimes one of them is lost. */
function pieces(dice: Dice, ends: { source: string; destination: string }, sourcePort: number, port: number): Buffer[] {
  const whole = udp(ends, { source: sourcePort, destination: port }, Buffer.alloc(600, 0x66));
  const step = 8 * (20 + dice.below(15));
  const id = dice.below(65_536);
  const parts: Buffer[] = [];
  for (let at = 0; at < whole.length; at += step) {
    const fields = { ...ends, protocol: Protocol.Udp, id, fragmentOffset: at, moreFragments: at + step < whole.length };
    parts.push(ipv4(fields, whole.subarray(at, at + step)));
  }
  if (dice.below(2) === 0) parts.reverse();
  if (dice.below(3) === 0) parts.splice(dice.below(parts.length), 1);
  return parts;
}

function errorAbout(dice: Dice, about: Buffer, source: string, destination: string): Buffer {
  const [type, code] = dice.pick([
    [3, 1],
    [3, 3],
    [3, 4],
    [11, 0],
    [11, 1],
  ] as const);
  const quoted = about.subarray(0, 28 + dice.below(40));
  return ipv4({ source, destination, protocol: Protocol.Icmp }, icmp(type, code, 0, code === 4 ? 1300 : 0, quoted));
}

function tcpPacket(ends: { source: string; destination: string }, source: number, destination: number, flags: number): Buffer {
  return ipv4({ ...ends, protocol: Protocol.Tcp }, tcp(ends, { source, destination }, flags));
}

function udpPacket(ends: { source: string; destination: string }, source: number, destination: number, octets: number): Buffer {
  return ipv4({ ...ends, protocol: Protocol.Udp }, udp(ends, { source, destination }, Buffer.alloc(octets, 0x55)));
}

function framed(packet: Buffer): Buffer {
  return ethernet('02:00:00:00:00:01', '02:00:00:00:00:02', EtherType.Ipv4, packet);
}
