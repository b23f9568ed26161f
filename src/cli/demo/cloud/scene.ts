import type { World } from '../world.js';
import { type Guest, HOSTS, type Host, UP, type Upstream } from './topology.js';

/** What of the topology a demo has. */
export interface Scene {
  /** Name of the router. */
  readonly router: string;
  readonly guests: readonly Guest[];
  /** Whether there is the external network, the upstream router on it, and a gateway of the router. */
  readonly external: boolean;
  /** More keys of that gateway. */
  readonly gatewayKeys?: string;
  /** Floating IPs, each as the file of objects has it. */
  readonly floatingIps?: readonly string[];
}

/** Namespaces. */
export type Label = 'fabric' | Host['name'] | Guest['name'] | Upstream['name'];
export type CloudWorld = World<Label>;

export function labelsOf({ guests, external }: Scene): Label[] {
  return ['fabric', ...HOSTS.map(({ name }) => name), ...guests.map(({ name }) => name), ...(external ? [UP.name] : [])];
}
