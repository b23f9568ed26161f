import type { Objects } from '../../objects/model.js';
import { Placement } from './placement.js';

/** What part of a store a host follows (dvr.md 5.6): what all have to know of all is little, and ports are many. */

/** Prefixes of the keys that a host needs whole. Last the ports bound to it: who they are and where they are, not what they are. */
export function hostPrefixes(host: string): string[] {
  return ['meta/', 'host/', 'hostmac/h/', 'net/', 'subnet/', 'router/', 'rif/', `hostport/${host}/`];
}

/** Prefixes of the keys of one network. */
export function networkPrefixes(network: string): string[] {
  return [`port/${network}/`, `claim/${network}/`];
}

/**
 * Networks whose ports a host needs: `bound`, those of its own ports, and what their routers lead to. More than `Placement.networksOf`, which
 * knows ports that are down: that takes their records, which are what is to be decided here.
 */
export function neededNetworks(objects: Objects, bound: Iterable<string>): ReadonlySet<string> {
  return new Placement(objects).reach(bound).networks;
}
