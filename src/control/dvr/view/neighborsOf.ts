import { grouped } from '../../../objects/grouped.js';
import { covers } from '../../../types/ipv4.js';
import type { HostView, RouterView, ServiceView } from './hostView.js';

/**
 * Who is in the subnet of each router interface for certain: ports, and interfaces of other routers on the same network (dvr.md 2.17). Gateways know
 * each other by a look at the tables (pipeline/ownNeighbor.ts).
 */
export function neighborsOf(routers: readonly (RouterView | ServiceView)[], known: HostView['known']): HostView['neighbors'] {
  const all = routers.flatMap((router) => router.rifs);
  const onNetwork = grouped(known, ({ network }) => network);
  const others = grouped(all, ({ network }) => network);
  const inside = grouped(
    all.filter((rif) => !isGateway(rif)),
    ({ network }) => network,
  );
  return all.flatMap((rif) => [
    ...(onNetwork.get(rif.network) ?? [])
      .filter(({ address }) => covers(rif.address, address))
      .map(({ network, ...one }) => ({ rif: rif.name, ...one })),
    ...((isGateway(rif) ? inside : others).get(rif.network) ?? [])
      .filter((other) => other !== rif && covers(rif.address, other.address.address))
      .map(({ address: { address }, mac }) => ({ rif: rif.name, address, mac })),
  ]);
}

function isGateway(rif: RouterView['rifs'][number] | ServiceView['rifs'][number]): boolean {
  return 'role' in rif && rif.role === 'outside';
}
