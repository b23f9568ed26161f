import type { HostMode, HostObject, NetworkObject } from './model.js';

/**
 * What a host can do by its mode and by what it is connected to (dvr.md 1.1, 5.3), whether it lives or drains. Asked of drafts
 * and of objects alike.
 */

type Mode = { readonly mode: HostMode };

/** It may have the SNAT service of a distributed router, or the whole of one that is not. */
export function takesService({ mode }: Mode, distributed: boolean): boolean {
  return mode === 'dvr_snat' || (mode === 'legacy' && !distributed);
}

/** It may have a service of some router. */
export function takesServices(host: Mode): boolean {
  return takesService(host, false);
}

/** Floating IPs leave by the host itself; where they do not, the redirect to the SNAT service is all there is. */
export function hasExits({ mode }: Mode): boolean {
  return mode === 'dvr' || mode === 'dvr_snat';
}

type Connections = { readonly vtep: HostObject['vtep'] | string; readonly physnets: readonly string[] };

type Segment = { readonly type: NetworkObject['type']; readonly physnet?: string | undefined };

/** It has what a network crosses the fabric by. False of one that is not there (yet). */
export function reaches({ vtep, physnets }: Connections, network: Segment | undefined): boolean {
  if (network === undefined) return false;
  const { type, physnet } = network;
  return type === 'vxlan' || type === 'gre' ? vtep !== undefined : physnet === undefined || physnets.includes(physnet);
}

/** Names of the networks that whoever has a router's SNAT service has to reach: those of its gateways and of its interfaces. */
export function networksOfService(
  gateways: readonly { readonly network: string }[],
  rifs: readonly { readonly subnet: string }[],
  /** Subnet -> its network. */
  networkOf: ReadonlyMap<string, string>,
): string[] {
  const inside = rifs.flatMap(({ subnet }) => networkOf.get(subnet) ?? []);
  return [...new Set([...gateways.map(({ network }) => network), ...inside])];
}
