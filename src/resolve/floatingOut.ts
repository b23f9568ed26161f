import type { PipelineContext } from '../pipeline/context.js';
import { keepFlow } from '../pipeline/knownPaths.js';
import { Verdict } from '../shared/verdict.js';
import { AddressKind } from '../tables/addresses.js';
import { FibError, FibRoute, FibType } from '../tables/fib.js';
import { ExitPair, Floating, floatingOfAddress, floatingOfFixed, passesAsIs } from '../tables/floating.js';
import { IcmpType, UnreachableCode } from '../wire/icmp.js';
import { Ipv4, ipv4Destination, ipv4Source } from '../wire/ipv4.js';
import { guardFloatingIcmp } from './floatingIcmp.js';
import { wayInside } from './floatingWay.js';
import { sendIcmpError } from './icmpError.js';
import { kindOfAddress } from './kindOfAddress.js';
import { localService } from './localService.js';
import { moveEndpoint } from './moveAddress.js';
import { adjacencyFor } from './nextHop.js';
import { passOn, wayOut } from './passOn.js';
import { adjacencyOfWay, hopOfWay, keepsToWay, mtuOfWay, rifOfWay, wayAs } from './way.js';

/**
 * From a replica to the exit of this host (dvr.md 2.7): `rif` is the replica's side of the pair its way leads out by. The source becomes its floating
 * address, and the exit's routes say where the packet goes on. Both routers are one hop: TTL is looked at already and is taken once. Until
 * it is known that the frame goes out it stays as it came, and what is wrong with it its sender is told by the replica.
 */
export function floatingOut(cx: PipelineContext, f: number, rif: number): Verdict {
  const t = cx.switching.floating;
  const pair = t.pairOf[rif]! - 1;
  if (pair < 0) return Verdict.DropNotFloating;
  const ip = cx.ip[f]!;
  const fixed = ipv4Source(cx.memory, ip);
  const destination = ipv4Destination(cx.memory, ip);
  const row = floatingOfFixed(t, pair, fixed);
  if (row < 0 && !passesAsIs(t, pair, fixed)) return Verdict.DropNotFloating;
  const to = floatingOfAddress(t, t.pairs[pair + ExitPair.Exit]!, destination);
  // Who leaves as it came to one who is nobody's floating IP moves no address, so none of a quote either.
  const carries = row < 0 && to < 0 ? Verdict.Continue : guardFloatingIcmp(cx, f, true);
  if (carries !== Verdict.Continue) return carries;
  if (to < 0) return leave(cx, f, pair, row, destination);
  return turnBack(cx, f, row, to, t.rows[to + Floating.Pair]!, t.rows[to + Floating.Fixed]!);
}

/** Out on the external network by the exit's routes. */
function leave(cx: PipelineContext, f: number, pair: number, row: number, destination: number): Verdict {
  const t = cx.switching.floating;
  const replica = cx.router;
  cx.enterRouter(t.pairs[pair + ExitPair.Exit]!);
  const kind = kindOfAddress(cx, destination);
  if (kind === AddressKind.Local || kind === AddressKind.Broadcast) {
    cx.enterRouter(replica);
    return kind === AddressKind.Local ? localService(cx, f, false) : Verdict.DropBroadcast;
  }
  const source = sourceAfter(cx, f, row);
  const found = wayAs(cx, f, source, destination, t.pairs[pair + ExitPair.ExitSide]!);
  const out = rifOfWay(cx, found);
  if (out < 0) return noWay(cx, f, found, replica);
  const beyond = t.pairOf[out]! - 1;
  if (beyond >= 0) {
    cx.enterRouter(replica);
    return turnBack(cx, f, row, -1, beyond, destination);
  }
  // A floating IP with a MAC of its own is behind an interface of its own, which stands where the exit's does.
  const by = row >= 0 && out === t.pairs[pair + ExitPair.Rif] ? t.rows[row + Floating.Rif]! : out;
  const mtu = mtuOfWay(cx, found);
  const adjacency = adjacencyFor(cx, by, hopOfWay(cx, destination));
  if (!keepsToWay(cx, found)) cx.known.entry = -1;
  cx.enterRouter(replica);
  const v = wayOut(cx, f, adjacency, mtu);
  if (v !== Verdict.Continue) return v;
  const at = row < 0 ? 0 : Ipv4.Source;
  keepFlow(cx, f, adjacency, mtu, at, source, row < 0 ? 0 : t.rows[row + Floating.Delta]!, Verdict.FloatingOut);
  moveSource(cx, f, row);
  return passOn(cx, f, adjacency, mtu, Verdict.FloatingOut);
}

/**
 * To `inside`, behind the router of `pair` on this host. `to`: row of the floating IP by which it goes, perhaps the sender's own
 * (dvr.md 2.8, 2.9). Then both addresses change; what the receiver sees comes from the floating address, so its answer comes the
 * same way back. Below 0: to an address that passes as it is.
 */
function turnBack(cx: PipelineContext, f: number, row: number, to: number, pair: number, inside: number): Verdict {
  const t = cx.switching.floating;
  const replica = cx.router;
  const source = sourceAfter(cx, f, row);
  const found = wayInside(cx, f, pair, source, inside);
  // Who is inside there does not come from here, and would get the answer.
  const misplaced = kindOfAddress(cx, source) >= 0;
  if (found < 0) {
    cx.enterRouter(replica);
    sendIcmpError(cx, f, IcmpType.Unreachable, UnreachableCode.Host, 0);
    return Verdict.DropNoRoute;
  }
  const mtu = mtuOfWay(cx, found);
  const adjacency = adjacencyOfWay(cx, found, inside);
  cx.enterRouter(replica);
  if (misplaced) return Verdict.DropMartianSource;
  const v = wayOut(cx, f, adjacency, mtu);
  if (v !== Verdict.Continue) return v;
  moveSource(cx, f, row);
  if (to >= 0) moveEndpoint(cx, f, Ipv4.Destination, inside, ~t.rows[to + Floating.Delta]! & 0xffff);
  return passOn(cx, f, adjacency, mtu, Verdict.FloatingHairpin);
}

/** What the source will be: as it is where `row` is below 0 (dvr.md 4.1, address scopes). */
function sourceAfter(cx: PipelineContext, f: number, row: number): number {
  return row < 0 ? ipv4Source(cx.memory, cx.ip[f]!) : cx.switching.floating.rows[row + Floating.Address]!;
}

function moveSource(cx: PipelineContext, f: number, row: number): void {
  if (row < 0) return;
  const { rows } = cx.switching.floating;
  moveEndpoint(cx, f, Ipv4.Source, rows[row + Floating.Address]!, rows[row + Floating.Delta]!);
}

/** The exit has no way: told from the replica, which is all of the two that the sender can see. */
function noWay(cx: PipelineContext, f: number, found: number, replica: number): Verdict {
  const type = found < 0 ? 0 : cx.fib.routes[found * FibRoute.Words + FibRoute.Type]!;
  cx.enterRouter(replica);
  if (found === FibError.Blackhole || found === FibError.Ours || type === FibType.Blackhole) return Verdict.DropRouteBlackhole;
  sendIcmpError(cx, f, IcmpType.Unreachable, UnreachableCode.Net, 0);
  return Verdict.DropNoRoute;
}
