import fc from 'fast-check';
import { decode } from '../support/decode.js';
import { arp, eth, icmp, ipv4, packet, udp } from '../support/layers.js';
import type { Plan, PlanPort } from './eastWestPlan.js';

/** What the model knows of a frame. */
export interface EastWestFrame {
  readonly src: string;
  readonly dst: string;
  readonly body: Body;
}

export type Body =
  | { readonly kind: 'arp'; readonly op: 1 | 2; readonly sha: string; readonly spa: string; readonly tpa: string }
  | { readonly kind: 'ip'; readonly from: string; readonly to: string; readonly ttl: number; readonly what: string };

/** Kinds of MACs and addresses, and which of them. */
export interface FrameDraw {
  readonly port: number;
  readonly src: readonly [MacKind, number];
  readonly dst: readonly [MacKind, number];
  readonly arp: 0 | 1 | 2;
  readonly sha: readonly [MacKind, number];
  readonly from: readonly [AddressKind, number];
  readonly to: readonly [AddressKind, number];
  readonly ttl: number;
  readonly echo: boolean;
}

type MacKind = 'own' | 'pair' | 'port' | 'rif' | 'host' | 'nobody' | 'all' | 'group' | 'link';
type AddressKind = 'own' | 'pair' | 'port' | 'rif' | 'free' | 'elsewhere' | 'zero' | 'group';

const which = fc.nat(11);
const macOf = (...kinds: MacKind[]) => fc.tuple(fc.constantFrom(...kinds), which);
const addressOf = (...kinds: AddressKind[]) => fc.tuple(fc.constantFrom(...kinds), which);
const ttl = fc.constantFrom(64, 64, 64, 2, 1);
const own = fc.constant(['own', 0] as const);
const ip = fc.constant(0 as const);

/** To a router interface with what the port may say. */
const routed = fc.record<FrameDraw>({
  ...{ port: which, src: own, dst: macOf('rif'), arp: ip, sha: own, from: addressOf('own', 'own', 'pair') },
  ...{ to: addressOf('port', 'port', 'port', 'port', 'pair', 'rif', 'free', 'elsewhere'), ttl, echo: fc.boolean() },
});
const bridged = fc.record<FrameDraw>({
  ...{ port: which, src: own, dst: macOf('port', 'port', 'pair', 'nobody', 'all', 'group'), arp: ip, sha: own },
  ...{ from: addressOf('own'), to: addressOf('port'), ttl, echo: fc.boolean() },
});
const asking = fc.record<FrameDraw>({
  ...{ port: which, src: macOf('own', 'own', 'pair'), dst: macOf('all', 'all', 'port', 'rif') },
  ...{ arp: fc.constantFrom(1 as const, 1 as const, 2 as const), sha: own },
  from: addressOf('own', 'own', 'pair', 'zero'),
  ...{ to: addressOf('port', 'rif', 'pair', 'free', 'own'), ttl, echo: fc.boolean() },
});
const wild = fc.record<FrameDraw>({
  port: which,
  src: macOf('own', 'own', 'pair', 'port', 'rif', 'host', 'nobody', 'all'),
  dst: macOf('port', 'pair', 'rif', 'host', 'nobody', 'all', 'group', 'link'),
  arp: fc.constantFrom(0 as const, 0 as const, 1 as const, 2 as const),
  sha: macOf('own', 'pair', 'rif', 'host', 'port'),
  from: addressOf('own', 'pair', 'port', 'rif', 'free', 'zero', 'group'),
  to: addressOf('own', 'pair', 'port', 'rif', 'free', 'elsewhere', 'group'),
  ...{ ttl, echo: fc.boolean() },
});

export const frame: fc.Arbitrary<FrameDraw> = fc.oneof(
  { weight: 6, arbitrary: routed },
  { weight: 3, arbitrary: bridged },
  { weight: 3, arbitrary: asking },
  { weight: 2, arbitrary: wild },
);

const at = <T>(list: readonly T[], n: number): T | undefined => list[n % Math.max(1, list.length)];

/** The frame that a port sends, or somebody on the fabric who takes himself for it; `n` tells it from others of the same run. */
export function frameOf(d: FrameDraw, plan: Plan, port: PlanPort): EastWestFrame {
  const subnets = plan.subnets.filter(({ network }) => network === port.network);
  const here = plan.rifs.filter(({ subnet }) => subnets.some(({ name }) => name === subnet));
  const same = plan.ports.filter(({ network }) => network === port.network);
  const pairs = same.flatMap(({ pairs: all }) => all);
  const mac = ([kind, n]: readonly [MacKind, number]): string => {
    const found = {
      own: port.mac,
      pair: at(pairs, n)?.mac ?? port.mac,
      port: at(n < 9 ? same : plan.ports, n)!.mac,
      // Those of the network more often than others.
      rif: at(n < 9 && here.length > 0 ? here : plan.rifs, n)?.mac,
      host: at(plan.hosts, n)!.mac,
      nobody: `02:00:00:00:99:0${n % 10}`,
      all: 'ff:ff:ff:ff:ff:ff',
      group: '01:00:5e:00:00:05',
      link: '01:80:c2:00:00:00',
    }[kind];
    return found ?? '02:00:00:00:99:99';
  };
  const address = ([kind, n]: readonly [AddressKind, number]): string => {
    const found = {
      own: port.addresses[0],
      pair: at(pairs, n)?.address,
      port: at(plan.ports, n)!.addresses[n % 2] ?? at(plan.ports, n)!.addresses[0],
      rif: at(n < 7 && here.length > 0 ? here : plan.rifs, n)?.address,
      free: `${at(plan.subnets, n)!.stem}${66 + (n % 4)}`,
      elsewhere: '198.51.100.1',
      zero: '0.0.0.0',
      group: '224.0.0.5',
    }[kind];
    return found ?? '10.9.9.9';
  };
  const src = mac(d.src);
  const dst = mac(d.dst);
  const [from, to] = [address(d.from), address(d.to)];
  if (d.arp === 0) return { src, dst, body: { kind: 'ip', from, to, ttl: d.ttl, what: d.echo ? 'echo' : 'udp' } };
  return { src, dst, body: { kind: 'arp', op: d.arp, sha: d.sha[0] === 'own' ? src : mac(d.sha), spa: from, tpa: to } };
}

/** Its octets. */
export function octetsOf({ src, dst, body }: EastWestFrame): Uint8Array {
  const head = eth({ src, dst });
  if (body.kind === 'arp') return packet(head, arp({ op: body.op, senderMac: body.sha, senderIp: body.spa, targetIp: body.tpa }));
  const { from, to, ttl: hops, what } = body;
  const above = what === 'echo' ? icmp({ type: 8, id: 7, seq: 1 }) : udp({ sport: 4000, dport: 5000 });
  return packet(head, ipv4({ src: from, dst: to, ttl: hops }), above, new Uint8Array(20));
}

export type ArpBody = Extract<Body, { readonly kind: 'arp' }>;

/** What it asks of all about somebody else. */
export function questionOf({ dst, body }: EastWestFrame): ArpBody | undefined {
  return body.kind === 'arp' && body.op === 1 && isGroup(dst) && body.tpa !== body.spa ? body : undefined;
}

/** In one line. */
export function textOf({ src, dst, body }: EastWestFrame): string {
  return body.kind === 'arp'
    ? `${src}>${dst} arp ${body.op} ${body.sha} ${body.spa} ${body.tpa}`
    : `${src}>${dst} ip ${body.from}>${body.to} ${body.ttl} ${body.what}`;
}

/** The same of octets. */
export function textOfOctets(octets: Uint8Array): string {
  const { eth, arp, ipv4, icmp, udp } = decode(octets);
  const { src, dst } = eth!;
  if (arp !== undefined)
    return textOf({ src, dst, body: { kind: 'arp', op: arp.op as 1, sha: arp.senderMac, spa: arp.senderIp, tpa: arp.targetIp } });
  const what =
    udp !== undefined ? 'udp' : icmp?.type === 8 ? 'echo' : icmp?.type === 0 ? 'reply' : `icmp ${icmp?.type}/${icmp?.code}`;
  return textOf({ src, dst, body: { kind: 'ip', from: ipv4!.src, to: ipv4!.dst, ttl: ipv4!.ttl, what } });
}

export function isGroup(mac: string): boolean {
  return (Number.parseInt(mac.slice(0, 2), 16) & 1) !== 0;
}

export function isLink(mac: string): boolean {
  return mac.startsWith('01:80:c2:00:00:0');
}

/** No host's address: neither source nor destination of what a router passes on. */
export function isMartian(address: string): boolean {
  const first = Number(address.split('.')[0]);
  return first === 0 || first === 127 || first >= 224;
}
