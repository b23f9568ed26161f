import type { Addresses } from './addresses.js';
import type { Fib } from './fib.js';
import { GATEWAY_ROUTER } from './rifs.js';
import type { Statics } from './statics.js';
import type { Zones } from './zones.js';

/**
 * Routers by number: each has its own routing tables and its own addresses, so tenants may use the same prefixes. GATEWAY_ROUTER
 * is the gateway of the configuration file; the others are replicas of distributed routers and their SNAT services. Snapshot. A
 * number belongs to a name for the life of the process; one that no router has at present has the gateway's tables, and no router
 * interface leads to it.
 */
export interface Routers {
  readonly fibs: readonly Fib[];
  readonly addresses: readonly Addresses[];
  /** What sources of each are translated to; of a replica nothing is. They share rows and differ in who is covered. */
  readonly zones: readonly Zones[];
  readonly statics: readonly Statics[];
}

/** False for a number that no router has at present: rows of its sessions outlive it for a while. */
export function hasRouter(t: Routers, router: number): boolean {
  const fibs = t.fibs;
  return router === GATEWAY_ROUTER || (router < fibs.length && fibs[router] !== fibs[GATEWAY_ROUTER]);
}
