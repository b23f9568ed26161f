import { AddressKind } from '../tables/addresses.js';
import { RifFlag } from '../tables/rifs.js';
import type { BuiltAddress } from './buildAddresses.js';
import { addressesOf, type BuiltRouter } from './dvr/tables/buildRouters.js';
import type { HostView } from './dvr/view/hostView.js';

/** What is announced (Snapshot.announce): own and zone addresses on segments of ours, `addresses`, and what this host alone has on its networks. */
export function announcedRows(
  addresses: readonly BuiltAddress[],
  routers: readonly BuiltRouter[],
  { networks }: Pick<HostView, 'networks'>,
  networkOf: (name: string) => number,
): number[] {
  const wires = new Set(networks.flatMap(({ name, physnet }) => (physnet === undefined ? [] : [networkOf(name)])));
  return [...addresses.filter(isOwn).flatMap(rowOf), ...routers.flatMap((router) => uniqueOf(router, wires))];
}

/**
 * Addresses of a SNAT service and of an exit on external networks, and the MACs that a service has on tenant networks, which only switches have to
 * learn (dvr.md 5.4). Replicas are everywhere.
 */
function uniqueOf(router: BuiltRouter, wires: ReadonlySet<number>): number[] {
  const unique = router.rifs.filter(({ flags = 0, network }) => (flags & RifFlag.Unique) !== 0 && network !== undefined);
  const outside = new Set(unique.flatMap(({ index, config }) => (config.role === 'outside' ? [index] : [])));
  const inside = unique.filter(({ index, network }) => !outside.has(index) && wires.has(network!));
  const said = addressesOf(router).filter((one) => (isOwn(one) || one.kind === AddressKind.Floating) && outside.has(one.rif));
  return [...said.flatMap(rowOf), ...inside.flatMap(({ index }) => [index, 0])];
}

function isOwn({ kind, rif }: BuiltAddress): boolean {
  return (kind === AddressKind.Local || kind === AddressKind.Zone) && rif >= 0;
}

function rowOf({ rif, address }: BuiltAddress): number[] {
  return [rif, address];
}
