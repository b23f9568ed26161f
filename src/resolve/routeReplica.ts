import type { PipelineContext } from '../pipeline/context.js';
import { Verdict } from '../shared/verdict.js';
import { AddressKind } from '../tables/addresses.js';
import { FibRoute, FibType } from '../tables/fib.js';
import { Rif, RifFlag } from '../tables/rifs.js';
import { ipv4Destination, ipv4Source, isMartianSource } from '../wire/ipv4.js';
import { refusedDestination } from './destinations.js';
import { floatingOut } from './floatingOut.js';
import { kindOfAddress } from './kindOfAddress.js';
import { localService } from './localService.js';
import { refuse } from './refuse.js';
import { routed } from './routed.js';
import { ttlOver } from './ttlOver.js';
import { keepsToWay, rifOfWay, wayOfFrame } from './way.js';

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
  const refused = refusedDestination(destination);
  if (refused !== Verdict.Continue) return refused;
  const kind = kindOfAddress(cx, destination);
  if (cx.fib.localFirst && kind === AddressKind.Local) return localService(cx, f, false);
  if (cx.fib.localFirst && kind === AddressKind.Broadcast) return Verdict.DropBroadcast;
  const found = wayOfFrame(cx, f);
  const type = found < 0 ? 0 : cx.fib.routes[found * FibRoute.Words + FibRoute.Type]!;
  if (type === FibType.Local) return localService(cx, f, false);
  if (type === FibType.Broadcast || type === FibType.Multicast) return Verdict.DropBroadcast;
  if (type !== FibType.Unicast) return refuse(cx, f, found);
  const out = rifOfWay(cx, found);
  if (out < 0) return Verdict.DropRouteBlackhole;
  if (!keepsToWay(cx, found)) cx.known.entry = -1;
  const over = ttlOver(cx, f, 0);
  if (over !== Verdict.Continue) return over;
  return (cx.rifs.rows[out * Rif.Words + Rif.Flags]! & RifFlag.Exit) === 0 ? routed(cx, f, found) : floatingOut(cx, f, out);
}

function isOwn(cx: PipelineContext, source: number): boolean {
  const kind = kindOfAddress(cx, source);
  return kind === AddressKind.Local || kind === AddressKind.Broadcast;
}
