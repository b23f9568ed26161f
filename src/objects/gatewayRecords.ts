import { resolveZone } from '../config/resolveZone.js';
import { zoneSchema } from '../config/zoneSchema.js';
import { zoneTree } from '../config/zoneYaml.js';
import { formatIpv4, formatPrefix, parseIpv4, parsePrefix, type WireIpv4 } from '../types/ipv4.js';
import { formatMac, type Mac, parseMac } from '../types/mac.js';
import { isFault, type Parsed } from '../types/parsed.js';
import type { FloatingIpObject, GatewayObject, PortForwarding, RifObject } from './model.js';

/** Gateways of routers, their SNAT services' interfaces and floating IPs as plain JSON, and back (records.ts). */

type Text<T> = { readonly [K in keyof T]: unknown };
type Read = Readonly<Record<string, never>>;

/** The gateways of a router; the order of the list is theirs. */
export function gatewaysRecord(router: string, gateways: readonly GatewayObject[]): Record<string, unknown> {
  return { router, gateways: gateways.map(gatewayText) };
}

export function gatewayText(gateway: GatewayObject): Text<GatewayObject> {
  const { network, subnet, address, mac, enableSnat, sources, zones, hosts } = gateway;
  return {
    ...{ network, subnet, address: formatIpv4(address), mac: formatMac(mac), enableSnat },
    ...{ sources: sources.map(formatPrefix), zones: zones.map(zoneTree), hosts },
  };
}

/** The router they are of, and they. */
export function gatewaysOf(record: unknown): { readonly router: string; readonly gateways: readonly GatewayObject[] } {
  const { router, gateways } = record as Read;
  return {
    router,
    gateways: (gateways as Read[]).map(({ network, subnet, address, mac, enableSnat, sources, zones, hosts }) => ({
      ...{ network: network!, subnet: subnet!, enableSnat: enableSnat!, hosts: hosts! },
      ...{ address: sound<WireIpv4>(parseIpv4(address!)), mac: sound<Mac>(parseMac(mac!)) },
      sources: (sources as unknown as string[]).map((text) => sound(parsePrefix(text, true))),
      zones: (zones as unknown as unknown[]).map((zone) => resolveZone(zoneSchema.parse(zone), 'default')),
    })),
  };
}

/** Of the SNAT service on a subnet (Neutron: sg-). */
export function snatRecord({ router, subnet }: RifObject, snat: NonNullable<RifObject['snat']>): Record<string, unknown> {
  return { router, subnet, address: formatIpv4(snat.address), mac: formatMac(snat.mac) };
}

export interface SnatOfRif {
  readonly router: string;
  readonly subnet: string;
  readonly snat: NonNullable<RifObject['snat']>;
}

export function snatOf(record: unknown): SnatOfRif {
  const { router, subnet, address, mac } = record as Read;
  return { router, subnet, snat: { address: sound<WireIpv4>(parseIpv4(address)), mac: sound<Mac>(parseMac(mac)) } };
}

export function floatingIpRecord(floating: FloatingIpObject): Text<FloatingIpObject> {
  const { name, address, network, router, lport, fixed, placement, mac, forwardings } = floating;
  return {
    ...{ name, address: formatIpv4(address), network, router: router ?? null, lport: lport ?? null },
    ...{ fixed: fixed === undefined ? null : formatIpv4(fixed), placement, mac: formatMac(mac) },
    forwardings: forwardings.map((one): Text<PortForwarding> => ({ ...one, fixed: formatIpv4(one.fixed) })),
  };
}

export function floatingIpOf(record: unknown): FloatingIpObject {
  const { name, address, network, router, lport, fixed, placement, mac, forwardings } = record as Read;
  return {
    ...{ name, address: sound<WireIpv4>(parseIpv4(address)), network, router: router ?? undefined, lport: lport ?? undefined },
    fixed: fixed === null ? undefined : sound<WireIpv4>(parseIpv4(fixed)),
    ...{ placement, mac: sound<Mac>(parseMac(mac)) },
    forwardings: (forwardings as Read[]).map(({ protocol, port, lport: to, fixed: at, toPort }) => ({
      ...{ protocol: protocol!, port: port!, lport: to!, fixed: sound<WireIpv4>(parseIpv4(at!)), toPort: toPort! },
    })),
  };
}

/** Throws for a text that nothing of ours has written. */
function sound<T>(parsed: Parsed<T>): T {
  if (isFault(parsed)) throw new Error(parsed.fault);
  return parsed.value;
}
