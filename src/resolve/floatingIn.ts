import { largestPacket } from '../pipeline/applySession.js';
import type { PipelineContext } from '../pipeline/context.js';
import { keepFlow } from '../pipeline/knownPaths.js';
import { Verdict } from '../shared/verdict.js';
import { AddressKind } from '../tables/addresses.js';
import { ExitPair, Floating, floatingOfAddress, pairOfUntranslated } from '../tables/floating.js';
import { IcmpType, UnreachableCode } from '../wire/icmp.js';
import { FragmentBits, Ipv4, ipv4Destination, ipv4Source, isMartianSource } from '../wire/ipv4.js';
import { refusedDestination } from './destinations.js';
import { guardFloatingIcmp, tellsOfInside } from './floatingIcmp.js';
import { wayInside } from './floatingWay.js';
import { sendIcmpErrorFrom } from './icmpError.js';
import { kindOfAddress } from './kindOfAddress.js';
import { localService } from './localService.js';
import { moveEndpoint } from './moveAddress.js';
import { passOn, wayOut } from './passOn.js';
import { ttlOver } from './ttlOver.js';
import { adjacencyOfWay, keepsToWay, mtuOfWay } from './way.js';

/**
 * From an external network to the exit of this host (dvr.md 2.7), which `cx` has entered: what is for a floating IP becomes its
 * fixed address's, and the replica of its router delivers it. Only here, and for guests that leave by the exit, does a
 * destination change: between the networks of a router nobody is reached by a floating address (pitfall 21). TTL is taken once;
 * what is wrong is told from the exit's address, else from the floating one.
 */
export function floatingIn(cx: PipelineContext, f: number): Verdict {
  const m = cx.memory;
  const ip = cx.ip[f]!;
  const source = ipv4Source(m, ip);
  const destination = ipv4Destination(m, ip);
  if (isMartianSource(source)) return Verdict.DropMartianSource;
  const from = kindOfAddress(cx, source);
  if (from === AddressKind.Local || from === AddressKind.Broadcast || from === AddressKind.Floating)
    return Verdict.DropMartianSource;
  const refused = refusedDestination(destination);
  if (refused !== Verdict.Continue) return refused;
  const t = cx.switching.floating;
  const row = floatingOfAddress(t, cx.router, destination);
  if (row >= 0) {
    const carries = guardFloatingIcmp(cx, f, false);
    return carries === Verdict.Continue ? enter(cx, f, t.rows[row + Floating.Pair]!, row) : carries;
  }
  const kind = kindOfAddress(cx, destination);
  if (kind === AddressKind.Local) return localService(cx, f, false);
  if (kind === AddressKind.Broadcast) return Verdict.DropBroadcast;
  const pair = pairOfUntranslated(t, cx.router, destination);
  return pair < 0 ? Verdict.DropFipNotHere : enter(cx, f, pair, -1);
}

/** Into the router of `pair`; `row` below 0: to an address that passes as it is. */
function enter(cx: PipelineContext, f: number, pair: number, row: number): Verdict {
  const m = cx.memory;
  const ip = cx.ip[f]!;
  const t = cx.switching.floating;
  const exit = cx.router;
  const destination = ipv4Destination(m, ip);
  const fixed = row < 0 ? destination : t.rows[row + Floating.Fixed]!;
  const own = t.pairs[pair + ExitPair.Own]! || (row < 0 ? 0 : destination);
  const found = wayInside(cx, f, pair, ipv4Source(m, ip), fixed);
  const isRouter = row < 0 && kindOfAddress(cx, fixed) === AddressKind.Local;
  const mtu = found < 0 ? 0 : mtuOfWay(cx, found);
  const adjacency = found < 0 ? -1 : adjacencyOfWay(cx, found, fixed);
  if (!keepsToWay(cx, found)) cx.known.entry = -1;
  const misplaced = kindOfAddress(cx, ipv4Source(m, ip)) >= 0;
  const forged = row >= 0 && tellsOfInside(cx, f);
  cx.enterRouter(exit);
  // Who is inside does not come from outside, and an answer to it would not go back there.
  if (misplaced) return Verdict.DropMartianSource;
  if (forged) return Verdict.DropIcmpError;
  if (isRouter) return localService(cx, f, false);
  if (found < 0) {
    sendIcmpErrorFrom(cx, f, IcmpType.Unreachable, UnreachableCode.Host, 0, own);
    return Verdict.DropNoRoute;
  }
  const over = ttlOver(cx, f, own);
  if (over !== Verdict.Continue) return over;
  if (largestPacket(cx, f) > mtu && (m.u16[(ip + Ipv4.FlagsFragment) >> 1]! & FragmentBits.DontFragment) !== 0) {
    sendIcmpErrorFrom(cx, f, IcmpType.Unreachable, UnreachableCode.FragmentationNeeded, mtu, own);
    return Verdict.DropFragmentationNeeded;
  }
  const v = wayOut(cx, f, adjacency, mtu);
  if (v !== Verdict.Continue) return v;
  const delta = row < 0 ? 0 : ~t.rows[row + Floating.Delta]! & 0xffff;
  keepFlow(cx, f, adjacency, mtu, row < 0 ? 0 : Ipv4.Destination, fixed, delta, Verdict.FloatingIn);
  if (row >= 0) moveEndpoint(cx, f, Ipv4.Destination, fixed, delta);
  return passOn(cx, f, adjacency, mtu, Verdict.FloatingIn);
}
