import assert from 'node:assert/strict';
import { decode } from './decode.js';
import { inward, outward, udpOut } from './flows.js';
import { errorMessage } from './icmpErrors.js';
import { icmp, ipv4, type Layer, packet, tcp, udp } from './layers.js';
import type { Dice } from './mutate.js';
import { GW, REMOTE } from './sample.js';
import type { Team } from './team.js';

/**
 * Inside hosts that reach each other through their external addresses: by mappings that admit anybody, by addresses of their own, by
 * single ports. Hosts 10.0.0.x are at lan, 10.0.1.x at dmz.
 */
export const INSIDE_HOSTS = `
name: inside-hosts
ifaces:
  - { name: lan, tap: t-lan, role: inside, mac: "${GW.lan}", addresses: [10.0.0.1/24] }
  - { name: wan, tap: t-wan, role: outside, mac: "${GW.wan}", addresses: [192.0.2.1/24] }
  - { name: dmz, tap: t-dmz, role: inside, mac: "${GW.dmz}", addresses: [10.0.1.1/24] }
routes: [default via 192.0.2.254 dev wan]
zones:
  - { name: tenants, match: [10.0.0.0/24, 10.0.1.0/24], localAddresses: [192.0.2.10, 192.0.2.11], mapping: eim, filtering: eif }
staticMappings:
  - { external: 192.0.2.30, inside: 10.0.1.30 }
  - { external: 192.0.2.31, inside: 10.0.0.31 }
  - { protocol: udp, external: "192.0.2.32:5353", inside: "10.0.1.32:4000" }
  - { protocol: tcp, external: "192.0.2.32:80", inside: "10.0.1.32:8080" }
  - { protocol: udp, external: "192.0.2.10:6000", inside: "10.0.0.33:4000" }
`;

/** Gateways with them, by what they are to a world: one whose zone has addresses of its own, and an SNAT service whose zone has the router's. */
export const GATEWAYS = [
  { kind: 'gateway', options: { yaml: INSIDE_HOSTS }, workers: [1, 2, 3, 8] },
  { kind: 'service', options: { yaml: INSIDE_HOSTS.replace('name: tenants', 'name: own'), asService: true }, workers: [1, 2, 3] },
] as const;

export type Protocol = 'udp' | 'tcp' | 'icmp';

/** Who is called, and what the caller writes to. */
export interface Callee {
  readonly host: string;
  readonly address: string;
  readonly port: number;
}

export function linkOf(host: string): 'lan' | 'dmz' {
  return host.startsWith('10.0.1.') ? 'dmz' : 'lan';
}

/** Puts a frame in at a worker drawn at random; what left by all interfaces. */
export function passes(team: Team, from: string, ...frames: readonly Uint8Array[]): { iface: string; octets: Uint8Array }[] {
  for (const frame of frames) team.push(from, frame);
  team.settle();
  return ['lan', 'wan', 'dmz'].flatMap((iface) => team.sent(iface).map(({ octets }) => ({ iface, octets })));
}

/** The only frame that left, at the link of `host` and to it. */
export function reaches(team: Team, host: string, from: string, frame: Uint8Array): Uint8Array {
  const out = passes(team, from, frame);
  assert.equal(out.length, 1, `${out.length} frames left instead of one to ${host}`);
  assert.equal(out[0]!.iface, linkOf(host));
  assert.equal(decode(out[0]!.octets).ipv4!.dst, host);
  return out[0]!.octets;
}

/** Somebody who can be called by `protocol`: a host with an address or port of its own, or one whose mapping admits anybody. */
export function callee(team: Team, dice: Dice, protocol: Protocol, i: number): Callee {
  const own = { host: '10.0.1.30', address: '192.0.2.30', port: 1024 + i };
  const other = { host: '10.0.0.31', address: '192.0.2.31', port: 1024 + i };
  if (protocol === 'icmp') return dice.pick([own, other]);
  if (protocol === 'tcp') return dice.pick([own, other, { host: '10.0.1.32', address: '192.0.2.32', port: 80 }]);
  const host = `10.0.${dice.below(2)}.${60 + dice.below(60)}`;
  const [out] = passes(team, linkOf(host), udpOut(host, 2000 + i));
  const d = decode(out!.octets);
  return dice.pick([
    own,
    other,
    { host: '10.0.1.32', address: '192.0.2.32', port: 5353 },
    { host: '10.0.0.33', address: '192.0.2.10', port: 6000 },
    { host, address: d.ipv4!.src, port: d.udp!.sport },
  ]);
}

/** A packet of `protocol` from inside host `src` to an external endpoint. */
export function call(
  protocol: Protocol,
  src: string,
  sport: number,
  to: { address: string; port: number },
  payload: Uint8Array,
  f: { df?: boolean; ttl?: number; id?: number; mss?: number } = {},
): Uint8Array {
  const ends = ipv4({ src, dst: to.address, ...f });
  if (protocol === 'icmp') return packet(outward(src), ends, icmp({ type: 8, id: sport, seq: 1 }), payload);
  if (protocol === 'udp') return packet(outward(src), ends, udp({ sport, dport: to.port }), payload);
  const options = f.mss === undefined ? [] : [1, 2, 4, f.mss >> 8, f.mss & 0xff];
  return packet(outward(src), ends, tcp({ sport, dport: to.port, flags: 'S', options }), payload);
}

/** What the host answers that got `frame`. */
export function reply(frame: Uint8Array, payload: Uint8Array): Uint8Array {
  const d = decode(frame);
  const [src, dst] = [d.ipv4!.dst, d.ipv4!.src];
  const head = [outward(src), ipv4({ src, dst })] as const;
  if (d.icmp) return packet(...head, icmp({ type: 0, id: d.icmp.id, seq: d.icmp.seq }), payload);
  if (d.udp) return packet(...head, udp({ sport: d.udp.dport, dport: d.udp.sport }), payload);
  return packet(...head, tcp({ sport: d.tcp!.dport, dport: d.tcp!.sport, flags: 'SA' }), payload);
}

/** An error from inside host or router `src` that quotes the IPv4 packet `quote` to its source. */
export function errorBy(src: string, quote: Uint8Array, to: string, type = 3, code = 3): Uint8Array {
  const link: Layer = outward(src);
  return packet(link, ipv4({ src, dst: to, protocol: 1, ttl: 60 }), errorMessage(quote, { src, dst: to, type, code }));
}

/** A remote host's first packet to an external endpoint, by the upstream router. */
export function fromRemote(
  protocol: Protocol,
  to: { address: string; port: number },
  sport: number,
  payload: Uint8Array,
): Uint8Array {
  const link = inward();
  const ends = ipv4({ src: REMOTE, dst: to.address });
  if (protocol === 'icmp') return packet(link, ends, icmp({ type: 8, id: to.port, seq: 1 }), payload);
  if (protocol === 'udp') return packet(link, ends, udp({ sport, dport: to.port }), payload);
  return packet(link, ends, tcp({ sport, dport: to.port, flags: 'S' }), payload);
}
