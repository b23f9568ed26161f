import { exitMacs } from '../../../objects/exitMac.js';
import type { Objects } from '../../../objects/model.js';
import type { WireIpv4 } from '../../../types/ipv4.js';
import type { Mac } from '../../../types/mac.js';
import type { UniqueAddress } from './servicesOf.js';

/** Of a network: an address, a MAC, or both, that no port may have. */
export interface Reserved {
  readonly network: string;
  readonly address: WireIpv4 | undefined;
  readonly mac: Mac | undefined;
}

/**
 * What SNAT services, routers on one host and exits have on these networks, whichever host has it at the moment, and when none has: a port that said
 * it has it would draw to itself what is for all (dvr.md 2.13). `unique`: the inside ones. Replicas are guarded by their own tables.
 */
export function reservedOf(objects: Objects, networks: ReadonlySet<string>, unique: readonly UniqueAddress[]): Reserved[] {
  const inside = unique
    .filter(({ network }) => networks.has(network))
    .map(({ network, address, mac }) => ({ network, address, mac }));
  return [
    ...inside,
    ...objects.networks.flatMap(({ name, external, floatingMac }) =>
      external === true && networks.has(name) ? externalOf(objects, name, floatingMac === 'perFip') : [],
    ),
  ];
}

function externalOf(objects: Objects, network: string, perFip: boolean): Reserved[] {
  const gateways = objects.routers.flatMap((router) => router.gateways.filter((gateway) => gateway.network === network));
  const floating = objects.floatingIps.filter((one) => one.network === network);
  const own = objects.hosts.flatMap(({ externalAddresses = [] }) => externalAddresses.filter((one) => one.network === network));
  return [
    ...gateways.map(({ address, mac }) => ({ network, address, mac })),
    ...gateways
      .flatMap(({ zones }) => zones.flatMap(({ localAddresses, draining }) => [...localAddresses, ...draining]))
      .map((address) => ({ network, address, mac: undefined })),
    ...floating.map(({ address, mac }) => ({ network, address, mac: perFip ? mac : undefined })),
    ...own.map(({ address }) => ({ network, address, mac: undefined })),
    ...[...exitMacs(objects, network).values()].map((mac) => ({ network, address: undefined, mac })),
  ];
}
