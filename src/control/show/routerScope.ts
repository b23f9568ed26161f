import { someOf } from '../../config/nearest.js';
import { isFault, type Parsed } from '../../types/parsed.js';
import { listAddresses } from '../buildAddresses.js';
import type { Built } from '../buildSnapshot.js';
import { withAll } from './objects.js';
import type { Shown } from './shown.js';

/** What listings of rules, routes and neighbours are of. */
export type RoutingOf = Pick<Built, 'config' | 'rifs' | 'addresses' | 'fibStore'>;

/** Of whatever is asked for: names of objects may have 255 characters. */
const LONGEST_ECHO = 300;

/** Of the router called `name`: a replica, or the SNAT service of one on this host; of the gateway itself when nothing is said. */
export function routingOf(built: Built, name: string | null): Parsed<RoutingOf> {
  const { config } = built;
  if (name === null) return { value: { ...built, rifs: built.rifs.filter(({ network }) => network === undefined) } };
  // The name of a service is a short one where its router's is long; whoever knows the router says both.
  const router =
    built.routers.find(({ view }) => view.name === name) ??
    built.routers.find(({ view }) => 'router' in view && name === `snat-${view.router}`);
  if (router === undefined) {
    const here = built.routers.map(({ view }) => view.name).join(', ');
    return {
      fault: `there is no router "${name.slice(0, LONGEST_ECHO)}" on this host; there are ${here || 'none'}`,
      missing: true,
    };
  }
  const { scope, rifs, fibStore } = router;
  const { routes, rules } = scope;
  return { value: { config: { ...config, routes, rules }, rifs, fibStore, addresses: listAddresses(scope, rifs, []) } };
}

/** The same; of a router that is not on this host it says where it is, by the objects of all hosts. */
export async function routingOrWhere(shown: Pick<Shown, 'built' | 'objects'>, name: string | null): Promise<Parsed<RoutingOf>> {
  const routing = routingOf(shown.built, name);
  if (!isFault(routing) || name === null) return routing;
  const hosts = hostsOfRouter(await withAll(shown), name);
  if (hosts === undefined) return routing;
  const echo = name.slice(0, LONGEST_ECHO);
  const [first] = hosts;
  const where =
    first === undefined
      ? ', and no host has a port that it serves'
      : `; it is on ${someOf(hosts)}: ask there, with --name ${first}`;
  return { fault: `router "${echo}" is not on this host${where}`, missing: true };
}

/** The host of its SNAT service, then those of ports that it serves; undefined: the objects name no such router. */
function hostsOfRouter({ objects: known }: Pick<Shown, 'objects'>, router: string): string[] | undefined {
  if (known === undefined || !known.objects.routers.some(({ name }) => name === router)) return undefined;
  const { rifs, subnets, lports } = known.objects;
  const on = new Set(rifs.filter((rif) => rif.router === router).map(({ subnet }) => subnet));
  const networks = new Set(subnets.filter(({ name }) => on.has(name)).map(({ network }) => network));
  const distributed = known.objects.routers.find(({ name }) => name === router)!.distributed;
  const served = distributed ? lports.filter(({ network }) => networks.has(network)).map(({ host }) => host) : [];
  const all = new Set([known.snatHosts?.get(router), ...served]);
  return [...all].filter((host): host is string => host !== undefined && host !== '');
}
