import { ENCAPSULATION } from './kinds/network.js';
import type { NetworkObject } from './model.js';

/** What networks in tunnels put on the device that tunnels go by. */
export interface UnderlayNeed {
  /** Octets of the largest IP packet, tunnel headers included. */
  readonly octets: number;
  /** The network that sends it. */
  readonly network: string;
}

/** Undefined: none of the networks is in tunnels. */
export function underlayNeed(networks: readonly Pick<NetworkObject, 'name' | 'type' | 'mtu'>[]): UnderlayNeed | undefined {
  let most: UnderlayNeed | undefined;
  for (const { name, type, mtu } of networks) {
    if (ENCAPSULATION[type] === 0) continue;
    const octets = mtu + ENCAPSULATION[type];
    if (most === undefined || octets > most.octets) most = { octets, network: name };
  }
  return most;
}
