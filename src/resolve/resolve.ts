import { Kind, type PipelineContext } from '../pipeline/context.js';
import { Verdict } from '../shared/verdict.js';
import { Letter, LetterKind } from '../tables/handoffRing.js';
import { trieLookup } from '../tables/prefixTrie.js';
import { Rif, RifRole } from '../tables/rifs.js';
import { Route, RouteType } from '../tables/routes.js';
import { IcmpType, UnreachableCode } from '../wire/icmp.js';
import { Ipv4, ipv4Destination, ipv4Source, isMartianDestination, isMartianSource, isMulticast } from '../wire/ipv4.js';
import { openForHome } from './continueSession.js';
import { fromInsideElsewhere, fromOutsideElsewhere } from './elsewhere.js';
import { fromOutside } from './fromOutside.js';
import { hairpin } from './hairpin.js';
import { sendIcmpError } from './icmpError.js';
import { localService } from './localService.js';
import { routed } from './routed.js';
import { snat } from './snat.js';
import { errorFromInside } from './translateError.js';

/**
 * The slow path: an IPv4 packet that no session took. The steps, in order (nat-behaviour.md 23): martians, the
 * router itself, what may not come in from outside, the route, TTL, then routing or translation.
 */
export function resolve(cx: PipelineContext, f: number): Verdict {
  const m = cx.memory;
  const ip = cx.ip[f]!;
  const source = ipv4Source(m, ip);
  const destination = ipv4Destination(m, ip);
  const inside = !cx.hairpin && cx.rifs.rows[cx.rif[f]! * Rif.Words + Rif.Role] === RifRole.Inside;
  if (cx.handoff.workers > 1 && inside && cx.kind[f] !== Kind.IcmpError) {
    const v = cx.letter[Letter.Kind] === LetterKind.Create ? openForHome(cx, f) : fromInsideElsewhere(cx, f);
    if (v !== Verdict.Continue) return v;
  }
  if (isMartianSource(source) || (!cx.hairpin && isMisplaced(cx, f, source, inside))) return Verdict.DropMartianSource;
  if (isMulticast(destination)) return Verdict.DropMulticast;
  if (destination === -1) return Verdict.DropBroadcast;
  if (isMartianDestination(destination)) return Verdict.DropMartianDestination;

  const route = trieLookup(cx.routes.trie, destination);
  const type = route < 0 ? -1 : cx.routes.rows[route * Route.Words + Route.Type]!;
  if (cx.handoff.workers > 1 && !inside && (type === RouteType.Local || type === RouteType.Zone)) {
    const v = fromOutsideElsewhere(cx, f, route);
    if (v !== Verdict.Continue) return v;
  }
  if (!inside) return fromOutside(cx, f, route);
  if (type === RouteType.Local) return localService(cx, f, false);
  if (type === RouteType.Broadcast) return Verdict.DropBroadcast;
  if (type === RouteType.Zone) return hairpin(cx, f);
  if (type !== RouteType.Connected && type !== RouteType.Via) return refuse(cx, f, type);
  // Behind the route, as everybody has it: what goes nowhere is unreachable, however far it could still go.
  if (m.u8[ip + Ipv4.Ttl]! <= 1) {
    sendIcmpError(cx, f, IcmpType.TimeExceeded, 0, 0);
    return Verdict.DropTtlExceeded;
  }
  const rif = cx.routes.rows[route * Route.Words + Route.Rif]!;
  const hop = type === RouteType.Via ? cx.routes.rows[route * Route.Words + Route.Gateway]! : destination;
  if (cx.rifs.rows[rif * Rif.Words + Rif.Role] !== RifRole.Outside) return routed(cx, f, rif, hop);
  return cx.kind[f] === Kind.IcmpError ? errorFromInside(cx, f, rif, hop) : snat(cx, f, rif, hop);
}

function refuse(cx: PipelineContext, f: number, type: number): Verdict {
  if (type === RouteType.Blackhole) return Verdict.DropRouteBlackhole;
  if (type === RouteType.Unreachable) {
    sendIcmpError(cx, f, IcmpType.Unreachable, UnreachableCode.Host, 0);
    return Verdict.DropRouteUnreachable;
  }
  if (type === RouteType.Prohibit) {
    sendIcmpError(cx, f, IcmpType.Unreachable, UnreachableCode.AdminProhibited, 0);
    return Verdict.DropRouteProhibit;
  }
  sendIcmpError(cx, f, IcmpType.Unreachable, UnreachableCode.Net, 0);
  return Verdict.DropNoRoute;
}

/**
 * True for a source that no frame from there may have: an address of ours, and from outside one that a route leads inside. A mapping
 * that lets anybody in would make a session of it, which what inside hosts send each other would follow, translated. ICMP errors
 * make nothing, and any router on the path may send them (FIL-4).
 */
function isMisplaced(cx: PipelineContext, f: number, source: number, inside: boolean): boolean {
  const route = trieLookup(cx.routes.trie, source);
  if (route < 0) return false;
  const at = route * Route.Words;
  const type = cx.routes.rows[at + Route.Type]!;
  if (type === RouteType.Local || type === RouteType.Zone || type === RouteType.Broadcast) return true;
  if (inside || cx.kind[f] === Kind.IcmpError || (type !== RouteType.Connected && type !== RouteType.Via)) return false;
  return cx.rifs.rows[cx.routes.rows[at + Route.Rif]! * Rif.Words + Rif.Role] === RifRole.Inside;
}
