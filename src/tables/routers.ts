import type { Addresses } from './addresses.js';
import type { Fib } from './fib.js';

/**
 * Routers by number: each has its own routing tables and its own addresses, so tenants may use the same prefixes. GATEWAY_ROUTER is the
 * gateway of the configuration file; the others are replicas of distributed routers. Snapshot. A number belongs to a name for the life
 * of the process; one that no router has at present has the gateway's tables, and no router interface leads to it.
 */
export interface Routers {
  readonly fibs: readonly Fib[];
  readonly addresses: readonly Addresses[];
}
