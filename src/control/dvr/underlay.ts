import { ENCAPSULATION } from '../../objects/kinds/network.js';
import type { NetworkView } from './view/hostView.js';

/** What networks in tunnels put on the device that tunnels go by. */
export interface UnderlayNeed {
  /** Octets of the largest IP packet, tunnel headers included. */
  readonly octets: number;
  /** The network that sends it. */
  readonly network: string;
}

/** Undefined: none of the networks is in tunnels. */
export function underlayNeed(networks: readonly Pick<NetworkView, 'name' | 'type' | 'mtu'>[]): UnderlayNeed | undefined {
  let most: UnderlayNeed | undefined;
  for (const { name, type, mtu } of networks) {
    if (ENCAPSULATION[type] === 0) continue;
    const octets = mtu + ENCAPSULATION[type];
    if (most === undefined || octets > most.octets) most = { octets, network: name };
  }
  return most;
}

/** "ip -n h1 link set fab mtu 1500" */
export function mtuCommand(netns: string, device: string, octets: number): string {
  return `ip ${netns === '' ? '' : `-n ${netns} `}link set ${device} mtu ${octets}`;
}
