import type { Path } from '../config/issues.js';
import type { Placed } from '../config/placed.js';
import type { WireIpv4 } from '../types/ipv4.js';
import type { Mac } from '../types/mac.js';
import type { RouterEntry } from './kinds/router.js';
import type { SubnetDraft } from './subnetDraft.js';

/** An interface with the router it is of; no address: nothing says which. */
export interface RifDraft {
  readonly name: string;
  readonly router: string;
  readonly subnet: string;
  readonly address: WireIpv4 | undefined;
  readonly mac: Mac;
  /** Undefined: the router has no SNAT service. */
  readonly snat: { readonly address: WireIpv4 | undefined; readonly mac: Mac } | undefined;
}

/** As it is written. */
export interface RifWritten extends Omit<RifDraft, 'mac' | 'snat'> {
  readonly mac: Mac | undefined;
  readonly snat: { readonly address: WireIpv4 | undefined; readonly mac: Mac | undefined } | undefined;
}

const LONGEST_RIF_NAME = 32;

/** Interfaces of all routers; those that have an SNAT service (dvr.md 1.1) with what is written of it. */
export function writtenRifs(
  routers: readonly Placed<RouterEntry>[],
  subnets: readonly Placed<SubnetDraft>[],
): Placed<RifWritten>[] {
  const gateways = new Map(subnets.map(({ value }) => [value.name, value.gateway]));
  return routers.flatMap(({ value: router, path }) =>
    router.interfaces.map(({ name, subnet, address, mac, snat, snatMac }, i) => ({
      value: {
        name: name ?? `qr-${subnet}`.slice(0, LONGEST_RIF_NAME),
        router: router.name,
        subnet,
        address: address ?? gateways.get(subnet),
        mac,
        snat: hasSnat(router) ? { address: snat, mac: snatMac } : undefined,
      },
      path: [...path, 'interfaces', i] as Path,
    })),
  );
}

/** One that is not distributed has its gateway where its interfaces are. */
export function hasSnat({ distributed, gateways }: Pick<RouterEntry, 'distributed' | 'gateways'>): boolean {
  return distributed && gateways.length > 0;
}
