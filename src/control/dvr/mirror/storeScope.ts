import type { Objects } from '../../../objects/model.js';
import { FLOATING, GATEWAYS, SNAT } from '../../../store/objectKeys.js';
import type { ObjectMirror } from '../../../store/objectMirror.js';
import type { ObjectsAt } from '../../../store/objectStore.js';
import { SNAT_SERVICE, type SnatOwner } from '../../../store/snatStore.js';
import { Placement } from '../placement/placement.js';
import { type SnatHosts, snatHostsOf } from '../placement/snatPlacement.js';

/** What part of a store a host follows (dvr.md 5.6): what all have to know of all is little, and ports are many. */

/** What a host goes by: the part of the objects that concerns it, and where SNAT services are. */
export interface ScopedObjects extends ObjectsAt {
  readonly snatHosts: SnatHosts;
  /** The records that say so, where hosts share a store. */
  readonly snatOwners: readonly SnatOwner[];
}

/** Prefixes of the keys that a host needs whole. Last the ports bound to it: who they are and where they are, not what they are. */
export function hostPrefixes(host: string): string[] {
  const ofAll = ['meta/', 'host/', 'hostmac/h/', 'net/', 'subnet/', 'router/', 'rif/', GATEWAYS, SNAT, FLOATING, SNAT_SERVICE];
  return [...ofAll, `hostport/${host}/`];
}

/** Where SNAT services are: what the records of a shared store say. Hosts with a store each have nobody to agree with but the objects. */
export function placedBy(
  mirror: Pick<ObjectMirror, 'objects' | 'snatOwners'>,
  shared: boolean,
): Pick<ScopedObjects, 'snatHosts' | 'snatOwners'> {
  if (!shared) return { snatHosts: snatHostsOf(mirror.objects()), snatOwners: [] };
  const snatOwners = mirror.snatOwners();
  return { snatHosts: new Map(snatOwners.map(({ router, host }) => [router, host])), snatOwners };
}

/** Prefixes of the keys of one network. */
export function networkPrefixes(network: string): string[] {
  return [`port/${network}/`, `claim/${network}/`];
}

/**
 * Networks whose ports a host needs: `bound`, those of its own ports, those of routers whose SNAT service it has, what their routers lead to,
 * and external ones. More than `Placement.networksOf`, which knows ports that are down: that takes their records, which are what is to be
 * decided here.
 */
export function neededNetworks(
  objects: Objects,
  host: string,
  bound: Iterable<string>,
  snatHosts: SnatHosts,
): ReadonlySet<string> {
  const placement = new Placement(objects, snatHosts);
  const { networks } = placement.reach([...bound, ...placement.servicedNetworks(host)]);
  return new Set([...networks, ...placement.externalOf(host)]);
}
