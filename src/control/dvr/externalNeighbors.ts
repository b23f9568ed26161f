import { covers } from '../../types/ipv4.js';
import type { Mac } from '../../types/mac.js';
import type { ExitView, HostView, ServiceView } from './hostView.js';
import { ownAddresses } from './ownAddresses.js';

/**
 * What SNAT services and exits of this host have to know of each other on external networks (dvr.md 2.8): each other's addresses, so that what one
 * sends another stays on this host and nobody is asked for it.
 */
export function externalNeighbors(services: readonly ServiceView[], exits: readonly ExitView[]): HostView['neighbors'] {
  const outside = services.flatMap(({ name: owner, rifs }) =>
    rifs.filter(({ role }) => role === 'outside').map((rif) => ({ ...rif, owner, reach: [rif.address] })),
  );
  const ofExits = exits.flatMap(({ name: owner, network, rif, subnets, floating }) =>
    [rif, ...floating.flatMap(({ own }) => own ?? [])].map(({ name, mac }) => ({ name, mac, network, owner, reach: subnets })),
  );
  const all = [...outside, ...ofExits];
  const macs = new Map<string, { readonly mac: Mac; readonly owner: string }>(all.map((one) => [one.name, one]));
  const own = ownAddresses({ services, exits }).filter(({ rif }) => macs.has(rif));
  return all.flatMap(({ name, network, owner, reach }) =>
    own
      .filter((one) => one.network === network && macs.get(one.rif)!.owner !== owner)
      .filter(({ address }) => reach.some((prefix) => covers(prefix, address)))
      .map(({ rif, address }) => ({ rif: name, address, mac: macs.get(rif)!.mac })),
  );
}
