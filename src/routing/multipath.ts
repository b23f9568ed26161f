import { type Fib, FibKey, FibNexthop, FibRoute, MultipathPolicy } from '../tables/fib.js';
import type { HashKey } from '../tables/hash.js';
import { swapPort } from '../tables/portBlocks.js';
import { isIcmpError } from '../wire/icmp.js';
import { FragmentBits, hasPorts, Ipv4, ipv4HeaderLength, Protocol } from '../wire/ipv4.js';
import type { FrameMemory } from '../wire/memory.js';
import { wayUsable } from './fibLookup.js';
import { innerHash } from './innerHash.js';
import { pathHash } from './pathHash.js';

/**
 * 31 bits by which a packet takes one of several ways (fib_multipath_hash): the same for all packets of a flow, both directions,
 * and for all fragments of a datagram. The IPv4 header, checked, is at `ip`; `end` is the first octet behind the packet.
 */
export function multipathHash(policy: MultipathPolicy, key: HashKey, m: FrameMemory, ip: number, end: number): number {
  if (policy === MultipathPolicy.Inner) return innerHash(key, m, ip, end);
  const protocol = m.u8[ip + Ipv4.Protocol]!;
  const source = m.i32[(ip + Ipv4.Source) >> 2]!;
  const destination = m.i32[(ip + Ipv4.Destination) >> 2]!;
  const fragment = (m.u16[(ip + Ipv4.FlagsFragment) >> 1]! & FragmentBits.NotWhole) !== 0;
  const l4 = ip + ipv4HeaderLength(m, ip);
  if (policy === MultipathPolicy.Ports) {
    // The kernel looks for ports in no fragment, not even the first.
    if (fragment || !hasPorts(protocol) || l4 + 4 > end) return pathHash(key, source, destination, 0, 0, protocol);
    return pathHash(key, source, destination, m.u16[l4 >> 1]!, m.u16[(l4 + 2) >> 1]!, protocol);
  }
  // An error goes the way of the packet it is about (ip_multipath_l3_keys).
  const quoted = l4 + 8;
  if (protocol === Protocol.Icmp && !fragment && isIcmpError(m.u8[l4]!) && quoted + Ipv4.MinHeader <= end)
    return addressesHash(key, m.i32[(quoted + Ipv4.Source) >> 2]!, m.i32[(quoted + Ipv4.Destination) >> 2]!);
  return addressesHash(key, source, destination);
}

/** The hash of a packet that is known by its key alone (FibKey); what is inside a tunnel is not known then. */
export function keyHash(policy: MultipathPolicy, key: HashKey, k: Int32Array): number {
  const source = k[FibKey.Source]!;
  const destination = k[FibKey.Destination]!;
  if (policy !== MultipathPolicy.Ports) return addressesHash(key, source, destination);
  const ported = k[FibKey.SourcePort]! >= 0;
  const from = ported ? swapPort(k[FibKey.SourcePort]!) : 0;
  const to = ported ? swapPort(k[FibKey.DestinationPort]!) : 0;
  return pathHash(key, source, destination, from, to, k[FibKey.Protocol]!);
}

/** That of policy `addresses`, and of packets that the router itself sends. Addresses as loaded. */
export function addressesHash(key: HashKey, source: number, destination: number): number {
  return pathHash(key, source, destination, 0, 0, 0);
}

/**
 * Row of the way that `hash` takes of a route with several: that of its share, or, should that have gone down this moment, the next
 * one that is usable. -1: none is.
 */
export function multipathSelect(fib: Fib, route: number, hash: number): number {
  const at = route * FibRoute.Words;
  const first = fib.routes[at + FibRoute.Nexthop]!;
  const ways = fib.routes[at + FibRoute.Nexthops]!;
  let chosen = 0;
  while (chosen < ways && hash > Atomics.load(fib.nexthops, (first + chosen) * FibNexthop.Words + FibNexthop.UpperBound))
    chosen++;
  for (let i = 0; i < ways; i++) {
    const way = first + ((chosen + i) % ways);
    if (wayUsable(fib, way * FibNexthop.Words)) return way;
  }
  return -1;
}
