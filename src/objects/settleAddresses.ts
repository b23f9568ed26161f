import type { Path } from '../config/issues.js';
import type { Placed } from '../config/placed.js';
import type { Prefix, WireIpv4 } from '../types/ipv4.js';
import { isIpv6Prefix } from '../types/ipv6.js';
import { fits, giveAddresses, type Taken, type WantedAddress } from './freeAddresses.js';
import type { GatewayWritten } from './gatewayDraft.js';
import { grouped } from './grouped.js';
import type { LportEntry } from './kinds/lport.js';
import type { Objects } from './model.js';
import { type AddressOwners, ownedAddresses } from './ownedAddresses.js';
import type { SubnetDraft } from './subnetDraft.js';

interface RifWritten {
  readonly router: string;
  readonly subnet: string;
  readonly address: WireIpv4 | undefined;
  readonly snat: { readonly address: WireIpv4 | undefined } | undefined;
}

interface FloatingWritten {
  readonly name: string;
  readonly network: string;
  readonly address: WireIpv4 | undefined;
}

interface Written<R, G, F> extends Omit<AddressOwners, 'rifs' | 'gateways' | 'floatingIps' | 'lports'> {
  readonly lports: readonly Placed<LportEntry>[];
  readonly rifs: readonly Placed<R>[];
  readonly gateways: readonly Placed<G>[];
  readonly floatingIps: readonly Placed<F>[];
}

/**
 * Gives an address to what has none written: what holds now, else a free one. What cannot have one stays without.
 * What holds now is kept even where something else has it by now: that is a fault, and not a reason for an address to change unasked.
 */
export function settleAddresses<R extends RifWritten, G extends GatewayWritten, F extends FloatingWritten>(
  written: Written<R, G, F>,
  before: Objects | undefined,
): {
  readonly rifs: Placed<R>[];
  readonly gateways: Placed<G>[];
  readonly floatingIps: Placed<F>[];
  /** Places of what has an address that nobody wrote, and had it before. */
  readonly stays: ReadonlySet<Path>;
} {
  const subnets = new Map(written.subnets.map(({ value }) => [value.name, value]));
  const onNetwork = grouped(subnets.values(), ({ network }) => network);
  const kept = keptAddresses(before);
  const stays = new Set<Path>();
  const wants: { readonly want: WantedAddress; readonly give: (address: WireIpv4 | undefined) => void }[] = [];
  const open = (
    key: string,
    path: Path,
    network: string,
    of: readonly SubnetDraft[],
    give: (address: WireIpv4 | undefined) => void,
  ): void => {
    const known = kept.get(key);
    if (known !== undefined && fits(known, of)) {
      stays.add(path);
      give(known);
    } else wants.push({ want: { key, network, subnets: of }, give });
  };
  const rifs = written.rifs.map((one) => ({ ...one }));
  for (const rif of rifs) {
    const subnet = subnets.get(rif.value.subnet);
    const { router, snat } = rif.value;
    if (snat === undefined || snat.address !== undefined || subnet === undefined) continue;
    open(keyOf.snat(router, subnet.name), rif.path, subnet.network, [subnet], (address) => {
      rif.value = { ...rif.value, snat: { ...snat, address } };
    });
  }
  const gateways = written.gateways.map((one) => ({ ...one }));
  for (const gateway of gateways) {
    const subnet = subnets.get(gateway.value.subnet ?? '');
    const { router, network, address } = gateway.value;
    if (address !== undefined || subnet === undefined || subnet.network !== network) continue;
    open(keyOf.gateway(router, network), gateway.path, network, [subnet], (given) => {
      gateway.value = { ...gateway.value, address: given };
    });
  }
  const floatingIps = written.floatingIps.map((one) => ({ ...one }));
  for (const floating of floatingIps) {
    const { name, network, address } = floating.value;
    if (address !== undefined) continue;
    open(keyOf.floating(network, name), floating.path, network, onNetwork.get(network) ?? [], (given) => {
      floating.value = { ...floating.value, address: given };
    });
  }
  const given = giveAddresses(
    wants.map(({ want }) => want),
    takenOf({ ...written, rifs, gateways, floatingIps }, written.lports),
  );
  for (const [i, { give }] of wants.entries()) give(given[i]);
  return { rifs, gateways, floatingIps, stays };
}

/** Gateways of routers before floating addresses, of which there are many. */
const keyOf = {
  snat: (router: string, subnet: string): string => `1 ${router}/${subnet}`,
  gateway: (router: string, network: string): string => `2 ${router}/${network}`,
  floating: (network: string, name: string): string => `3 ${network}/${name}`,
};

function keptAddresses(before: Objects | undefined): ReadonlyMap<string, WireIpv4> {
  if (before === undefined) return new Map();
  const { rifs, routers, floatingIps } = before;
  return new Map([
    ...rifs.flatMap(({ router, subnet, snat }) =>
      snat === undefined ? [] : [[keyOf.snat(router, subnet), snat.address] as const],
    ),
    ...routers.flatMap(({ name, gateways }) =>
      gateways.map(({ network, address }) => [keyOf.gateway(name, network), address] as const),
    ),
    ...floatingIps.map(({ network, name, address }) => [keyOf.floating(network, name), address] as const),
  ]);
}

/** Addresses of all owners, and what ports may use by allowed pairs. */
function takenOf(owners: AddressOwners, lports: readonly Placed<LportEntry>[]): Taken {
  const addresses = new Map<string, Set<WireIpv4>>(owners.subnets.map(({ value }) => [value.network, new Set()]));
  for (const { network, address } of ownedAddresses(owners)) addresses.get(network)?.add(address);
  const prefixes = new Map<string, Prefix[]>();
  for (const { value } of lports)
    for (const { address: pair } of value.allowedPairs) {
      if (isIpv6Prefix(pair)) continue;
      const known = prefixes.get(value.network);
      if (known === undefined) prefixes.set(value.network, [pair]);
      else known.push(pair);
    }
  return { addresses, prefixes };
}
