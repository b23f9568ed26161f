import type { Mac } from '../types/mac.js';
import { drawByKey, drawFree, type MacDraw, macKey, macOn } from './drawMacs.js';
import type { Objects } from './model.js';

/** What every host knows of all objects; ports it does not, and theirs are kept apart from these when they are drawn and checked. */
type KnownToAll = Pick<Objects, 'hosts' | 'subnets' | 'routers' | 'rifs' | 'floatingIps'>;

/**
 * MACs that hosts send to an external network with (Neutron: fg-, dvr.md 2.7), by host. A pure function: every host comes to the same ones, and
 * none is kept.
 */
export function exitMacs(objects: KnownToAll, network: string, draw: MacDraw = drawByKey): ReadonlyMap<string, Mac> {
  const networkOf = new Map(objects.subnets.map((subnet) => [subnet.name, subnet.network]));
  const taken = new Set(
    [
      ...objects.routers.flatMap(({ gateways }) => gateways.filter((one) => one.network === network).map(({ mac }) => mac)),
      ...objects.rifs.filter(({ subnet }) => networkOf.get(subnet) === network).map(({ mac }) => mac),
      ...objects.floatingIps.filter((one) => one.network === network).map(({ mac }) => mac),
    ].map((mac) => macOn(network, mac)),
  );
  return drawnExits(
    objects.hosts.map(({ name }) => name),
    network,
    taken,
    draw,
  );
}

/** The one of a host; also of one that is not among the hosts. */
export function exitMac(objects: KnownToAll, network: string, host: string, draw: MacDraw = drawByKey): Mac {
  return exitMacs(objects, network, draw).get(host) ?? draw(macKey.exit(network, host), 0);
}

/** `taken`: macOn of what is on the network beside them. */
export function drawnExits(hosts: readonly string[], network: string, taken: Set<string>, draw: MacDraw): Map<string, Mac> {
  const sorted = [...new Set(hosts)].sort();
  return new Map(sorted.map((host) => [host, drawFree(macKey.exit(network, host), network, taken, draw)]));
}
