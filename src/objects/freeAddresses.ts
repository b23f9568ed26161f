import { edge } from '../config/checks/addresses.js';
import { covers, hostOrder, network, type Prefix, type WireIpv4, wireOrder } from '../types/ipv4.js';
import type { SubnetDraft } from './subnetDraft.js';

/** What an address is given to that has none written. */
export interface WantedAddress {
  /** By which they take their turns, whatever the order of the file. */
  readonly key: string;
  readonly network: string;
  /** Any of these has to have it. */
  readonly subnets: readonly SubnetDraft[];
}

/** What nobody is given: addresses that are taken, and prefixes that ports may use (allowed pairs), by network. */
export interface Taken {
  readonly addresses: ReadonlyMap<string, Set<WireIpv4>>;
  readonly prefixes: ReadonlyMap<string, readonly Prefix[]>;
}

/**
 * The first free addresses of the subnets' pools, or of the subnets from their lowest, each once; undefined: none is left. What is given
 * is taken afterwards.
 */
export function giveAddresses(wanted: readonly WantedAddress[], taken: Taken): (WireIpv4 | undefined)[] {
  // What was looked at is taken or given, and is not looked at again.
  const rest = new Map<string, Iterator<WireIpv4>>();
  const given: (WireIpv4 | undefined)[] = new Array(wanted.length).fill(undefined);
  const turns = wanted.map((_, i) => i).sort((a, b) => (wanted[a]!.key < wanted[b]!.key ? -1 : 1));
  for (const i of turns) {
    const { network, subnets } = wanted[i]!;
    for (const subnet of inOrder(subnets)) {
      const left = rest.get(subnet.name) ?? freeIn(subnet, taken);
      rest.set(subnet.name, left);
      const { done, value } = left.next();
      if (done === true) continue;
      taken.addresses.get(network)?.add(value);
      given[i] = value;
      break;
    }
  }
  return given;
}

/**
 * Whether one that has the address may keep it: hosts of the subnet can have it. One that the subnet's gateway is given later
 * stays, and is a fault.
 */
export function fits(address: WireIpv4, subnets: readonly SubnetDraft[]): boolean {
  return subnets.some(({ cidr }) => covers(cidr, address) && edge(cidr, address) === undefined);
}

function inOrder(subnets: readonly SubnetDraft[]): SubnetDraft[] {
  return [...subnets].sort((a, b) => hostOrder(a.cidr.address) - hostOrder(b.cidr.address));
}

function* freeIn(subnet: SubnetDraft, { addresses, prefixes }: Taken): Generator<WireIpv4> {
  const { cidr, pools } = subnet;
  const low = hostOrder(network(cidr).address);
  const whole = { low, high: low + 2 ** (32 - cidr.length) - 1 };
  // A pair as wide as the subnet is of who may use any address, and reserves none.
  const narrow = (prefixes.get(subnet.network) ?? []).filter(({ length }) => length > cidr.length);
  for (const range of pools ?? [whole])
    for (let at: number = range.low; at <= range.high; at++) {
      const address = wireOrder(at);
      if (!covers(cidr, address) || !isUsable(subnet, address) || addresses.get(subnet.network)?.has(address) === true) continue;
      if (!narrow.some((prefix) => covers(prefix, address))) yield address;
    }
}

function isUsable({ cidr, gateway }: SubnetDraft, address: WireIpv4): boolean {
  return edge(cidr, address) === undefined && address !== gateway;
}
