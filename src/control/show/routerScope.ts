import type { Parsed } from '../../types/parsed.js';
import { listAddresses } from '../buildAddresses.js';
import type { Built } from '../buildSnapshot.js';

/** What listings of rules, routes and neighbours are of. */
export type RoutingOf = Pick<Built, 'config' | 'rifs' | 'addresses' | 'fibStore'>;

const LONGEST_ECHO = 40;

/** Of the router called `name`: a replica, or the SNAT service of one on this host; of the gateway itself when nothing is said. */
export function routingOf(built: Built, name: string | null): Parsed<RoutingOf> {
  const { config } = built;
  if (name === null) return { value: { ...built, rifs: built.rifs.filter(({ network }) => network === undefined) } };
  const router = built.routers.find(({ view }) => view.name === name);
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
