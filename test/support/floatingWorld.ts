import type { Objects } from '../../src/objects/model.js';
import { formatMac } from '../../src/types/mac.js';
import { decode } from './decode.js';
import { MAC } from './dvrSample.js';
import { FabricWorld } from './fabric.js';
import { floatingSample, fromUpstream } from './floatingSample.js';
import { arp, eth, ipv4, type Layer, packet, udp } from './layers.js';
import { SNAT_MAC } from './snatSample.js';

/** Hosts with floating IPs, and the upstream router, which answers who asks for it. */

export const BROADCAST = 'ff:ff:ff:ff:ff:ff';
/** Somebody beyond the upstream router. */
export const WORLD = '8.8.8.8';
export const UPSTREAM = '192.168.1.1';
export const FIXED = { a1: '10.0.0.11', a2: '10.0.0.12', a3: '10.0.0.13', b1: '20.0.0.21', b2: '20.0.0.22' } as const;
export const FIP = { a1: '192.168.1.101', a3: '192.168.1.103', b2: '192.168.1.102' } as const;
export type Guest = keyof typeof FIXED;

const upstream = { mac: SNAT_MAC.u, ip: UPSTREAM };
export const internet = { mac: SNAT_MAC.u, ip: WORLD };

export const guest = (name: Guest) => ({ mac: MAC[name], ip: FIXED[name] });
export const gatewayOf = (name: Guest) => (name.startsWith('a') ? MAC.gA : MAC.gB);
const DATA = new Uint8Array(20).fill(7);

/** A packet from somebody to the MAC `dst`; a datagram unless `l4` and `data` say otherwise. */
export function from(
  { mac, ip: src }: { readonly mac: string; readonly ip: string },
  dst: string,
  to: string,
  more: { readonly ttl?: number; readonly df?: boolean; readonly mf?: boolean } = {},
  l4: Layer = udp({ sport: 4000, dport: 5000 }),
  data: Uint8Array = DATA,
): Uint8Array {
  return packet(eth({ src: mac, dst }), ipv4({ src, dst: to, ...more }), l4, data);
}

/** MACs, addresses and TTL of a frame. */
export function head(octets: Uint8Array): unknown[] {
  const { eth: e, ipv4: i } = decode(octets);
  return [e!.src, e!.dst, i?.src, i?.dst, i?.ttl];
}

/** MAC of the exit that a host has on a network. */
export function exitMacOf(w: FabricWorld, host: string, network = 'ext'): string {
  return formatMac(w.on(host).view.exits.find((exit) => exit.network === network)!.rif.mac);
}

/** What crossed since the last call; the upstream router has answered who asked for it. */
export function crossed(w: FabricWorld): { from: string; octets: Uint8Array; virtio: Uint8Array | undefined }[] {
  const rest = [];
  for (const { kind, from: host, octets, virtio } of w.take()) {
    const a = decode(octets).arp;
    if (kind !== 'wire' || a?.op !== 1 || a.targetIp !== UPSTREAM) {
      rest.push({ from: `${host} ${kind}`, octets, virtio });
      continue;
    }
    const ends = { senderMac: SNAT_MAC.u, senderIp: UPSTREAM, targetMac: a.senderMac, targetIp: a.senderIp };
    fromUpstream(w, packet(eth({ src: SNAT_MAC.u, dst: a.senderMac }), arp({ op: 2, ...ends })));
  }
  return w.crossed.length === 0 ? rest : [...rest, ...crossed(w)];
}

/** A world where every exit knows the upstream router already. */
export function floatingWorld(objects: Objects = floatingSample): FabricWorld {
  const w = new FabricWorld(objects);
  for (const { host, fixed, lport } of objects.floatingIps.flatMap((one) => {
    const port = objects.lports.find(({ name }) => name === one.lport);
    return port?.host === undefined || port.name in FIXED === false ? [] : [{ ...one, host: port.host }];
  })) {
    if (fixed === undefined) continue;
    w.send(host, lport!, from(guest(lport as Guest), gatewayOf(lport as Guest), WORLD));
    crossed(w);
  }
  w.take();
  for (const name of ['a1', 'a2', 'a3', 'b1', 'b2']) for (const host of w.hosts.values()) if (host.has(name)) host.got(name);
  return w;
}

/** The upstream router asks who has an address. */
export function upstreamAsks(w: FabricWorld, target: string): void {
  fromUpstream(
    w,
    packet(
      eth({ src: upstream.mac, dst: BROADCAST }),
      arp({ op: 1, senderMac: upstream.mac, senderIp: upstream.ip, targetIp: target }),
    ),
  );
}
