import type { PipelineContext } from '../pipeline/context.js';
import { Verdict } from '../shared/verdict.js';
import { AddressKind, AddressRow } from '../tables/addresses.js';
import { FibRoute, FibType } from '../tables/fib.js';
import { trieLookup } from '../tables/prefixTrie.js';
import { IcmpType } from '../wire/icmp.js';
import { Ipv4, ipv4Destination, ipv4Source, isMartianDestination, isMartianSource, isMulticast } from '../wire/ipv4.js';
import { sendIcmpError } from './icmpError.js';
import { localService } from './localService.js';
import { refuse } from './refuse.js';
import { routed } from './routed.js';
import { rifOfWay, wayOfFrame } from './way.js';

/**
 * An IPv4 packet to a router interface of a network: what the replica of its router on this host makes of it (dvr.md 2.2, 2.4, 2.14). The
 * router is the one `cx` has entered. No state: no host sees both directions (dvr.md 2.4), so nothing is translated here.
 */
export function routeReplica(cx: PipelineContext, f: number): Verdict {
  const m = cx.memory;
  const ip = cx.ip[f]!;
  const source = ipv4Source(m, ip);
  const destination = ipv4Destination(m, ip);
  if (isMartianSource(source) || isOwn(cx, source)) return Verdict.DropMartianSource;
  if (isMulticast(destination)) return Verdict.DropMulticast;
  if (destination === -1) return Verdict.DropBroadcast;
  if (isMartianDestination(destination)) return Verdict.DropMartianDestination;
  const kind = kindOf(cx, destination);
  if (cx.fib.localFirst && kind === AddressKind.Local) return localService(cx, f, false);
  if (cx.fib.localFirst && kind === AddressKind.Broadcast) return Verdict.DropBroadcast;
  const found = wayOfFrame(cx, f);
  const type = found < 0 ? 0 : cx.fib.routes[found * FibRoute.Words + FibRoute.Type]!;
  if (type === FibType.Local) return localService(cx, f, false);
  if (type === FibType.Broadcast || type === FibType.Multicast) return Verdict.DropBroadcast;
  if (type !== FibType.Unicast) return refuse(cx, f, found);
  if (rifOfWay(cx, found) < 0) return Verdict.DropRouteBlackhole;
  if (m.u8[ip + Ipv4.Ttl]! <= 1) {
    sendIcmpError(cx, f, IcmpType.TimeExceeded, 0, 0);
    return Verdict.DropTtlExceeded;
  }
  return routed(cx, f, found);
}

/** What an address is to the router; -1: nothing. */
function kindOf(cx: PipelineContext, address: number): number {
  const row = trieLookup(cx.addresses.trie, address);
  return row < 0 ? -1 : cx.addresses.rows[row * AddressRow.Words + AddressRow.Kind]!;
}

function isOwn(cx: PipelineContext, source: number): boolean {
  const kind = kindOf(cx, source);
  return kind === AddressKind.Local || kind === AddressKind.Broadcast;
}
