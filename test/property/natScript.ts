import type { MemoryFrame } from '../../src/io/memoryIface.js';
import { decode } from '../support/decode.js';
import { answerTo, echoOut, inward, outward, tcpOut, udpOut } from '../support/flows.js';
import { cutAt, datagram } from '../support/fragments.js';
import { errorFrame, packetAt } from '../support/icmpErrors.js';
import { ipv4, packet, tcp, udp } from '../support/layers.js';
import type { Dice } from '../support/mutate.js';
import { macOf } from '../support/worldParts.js';

/** Traffic of every kind that the NAT knows, drawn at random, over a network with one zone and two static mappings. */

export const REMOTES = ['198.51.100.7', '198.51.100.8', '198.18.0.9'] as const;
/** Somebody nobody inside has sent to. */
const STRANGER = '198.51.100.200';
export const STATIC_HOST = '10.0.0.50';
const ROUTER = '192.0.2.254';

/** One zone with `keys`, 10.0.0.50 behind 192.0.2.50, and port 22 of 10.0.0.3 behind port 2005 of the zone's first address. */
export function natYaml(keys: string, portHold = 'off'): string {
  return `
name: nat
ifaces:
  - { name: lan, tap: t-lan, role: inside, mac: "02:aa:00:00:00:01", addresses: [10.0.0.1/24] }
  - { name: wan, tap: t-wan, role: outside, mac: "02:aa:00:00:00:02", addresses: [192.0.2.1/24] }
routes: [default via ${ROUTER} dev wan]
zones:
  - { name: tenants, match: 10.0.0.0/24, localAddresses: [192.0.2.10, 192.0.2.11], ${keys} }
staticMappings:
  - { name: whole, external: 192.0.2.50, inside: ${STATIC_HOST} }
  - { name: shell, protocol: tcp, external: "192.0.2.10:2005", inside: "10.0.0.3:22" }
timers: { allowShort: true, udp: 5s, udpUnanswered: 2s, icmp: 3s, tcpEstablished: 20s, tcpHalfOpen: 4s, tcpClosing: 2s, other: 2s, fragment: 1s, portHold: ${portHold} }
`;
}

export interface Input {
  readonly iface: 'lan' | 'wan';
  readonly frames: readonly Uint8Array[];
}

/** What is known of the traffic so far. */
export interface Seen {
  readonly dice: Dice;
  /** Frames that left outside, and those that came to an inside host from outside. */
  readonly out: MemoryFrame[];
  readonly came: MemoryFrame[];
}

/**
 * The next input. `thirdParty`: frames to an external endpoint by others than its session's remote, and from inside: whom they come
 * to depends on the ports that were chosen, once ports are shared.
 */
export function nextInput({ dice, out, came }: Seen, thirdParty: boolean): Input {
  const host = dice.below(12) === 0 ? STATIC_HOST : `10.0.0.${2 + dice.below(8)}`;
  const to = dice.pick(REMOTES);
  const sport = 1000 + dice.below(5);
  const kind = dice.below(20);
  const lan = (...frames: Uint8Array[]): Input => ({ iface: 'lan', frames });
  const wan = (...frames: Uint8Array[]): Input => ({ iface: 'wan', frames });
  if (kind < 4 && out.length > 0) return wan(answerTo(dice.pick(out), { flags: dice.pick(['SA', 'A', 'FA', 'R', 'S']) }));
  if (kind < 7) return lan(udpOut(host, sport, to, { dport: 5000 + dice.below(2) }));
  if (kind < 10) return lan(tcpOut(host, sport, dice.pick(['S', 'S', 'S', 'A', 'FA', 'R']), to));
  if (kind < 11) return lan(echoOut(host, sport, to));
  if (kind === 11 && out.length > 0) return wan(errorAboutOut(dice, dice.pick(out)));
  if (kind === 12 && came.length > 0) return lan(errorAbout(dice.pick(came)));
  if (kind === 13) return lan(...inPieces(dice, host, sport, to));
  if (kind === 14) return wan(toStatic(dice, to));
  if (kind === 15) return lan(udpOut(host, sport, '192.0.2.50'), tcpOut(host, sport, 'S', '192.0.2.10', { dport: 2005 }));
  if (!thirdParty || out.length === 0) return lan(udpOut(host, sport, to));
  const d = decode(dice.pick(out).octets);
  const port = d.udp?.sport ?? d.tcp?.sport;
  if (port === undefined) return lan(udpOut(host, sport, to));
  const at = d.ipv4!.src;
  if (kind < 18) {
    const ends = ipv4({ src: dice.pick([...REMOTES, STRANGER]), dst: at });
    const sender = 7000 + dice.below(2);
    if (d.udp) return wan(packet(inward(), ends, udp({ sport: sender, dport: port }), 'from a third party'));
    return wan(packet(inward(), ends, tcp({ sport: sender, dport: port, flags: dice.pick(['S', 'S', 'SA', 'A']) })));
  }
  if (d.udp) return lan(udpOut(host, sport, at, { dport: port }));
  return lan(tcpOut(host, sport, dice.pick(['S', 'S', 'A']), at, { dport: port }));
}

/** What a router says of a frame that left; sometimes to somebody else than who had sent it. */
function errorAboutOut(dice: Dice, frame: MemoryFrame): Uint8Array {
  const dst = dice.below(5) === 0 ? '192.0.2.50' : decode(frame.octets).ipv4!.src;
  return errorFrame(packetAt(frame.octets, 9), {
    src: dice.pick([ROUTER, '198.18.7.7']),
    dst,
    type: dice.pick([3, 11]),
    code: 0,
  });
}

/** What an inside host says of a frame that came to it. */
function errorAbout(frame: MemoryFrame): Uint8Array {
  const d = decode(frame.octets).ipv4!;
  return errorFrame(packetAt(frame.octets, 5), { src: d.dst, dst: d.src, code: 3 });
}

function inPieces(dice: Dice, host: string, sport: number, to: string): Uint8Array[] {
  const whole = datagram(outward(host), { src: host, dst: to, id: dice.below(4) }, udp({ sport, dport: 5000 }), dice.octets(60));
  return cutAt(whole, [32]);
}

function toStatic(dice: Dice, remote: string): Uint8Array {
  const kind = dice.below(4);
  if (kind === 0) return packet(inward(), ipv4({ src: remote, dst: '192.0.2.50' }), udp({ sport: 53, dport: 1000 }), 'hello');
  if (kind === 1) return packet(inward(), ipv4({ src: remote, dst: '192.0.2.50', protocol: 47 }), dice.octets(24));
  const port = 4000 + dice.below(3);
  const ends = ipv4({ src: remote, dst: kind === 2 ? '192.0.2.50' : '192.0.2.10' });
  return packet(
    inward(),
    ends,
    tcp({ sport: port, dport: kind === 2 ? 22 : 2005, flags: dice.pick(['S', 'S', 'A', 'R', 'FA']) }),
  );
}

/** What one input led to: who got what from whom. Ports that the gateway chose and ids of its own packets are left out. */
export function told(seen: Seen, sent: (iface: string) => MemoryFrame[]): string {
  const lines: string[] = [];
  for (const iface of ['lan', 'wan'] as const) {
    // Two frames of one input may be sent by two workers, in any order.
    const left = sent(iface).map((frame) => ({ frame, line: `${iface} ${lineOf(iface, frame)}` }));
    left.sort((a, b) => (a.line < b.line ? -1 : a.line > b.line ? 1 : 0));
    for (const { frame, line } of left) {
      lines.push(line);
      const d = decode(frame.octets);
      if (d.ipv4!.offset !== 0 || d.ipv4!.mf) continue;
      if (iface === 'wan' && (d.udp || d.tcp || d.icmp?.type === 8)) seen.out.push(frame);
      if (iface === 'lan' && (d.udp || d.tcp) && d.eth!.dst === macOf(d.ipv4!.dst)) seen.came.push(frame);
    }
  }
  for (const list of [seen.out, seen.came]) if (list.length > 40) list.splice(0, list.length - 40);
  return lines.join('; ');
}

function lineOf(iface: string, frame: MemoryFrame): string {
  const d = decode(frame.octets);
  const { src, dst, ttl, offset, protocol } = d.ipv4!;
  const toOurs = dst.startsWith('192.0.2.');
  const port = toOurs ? '' : (d.udp?.dport ?? d.tcp?.dport ?? (iface === 'lan' && d.icmp?.type === 0 ? d.icmp.id : ''));
  const kind = d.udp ? 'udp' : d.tcp ? `tcp ${d.tcp.flags}` : `protocol ${protocol} ${d.icmp?.type}/${d.icmp?.code}`;
  return `${kind} ${src} > ${dst} ${port} ttl ${ttl} at ${offset}: ${d.payload.length}`;
}
