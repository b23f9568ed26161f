import { Kind, type PipelineContext } from '../pipeline/context.js';
import { fibLookupFrom } from '../routing/fibLookup.js';
import { keyHash, multipathHash, multipathSelect } from '../routing/multipath.js';
import { AddressKind, AddressRow } from '../tables/addresses.js';
import {
  FibError,
  FibFlag,
  FibKey,
  FibNexthop,
  FibResult,
  FibRoute,
  FibSelector,
  FibType,
  MultipathPolicy,
  RIF_ANY,
  RIF_LO,
} from '../tables/fib.js';
import { swapPort } from '../tables/portBlocks.js';
import { trieLookup } from '../tables/prefixTrie.js';
import { Rif, RifRole } from '../tables/rifs.js';
import { Session } from '../tables/sessions.js';
import { FragmentBits, hasPorts, Ipv4, ipv4Destination, ipv4HeaderLength, ipv4Source, Protocol } from '../wire/ipv4.js';
import { adjacencyFor } from './nextHop.js';
import { cachedWay, keepWay } from './wayCache.js';

/**
 * Where a packet goes (dvr.md 4.2): the rules, then the tables they name, then the route and one of its ways. A way is the row of a
 * FibRoute, or a FibError; the rest of what was found stands in `cx.way` (FibResult). Every question goes through the cache, so
 * that the number of rules and routes costs only the first packet of a flow.
 */

/** Of frame `f` as it stands: before translation outward, after it inward. */
export function wayOfFrame(cx: PipelineContext, f: number): number {
  readKey(cx, f);
  const found = way(cx);
  if (waysOf(cx, found) > 1) takePath(cx, found, multipathHash(cx.fib.policy, cx.sessions.key, cx.memory, cx.ip[f]!, cx.end[f]!));
  return found;
}

/** Of frame `f` as if it had these addresses and came in by `iif`: what a floating IP makes of it (floatingOut.ts, floatingIn.ts). */
export function wayAs(cx: PipelineContext, f: number, source: number, destination: number, iif: number): number {
  readKey(cx, f);
  cx.key[FibKey.Source] = source;
  cx.key[FibKey.Destination] = destination;
  cx.key[FibKey.Iif] = iif;
  const found = way(cx);
  if (waysOf(cx, found) > 1) takePath(cx, found, keyHash(cx.fib.policy, cx.sessions.key, cx.key));
  return found;
}

/** What frame `f` is asked by. */
function readKey(cx: PipelineContext, f: number): void {
  const m = cx.memory;
  const ip = cx.ip[f]!;
  const k = cx.key;
  const protocol = m.u8[ip + Ipv4.Protocol]!;
  k[FibKey.Source] = ipv4Source(m, ip);
  k[FibKey.Destination] = ipv4Destination(m, ip);
  k[FibKey.Tos] = m.u8[ip + Ipv4.Tos]!;
  k[FibKey.Iif] = cx.rif[f]!;
  k[FibKey.Protocol] = protocol;
  const l4 = ip + ipv4HeaderLength(m, ip);
  // A part of a datagram has no ports, the first one neither: so all parts go the same way, as in Linux. Those of one that is
  // translated have the ports of its flow, as Linux puts it together before it tracks it.
  const whole = (m.u16[(ip + Ipv4.FlagsFragment) >> 1]! & FragmentBits.NotWhole) === 0;
  if (!whole && cx.kind[f] === Kind.Flow && (protocol === Protocol.Tcp || protocol === Protocol.Udp)) {
    k[FibKey.SourcePort] = swapPort(cx.ports[f]! & 0xffff);
    k[FibKey.DestinationPort] = swapPort(cx.ports[f]! >>> 16);
    return;
  }
  const ported = whole && hasPorts(protocol) && l4 + 4 <= cx.end[f]!;
  k[FibKey.SourcePort] = ported ? (m.u8[l4]! << 8) | m.u8[l4 + 1]! : -1;
  k[FibKey.DestinationPort] = ported ? (m.u8[l4 + 2]! << 8) | m.u8[l4 + 3]! : -1;
}

/** Of an answer to frame `f`, as the reverse-path filter asks (fib_validate_source): addresses and ports change places. */
export function wayBack(cx: PipelineContext, f: number): number {
  const m = cx.memory;
  const ip = cx.ip[f]!;
  const k = cx.key;
  readKey(cx, f);
  k[FibKey.Source] = ipv4Destination(m, ip);
  k[FibKey.Destination] = ipv4Source(m, ip);
  k[FibKey.Iif] = RIF_LO;
  const from = k[FibKey.SourcePort]!;
  k[FibKey.SourcePort] = k[FibKey.DestinationPort]!;
  k[FibKey.DestinationPort] = from;
  return cx.fib.localFirst && isOurs(cx, k[FibKey.Destination]!) ? FibError.Ours : way(cx);
}

/** True when one of the ways of `found` leaves by this router interface (fib_info_nh_uses_dev). */
export function leavesBy(cx: PipelineContext, found: number, rif: number): boolean {
  if (rifOfWay(cx, found) < 0) return false;
  const first = cx.fib.routes[found * FibRoute.Words + FibRoute.Nexthop]!;
  for (let i = 0; i < waysOf(cx, found); i++)
    if (cx.fib.nexthops[(first + i) * FibNexthop.Words + FibNexthop.Rif] === rif) return true;
  return false;
}

/**
 * Of the session in `row`, for frame `f` of it, which need not be rewritten yet: outward by its inside tuple, inward by what the frame is
 * once it is translated. `f` below 0: no frame is at hand; what only frames have is not asked for then.
 */
export function wayOfSession(cx: PipelineContext, row: number, outward: boolean, f: number): number {
  const r = cx.sessions.rows;
  const ports = outward
    ? r[row + Session.OutwardPorts]!
    : (r[row + Session.InwardPorts]! & 0xffff) | (r[row + Session.OutwardPorts]! << 16);
  const inside = r[row + Session.InsideAddress]!;
  const remote = r[row + Session.RemoteAddress]!;
  cx.key[FibKey.Tos] = f < 0 ? 0 : cx.memory.u8[cx.ip[f]! + Ipv4.Tos]!;
  cx.key[FibKey.Iif] = f < 0 ? RIF_LO : cx.rif[f]!;
  return wayOfTuple(cx, outward ? inside : remote, outward ? remote : inside, ports, r[row + Session.Meta]! & 0xff);
}

/** Of a packet that the router itself sends. `ports` as loaded: source | destination << 16. */
export function wayOfOwn(
  cx: PipelineContext,
  source: number,
  destination: number,
  tos: number,
  ports: number,
  protocol: number,
): number {
  cx.key[FibKey.Tos] = tos;
  cx.key[FibKey.Iif] = RIF_LO;
  return wayOfTuple(cx, source, destination, ports, protocol);
}

/** Of a packet with this tuple that comes in by `rif`. */
export function wayBetween(cx: PipelineContext, source: number, destination: number, rif: number, protocol: number): number {
  cx.key[FibKey.Tos] = 0;
  cx.key[FibKey.Iif] = rif;
  return wayOfTuple(cx, source, destination, 0, protocol);
}

function wayOfTuple(cx: PipelineContext, source: number, destination: number, ports: number, protocol: number): number {
  if (cx.fib.localFirst && isOurs(cx, destination)) return FibError.Ours;
  const k = cx.key;
  const ported = hasPorts(protocol);
  k[FibKey.Source] = source;
  k[FibKey.Destination] = destination;
  k[FibKey.Protocol] = protocol;
  k[FibKey.SourcePort] = ported ? swapPort(ports & 0xffff) : -1;
  k[FibKey.DestinationPort] = ported ? swapPort(ports >>> 16) : -1;
  const found = way(cx);
  if (waysOf(cx, found) > 1) takePath(cx, found, keyHash(cx.fib.policy, cx.sessions.key, k));
  return found;
}

/** How many ways the route in row `found` has. */
export function waysOf(cx: PipelineContext, found: number): number {
  return found < 0 ? 0 : cx.fib.routes[found * FibRoute.Words + FibRoute.Nexthops]!;
}

function takePath(cx: PipelineContext, found: number, hash: number): void {
  const path = multipathSelect(cx.fib, found, hash);
  if (path >= 0) cx.way[FibResult.Nexthop] = path;
}

/** Asks with the key as it is. Rule 0 is passed by where the address trie has answered for it (resolve.ts). */
function way(cx: PipelineContext): number {
  cx.key[FibKey.Oif] = RIF_ANY;
  const known = cachedWay(cx);
  if (known !== FibError.NotCached) return known;
  const found = fibLookupFrom(cx.fib, cx.fib.localFirst ? 1 : 0, cx.key, cx.way);
  keepWay(cx, found);
  return found;
}

/** False when another frame between the same addresses may get another way than `found`: what is kept by them alone is not of this one. */
export function keepsToWay(cx: PipelineContext, found: number): boolean {
  return (cx.fib.used & ~(FibSelector.From | FibSelector.To | FibSelector.Iif)) === 0 && waysOf(cx, found) <= 1;
}

/** True for a way inward that leaves by an outside interface: no inside host's address may cross the border (GEN-7). */
export function leadsOutAgain(cx: PipelineContext, found: number, outward: boolean): boolean {
  return !outward && cx.rifs.rows[rifOfWay(cx, found) * Rif.Words + Rif.Role] === RifRole.Outside;
}

/** Router interface of a way; -1: it leads to no neighbour. */
export function rifOfWay(cx: PipelineContext, found: number): number {
  if (found < 0 || cx.fib.routes[found * FibRoute.Words + FibRoute.Type] !== FibType.Unicast) return -1;
  const hop = cx.way[FibResult.Nexthop]!;
  return hop < 0 ? -1 : cx.fib.nexthops[hop * FibNexthop.Words + FibNexthop.Rif]!;
}

/** Row of the neighbour a way leads to: its next hop, or `destination` itself; -1 when there is none, or no room. */
export function adjacencyOfWay(cx: PipelineContext, found: number, destination: number): number {
  const rif = rifOfWay(cx, found);
  return rif < 0 ? -1 : adjacencyFor(cx, rif, hopOfWay(cx, destination));
}

/** Address of the neighbour that the way in `cx.way` leads to. */
export function hopOfWay(cx: PipelineContext, destination: number): number {
  return cx.fib.nexthops[cx.way[FibResult.Nexthop]! * FibNexthop.Words + FibNexthop.Gateway]! || destination;
}

/**
 * Source that the route of a way gives to packets of our own (`src`); 0: none was configured, or it is an address of the other side,
 * which may not cross the border (GEN-7).
 */
export function sourceOfWay(cx: PipelineContext, found: number): number {
  const rif = rifOfWay(cx, found);
  if (rif < 0 || (cx.fib.routes[found * FibRoute.Words + FibRoute.Flags]! & FibFlag.Kernel) !== 0) return 0;
  const source = cx.fib.routes[found * FibRoute.Words + FibRoute.Source]!;
  const own = source === 0 ? -1 : trieLookup(cx.addresses.trie, source);
  if (own < 0) return source;
  const of = cx.addresses.rows[own * AddressRow.Words + AddressRow.Rif]!;
  const rows = cx.rifs.rows;
  return of < 0 || rows[of * Rif.Words + Rif.Role] === rows[rif * Rif.Words + Rif.Role] ? source : 0;
}

/** What the largest packet by a way may be: the route's MTU, if it has one, and never more than the interface's. */
export function mtuOfWay(cx: PipelineContext, found: number): number {
  const own = cx.rifs.rows[rifOfWay(cx, found) * Rif.Words + Rif.Mtu]!;
  const mtu = cx.fib.routes[found * FibRoute.Words + FibRoute.Mtu]!;
  return mtu === 0 ? own : Math.min(mtu, own);
}

/**
 * True when a session may keep the next hop: no rule or route tells its packets apart, nor does what they carry, and the route has no
 * MTU of its own.
 */
export function mayKeepWay(cx: PipelineContext, found: number): boolean {
  if (cx.fib.policy === MultipathPolicy.Inner && waysOf(cx, found) > 1) return false;
  return !cx.fib.perPacket && cx.fib.routes[found * FibRoute.Words + FibRoute.Mtu] === 0;
}

/** By table local: an address that is answered for here, or a broadcast. */
function isOurs(cx: PipelineContext, address: number): boolean {
  const route = trieLookup(cx.addresses.trie, address);
  return route >= 0 && cx.addresses.rows[route * AddressRow.Words + AddressRow.Kind] !== AddressKind.Connected;
}
