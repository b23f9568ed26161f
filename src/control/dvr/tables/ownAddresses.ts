import { covers, type WireIpv4 } from '../../../types/ipv4.js';
import type { HostView, ServiceView } from '../view/hostView.js';

/** An address that an interface with a MAC of this host alone answers for. */
export interface OwnAddress {
  /** Name of the interface. */
  readonly rif: string;
  readonly network: string;
  readonly address: WireIpv4;
}

/**
 * Of interfaces of SNAT services: their own, and those of zones and static mappings in their subnets; what lies in none is routed
 * to us. Of exits: their own, if they have one, and floating IPs.
 */
export function ownAddresses({ services, exits }: Pick<HostView, 'services' | 'exits'>): OwnAddress[] {
  const ofExits = exits.flatMap(({ network, rif, floating }) => [
    ...(rif.address === undefined ? [] : [{ rif: rif.name, network, address: rif.address.address }]),
    ...floating.map(({ address, own }) => ({ rif: own?.name ?? rif.name, network, address })),
  ]);
  return [...services.flatMap(ofService), ...ofExits];
}

function ofService({ rifs, zones, staticMappings }: ServiceView): OwnAddress[] {
  const outside = rifs.filter(({ role }) => role === 'outside');
  const external = new Set([
    ...zones.flatMap(({ localAddresses, draining }) => [...localAddresses, ...draining]),
    ...staticMappings.map((mapping) => mapping.external.address),
  ]);
  return [
    ...rifs.map(({ name, network, address }) => ({ rif: name, network, address: address.address })),
    ...[...external].flatMap((address) => {
      const on = outside.find((rif) => covers(rif.address, address));
      return on === undefined ? [] : [{ rif: on.name, network: on.network, address }];
    }),
  ];
}
