import { PortSpace, portsUsed } from '../../tables/portBlocks.js';
import type { State } from '../../tables/state.js';
import type { PortUse, PortUses } from '../../types/show.js';

/**
 * Ports of a local address, by protocol, summed over the workers. Every session holds exactly one port of its own (mapping by
 * address and port of the remote, D19), so the ports in use are also the sessions of that address and protocol; a recovery
 * counts them anew from the sessions, which differences of counters would not survive.
 *
 * `address` is the index among the port pools.
 */
export function portUses(states: readonly State[], address: number): PortUses {
  return {
    tcp: portUse(states, PortSpace.Tcp, address),
    udp: portUse(states, PortSpace.Udp, address),
    icmp: portUse(states, PortSpace.Icmp, address),
  };
}

/** The same of one protocol. */
export function portUse(states: readonly State[], space: PortSpace, address: number): PortUse {
  const { ports } = states[0]!;
  const pool = space * ports.addresses + address;
  return {
    used: states.reduce((sum, _, worker) => sum + portsUsed(ports, worker, pool), 0),
    capacity: ports.range[pool * 2 + 1]! - ports.range[pool * 2]! + 1,
  };
}
