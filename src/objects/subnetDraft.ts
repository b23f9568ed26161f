import { hostOrder, network, type WireIpv4, wireOrder } from '../types/ipv4.js';
import type { SubnetEntry } from './kinds/subnet.js';

/** A subnet whose gateway is settled: undefined is none. */
export interface SubnetDraft extends Omit<SubnetEntry, 'gateway'> {
  readonly gateway: WireIpv4 | undefined;
}

/** The first address, unless the file says another one, or that there is none. */
export function subnetDraft({ gateway, ...subnet }: SubnetEntry): SubnetDraft {
  const first = subnet.cidr.length >= 31 ? undefined : wireOrder(hostOrder(network(subnet.cidr).address) + 1);
  return { ...subnet, gateway: gateway === 'none' ? undefined : (gateway ?? first) };
}
