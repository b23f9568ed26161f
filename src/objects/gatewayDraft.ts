import type { Path } from '../config/issues.js';
import type { Placed } from '../config/placed.js';
import { resolveZone } from '../config/resolveZone.js';
import { type ZoneEntry, zoneSchema } from '../config/zoneSchema.js';
import { formatIpv4, type WireIpv4 } from '../types/ipv4.js';
import type { Mac } from '../types/mac.js';
import { grouped } from './grouped.js';
import type { GatewayEntry, RouterEntry } from './kinds/router.js';
import type { GatewayObject } from './model.js';
import type { SubnetDraft } from './subnetDraft.js';

/** A gateway with the router it is of; no subnet or address: nothing says which. */
export interface GatewayDraft extends Omit<GatewayEntry, 'subnet' | 'address' | 'mac'> {
  readonly router: string;
  /** The way of what no other gateway of the router has the source of. */
  readonly isFirst: boolean;
  readonly subnet: string | undefined;
  readonly address: WireIpv4 | undefined;
  readonly mac: Mac;
}

export type GatewayWritten = Omit<GatewayDraft, 'mac'> & { readonly mac?: Mac | undefined };

/** Gateways of all routers as they are written, each in the only subnet of its network where it does not say which. */
export function writtenGateways(
  routers: readonly Placed<RouterEntry>[],
  subnets: readonly Placed<SubnetDraft>[],
): Placed<GatewayWritten>[] {
  const onNetwork = grouped(subnets, ({ value }) => value.network);
  return routers.flatMap(({ value: router, path }) =>
    router.gateways.map((entry, i) => {
      const all = onNetwork.get(entry.network) ?? [];
      const subnet = entry.subnet ?? (all.length === 1 ? all[0]!.value.name : undefined);
      const value = { ...entry, router: router.name, isFirst: i === 0, subnet, address: entry.address };
      return { value, path: [...path, 'gateways', i] as Path };
    }),
  );
}

/** Whatever leaves by the gateway: its sources, and what routes lead to its network. */
const ALL = '0.0.0.0/0';

/** Zones of a gateway as a configuration has them; the one nobody wrote as well. */
export function zonesOf({ zones, address }: Pick<GatewayDraft, 'zones' | 'address'>): GatewayObject['zones'] {
  return (zones ?? [usualZone(address!)]).map((zone) => resolveZone(zone, 'default'));
}

/** All that leaves by the gateway, and its address. */
export function usualZone(address: WireIpv4): ZoneEntry {
  return zoneSchema.parse({ name: 'all', match: [ALL], localAddresses: [formatIpv4(address)] });
}
