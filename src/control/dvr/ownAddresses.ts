import { covers, type WireIpv4 } from '../../types/ipv4.js';
import type { HostView } from './hostView.js';

/** An address that an interface with a MAC of this host alone answers for. */
export interface OwnAddress {
  /** Name of the interface. */
  readonly rif: string;
  readonly network: string;
  readonly address: WireIpv4;
}

/** Of interfaces of SNAT services: their own, and those of zones and static mappings in their subnets; what lies in none is routed to us. */
export function ownAddresses({ services }: Pick<HostView, 'services'>): OwnAddress[] {
  return services.flatMap(({ rifs, zones, staticMappings }) => {
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
  });
}
