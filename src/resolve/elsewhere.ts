import type { PipelineContext } from '../pipeline/context.js';
import { Kind } from '../pipeline/context.js';
import { handTo } from '../pipeline/handoff.js';
import { Verdict } from '../shared/verdict.js';
import { poolAddressOf } from '../tables/addresses.js';
import { isElsewhere } from '../tables/elsewhere.js';
import { Letter, LetterKind } from '../tables/handoffRing.js';
import { mappingOf } from '../tables/mappings.js';
import { homeOf, ownerOf } from '../tables/ownership.js';
import { poolOf, swapPort } from '../tables/portBlocks.js';
import { poolIndexOf, Session } from '../tables/sessions.js';
import { Static, staticOfExternal } from '../tables/statics.js';
import { Ipv4, ipv4Destination, ipv4HeaderLength, ipv4Source, Protocol } from '../wire/ipv4.js';
import { quotedEchoId, quotedPorts, quoteOf } from '../wire/quoted.js';

/**
 * Frames whose session may be another worker's (D4). From inside: everything no session here took is decided by the host's
 * home, so that its limits, its errors and its new sessions are in one hand. From outside: the owner of the port's block.
 * Continue: it is ours.
 */
export function fromInsideElsewhere(cx: PipelineContext, f: number): Verdict {
  const home = homeOf(ipv4Source(cx.memory, cx.ip[f]!), cx.handoff.workers);
  if (home === cx.worker) return Verdict.Continue;
  // The home thought that we have the session: it has to know that we have not.
  const back = cx.letter[Letter.Kind] === LetterKind.Frame && cx.letter[Letter.From] === home;
  if (back) cx.letter[Letter.Start] = -1;
  return handTo(cx, f, home, back ? LetterKind.Refused : LetterKind.Frame);
}

/** `route` is the row of the destination's Local or Zone route. */
export function fromOutsideElsewhere(cx: PipelineContext, f: number, route: number): Verdict {
  if (cx.letter[Letter.Kind] !== LetterKind.None) return Verdict.Continue;
  const owner = ownerOfInward(cx, f, route);
  return owner < 0 || owner === cx.worker ? Verdict.Continue : handTo(cx, f, owner, LetterKind.Frame);
}

/** Worker that has, or would make, the session of a frame to an external address of ours; -1: any. */
export function ownerOfInward(cx: PipelineContext, f: number, route: number): number {
  const m = cx.memory;
  const ip = cx.ip[f]!;
  const protocol = m.u8[ip + Ipv4.Protocol]!;
  const port = cx.kind[f] === Kind.Flow ? cx.ports[f]! >>> 16 : 0;
  if (cx.handoff.workers === 1) return -1;
  if (cx.statics.count > 0) {
    const home = homeOfStatic(cx, ipv4Destination(m, ip), protocol, port);
    if (home >= 0) return home;
  }
  const address = poolAddressOf(cx.addresses.rows, route);
  if (address < 0 || cx.kind[f] !== Kind.Flow) return -1;
  return ownerOf(cx.ports64, poolOf(cx.ports64, protocol, address), swapPort(port));
}

/** A sound ICMP error from outside that came from a device goes to the worker whose session it is about. Continue: it is ours. */
export function errorFromOutsideElsewhere(cx: PipelineContext, f: number, address: number): Verdict {
  if (cx.letter[Letter.Kind] !== LetterKind.None) return Verdict.Continue;
  const owner = ownerOfQuoted(cx, f, address);
  return owner < 0 || owner === cx.worker ? Verdict.Continue : handTo(cx, f, owner, LetterKind.Frame);
}

/**
 * Worker that has the session of the packet that a sound ICMP error, to an external address of ours, quotes as sent from there: a
 * static mapping's home, else the owner of the port or echo id; -1: any. `address` is the index among the port pools, -1 for none.
 */
export function ownerOfQuoted(cx: PipelineContext, f: number, address: number): number {
  if (cx.handoff.workers === 1) return -1;
  const m = cx.memory;
  const ip = cx.ip[f]!;
  const icmp = ip + ipv4HeaderLength(m, ip);
  const protocol = m.u8[quoteOf(icmp) + Ipv4.Protocol]!;
  const port = protocol === Protocol.Icmp ? quotedEchoId(m, icmp) : quotedPorts(m, icmp) & 0xffff;
  const home = cx.statics.count > 0 ? homeOfStatic(cx, ipv4Destination(m, ip), protocol, port) : -1;
  if (home >= 0 || address < 0) return home;
  return ownerOf(cx.ports64, poolOf(cx.ports64, protocol, address), swapPort(port));
}

/**
 * A sound ICMP error from inside about a packet whose session is not ours. Its first taker hands it to the home of the inside
 * host that got the packet, which is quoted as its destination. The home hands it to the worker that has the session, by its row
 * of that flow or of the port's mapping; a session that a remote opened (FIL-1) has no row at home before the host answers. An
 * error asks for nothing and keeps nothing alive (ERR-8), so whoever finds nothing drops it.
 */
export function errorFromInsideElsewhere(cx: PipelineContext, f: number, icmp: number, row: number): Verdict {
  const m = cx.memory;
  const inside = ipv4Destination(m, quoteOf(icmp));
  const home = homeOf(inside, cx.handoff.workers);
  if (home !== cx.worker)
    return cx.letter[Letter.Kind] === LetterKind.None ? handTo(cx, f, home, LetterKind.Frame) : Verdict.DropIcmpError;
  const known =
    row >= 0 ? row : mappingOf(cx.sessions, inside, quotedPorts(m, icmp) >>> 16, cx.scope | m.u8[quoteOf(icmp) + Ipv4.Protocol]!);
  if (known < 0 || !isElsewhere(cx.sessions.rows[known + Session.Meta]!)) return Verdict.DropIcmpError;
  return handTo(cx, f, poolIndexOf(cx.sessions.rows, known), LetterKind.Frame);
}

/** Worker that has the sessions of a frame to a static mapping's external endpoint, or -1. */
function homeOfStatic(cx: PipelineContext, external: number, protocol: number, wirePort: number): number {
  const s = staticOfExternal(cx.statics, external, protocol, wirePort);
  return s < 0 ? -1 : homeOf(cx.statics.rows[s + Static.Inside]!, cx.handoff.workers);
}
