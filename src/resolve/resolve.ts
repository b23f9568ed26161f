import { Kind, type PipelineContext } from '../pipeline/context.js';
import { Verdict } from '../shared/verdict.js';
import { AddressKind, AddressRow } from '../tables/addresses.js';
import { FibResult, FibRoute, FibType, RIF_LO } from '../tables/fib.js';
import { Letter, LetterKind } from '../tables/handoffRing.js';
import { trieLookup } from '../tables/prefixTrie.js';
import { Rif, RifRole } from '../tables/rifs.js';
import { ipv4Destination, ipv4Source, isMartianSource } from '../wire/ipv4.js';
import { openForHome } from './continueSession.js';
import { refusedDestination } from './destinations.js';
import { fromInsideElsewhere, fromOutsideElsewhere } from './elsewhere.js';
import { fromOutside } from './fromOutside.js';
import { hairpin, isOfInside, turnBack } from './hairpin.js';
import { kindOfAddress } from './kindOfAddress.js';
import { localService } from './localService.js';
import { answersProbe } from './probeAnswer.js';
import { refuse } from './refuse.js';
import { routed } from './routed.js';
import { snat } from './snat.js';
import { knownStatic } from './staticMapping.js';
import { errorFromInside } from './translateError.js';
import { ttlOver } from './ttlOver.js';
import { enterUntranslated, isUntranslated, leaveUntranslated } from './untranslated.js';
import { rifOfWay, wayBetween, wayOfFrame } from './way.js';

/**
 * The slow path: an IPv4 packet that no session took. The steps, in order (nat-behaviour.md 23): martians, the
 * router itself, what may not come in from outside, the route, TTL, then routing or translation.
 */
export function resolve(cx: PipelineContext, f: number): Verdict {
  const m = cx.memory;
  const ip = cx.ip[f]!;
  const source = ipv4Source(m, ip);
  const destination = ipv4Destination(m, ip);
  // Before anything that makes a session of it: the address that asked may be a zone's or a static mapping's as well.
  if (cx.probes.length > 0 && !cx.hairpin && answersProbe(cx, f)) return Verdict.ProbeAnswered;
  const inside = !cx.hairpin && cx.rifs.rows[cx.rif[f]! * Rif.Words + Rif.Role] === RifRole.Inside;
  if (cx.handoff.workers > 1 && inside && cx.kind[f] !== Kind.IcmpError) {
    const v = cx.letter[Letter.Kind] === LetterKind.Create ? openForHome(cx, f) : fromInsideElsewhere(cx, f);
    if (v !== Verdict.Continue) return v;
  }
  if (isMartianSource(source) || (!cx.hairpin && isMisplaced(cx, f, source, inside))) return Verdict.DropMartianSource;
  const refused = refusedDestination(destination);
  if (refused !== Verdict.Continue) return refused;

  // Rule 0 and table local, unless an operator changed them: what the address is to us.
  const route = trieLookup(cx.addresses.trie, destination);
  const type = route < 0 ? -1 : cx.addresses.rows[route * AddressRow.Words + AddressRow.Kind]!;
  if (cx.handoff.workers > 1 && !inside && (type === AddressKind.Local || type === AddressKind.Zone)) {
    const v = fromOutsideElsewhere(cx, f, route);
    if (v !== Verdict.Continue) return v;
  }
  if (!inside) {
    const v = !cx.hairpin && isUntranslated(cx, cx.rif[f]!) ? enterUntranslated(cx, f, type) : Verdict.Continue;
    return v === Verdict.Continue ? fromOutside(cx, f, route) : v;
  }
  if (cx.fib.localFirst) {
    const v = toUs(cx, f, type, route);
    if (v !== Verdict.Continue) return v;
  }
  const found = wayOfFrame(cx, f);
  const fibType = found < 0 ? 0 : cx.fib.routes[found * FibRoute.Words + FibRoute.Type]!;
  if (fibType === FibType.Local) return toUs(cx, f, type === AddressKind.Zone ? type : AddressKind.Local, route);
  if (fibType === FibType.Broadcast || fibType === FibType.Multicast) return Verdict.DropBroadcast;
  if (fibType !== FibType.Unicast) return refuse(cx, f, found);
  const rif = rifOfWay(cx, found);
  // By lo: nobody is behind it.
  if (rif < 0) return Verdict.DropRouteBlackhole;
  const over = ttlOver(cx, f, 0);
  if (over !== Verdict.Continue) return over;
  if (cx.rifs.rows[rif * Rif.Words + Rif.Role] !== RifRole.Outside) return routed(cx, f, found);
  if (isUntranslated(cx, rif)) return leaveUntranslated(cx, f, found);
  // What it quotes has inside addresses, too, which a rule nat does not touch (GEN-7).
  if (cx.kind[f] === Kind.IcmpError) return errorFromInside(cx, f, found);
  return cx.way[FibResult.NatMask] !== 0 ? routed(cx, f, found) : snat(cx, f, found);
}

/** An address of ours, whatever it is ours for. Continue: it is none. */
function toUs(cx: PipelineContext, f: number, type: number, route: number): Verdict {
  if (type === AddressKind.Local) {
    // An answer of a static mapping to somebody who turned back by the router's own address; it may be no flow by itself, as an echo reply.
    const row = cx.statics.count === 0 ? -1 : knownStatic(cx, f);
    if (row >= 0) return turnBack(cx, f, row);
    return isOfInside(cx, f, route) ? hairpin(cx, f) : localService(cx, f, false);
  }
  if (type === AddressKind.Broadcast) return Verdict.DropBroadcast;
  return type === AddressKind.Zone ? hairpin(cx, f) : Verdict.Continue;
}

/**
 * True for a source that no frame from there may have: an address of ours, and from outside one that a route leads inside. A mapping
 * that lets anybody in would make a session of it, which what inside hosts send each other would follow, translated. ICMP errors
 * make nothing, and any router on the path may send them (FIL-4).
 */
function isMisplaced(cx: PipelineContext, f: number, source: number, inside: boolean): boolean {
  const type = kindOfAddress(cx, source);
  if (type === AddressKind.Local || type === AddressKind.Zone || type === AddressKind.Broadcast) return true;
  if (inside || cx.kind[f] === Kind.IcmpError) return false;
  const rif = rifOfWay(cx, wayBetween(cx, 0, source, RIF_LO, 0));
  return rif >= 0 && cx.rifs.rows[rif * Rif.Words + Rif.Role] === RifRole.Inside;
}
