import type { Path } from '../config/issues.js';
import type { Placed } from '../config/placed.js';
import { expand } from '../config/resolve.js';
import type { WireIpv4 } from '../types/ipv4.js';
import type { GatewayDraft } from './gatewayDraft.js';
import type { HostEntry } from './kinds/host.js';
import type { LportEntry } from './kinds/lport.js';
import type { SubnetDraft } from './subnetDraft.js';

/** What has addresses, as far as they are known. */
export interface AddressOwners {
  readonly hosts: readonly Placed<HostEntry>[];
  readonly subnets: readonly Placed<SubnetDraft>[];
  readonly lports: readonly Placed<Pick<LportEntry, 'network' | 'addresses'>>[];
  readonly rifs: readonly Placed<{
    readonly subnet: string;
    readonly address: WireIpv4 | undefined;
    readonly snat: { readonly address: WireIpv4 | undefined } | undefined;
  }>[];
  readonly gateways: readonly Placed<Pick<GatewayDraft, 'router' | 'network' | 'address' | 'zones'>>[];
  readonly floatingIps: readonly Placed<{ readonly network: string; readonly address: WireIpv4 | undefined }>[];
}

export interface OwnedAddress {
  readonly network: string;
  readonly address: WireIpv4;
  readonly path: Path;
  readonly kind: 'rif' | 'snat' | 'gateway' | 'lport' | 'floating' | 'host' | 'zone';
}

/** Every address on a network that something has for itself. Of a conflict the later one is at fault, and what a person writes comes last. */
export function ownedAddresses({ hosts, subnets, lports, rifs, gateways, floatingIps }: AddressOwners): OwnedAddress[] {
  const networkOf = new Map(subnets.map(({ value }) => [value.name, value.network]));
  const found: OwnedAddress[] = [];
  const add = (kind: OwnedAddress['kind'], network: string | undefined, address: WireIpv4 | undefined, path: Path): void => {
    if (network !== undefined && address !== undefined) found.push({ kind, network, address, path });
  };
  for (const { value, path } of rifs) add('rif', networkOf.get(value.subnet), value.address, [...path, 'address']);
  for (const { value, path } of rifs) add('snat', networkOf.get(value.subnet), value.snat?.address, [...path, 'snat']);
  for (const { value, path } of gateways) add('gateway', value.network, value.address, [...path, 'address']);
  for (const { value, path } of lports)
    for (const [i, address] of value.addresses.entries()) add('lport', value.network, address, [...path, 'addresses', i]);
  for (const { value, path } of floatingIps) add('floating', value.network, value.address, [...path, 'address']);
  for (const { value, path } of hosts)
    for (const [i, { network, address }] of value.externalAddresses.entries())
      add('host', network, address, [...path, 'externalAddresses', i, 'address']);
  // A gateway's own address may be one of its zones'.
  for (const { value, path } of gateways)
    for (const [i, zone] of (value.zones ?? []).entries())
      for (const [at, { address: range }] of zone.localAddresses.entries())
        for (const address of expand(range))
          if (address !== value.address) add('zone', value.network, address, [...path, 'zones', i, 'localAddresses', at]);
  return found;
}
