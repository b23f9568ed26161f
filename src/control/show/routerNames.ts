import type { Built } from '../buildSnapshot.js';

/**
 * Routers whose sessions this host has: by the name of the router whose SNAT service it is, as objects have it. The gateway's own sessions are
 * of no router.
 */
export function servicesByRouter({ routers }: Pick<Built, 'routers'>): Map<string, number> {
  return new Map(routers.flatMap(({ view, number }) => ('router' in view ? [[view.router, number] as const] : [])));
}

/** The same by number. A service that is gone has no name, and its sessions are about to end. */
export function namesOfServices(built: Pick<Built, 'routers'>): Map<number, string> {
  return new Map([...servicesByRouter(built)].map(([name, number]) => [number, name]));
}
