import type { PipelineContext } from '../pipeline/context.js';
import { Verdict } from '../shared/verdict.js';
import { Rif, RifRole } from '../tables/rifs.js';
import { isSession, Session } from '../tables/sessions.js';
import { Static, staticOfInside } from '../tables/statics.js';
import { delta32, moveFinished } from '../wire/checksum.js';
import { Ipv4, ipv4Destination, ipv4HeaderLength, ipv4Source, Protocol } from '../wire/ipv4.js';
import { icmpErrorIsSound, quoteOf, quotesFlow, rewriteQuoted } from '../wire/quoted.js';
import { errorFromInsideElsewhere, errorFromOutsideElsewhere } from './elsewhere.js';
import { passOn, wayOut } from './passOn.js';
import { quotedSession } from './quotedSession.js';
import { adjacencyOfWay, mtuOfWay, rifOfWay, wayBetween } from './way.js';

/**
 * ICMP errors about packets of sessions (nat-behaviour.md 12, RFC 5508 4): translated at both layers, the packet that carries them
 * and the packet they quote. They never touch the session: neither its state nor its timer nor its next hops (ERR-8). Who sent an
 * error does not matter, any router on the path may (FIL-4); it has to be addressed to whom it quotes as sender.
 */

/**
 * From outside, to an external address of ours: what we sent for an inside host went wrong (ERR-3). `address` is its index among
 * the port pools, -1 when only static mappings have it.
 */
export function errorFromOutside(cx: PipelineContext, f: number, address: number): Verdict {
  const icmp = icmpOf(cx, f);
  let v = soundError(cx, f, icmp);
  if (v !== Verdict.Continue) return v;
  const row = quotedSession(cx, icmp, false);
  if (row < 0 || !isSession(cx.sessions.rows[row + Session.Meta]!)) {
    v = cx.handoff.workers > 1 ? errorFromOutsideElsewhere(cx, f, address) : Verdict.Continue;
    return v === Verdict.Continue ? Verdict.DropIcmpError : v;
  }
  if (cx.memory.u8[cx.ip[f]! + Ipv4.Ttl]! <= 1) return Verdict.DropTtlExceeded;
  const inside = cx.sessions.rows[row + Session.InsideAddress]!;
  // A route that leads an inside host's address out again must not take the host's tuple with it (GEN-7).
  const m = cx.memory;
  const found = wayBetween(cx, ipv4Source(m, cx.ip[f]!), inside, cx.rif[f]!, Protocol.Icmp);
  const rif = rifOfWay(cx, found);
  if (rif < 0 || cx.rifs.rows[rif * Rif.Words + Rif.Role] !== RifRole.Inside) return Verdict.DropNoRoute;
  return send(cx, f, row, false, found, inside);
}

/** From inside, on its way out by `found`: what an inside host received went wrong there (ERR-4). TTL is above 1. */
export function errorFromInside(cx: PipelineContext, f: number, found: number): Verdict {
  const row = sessionOfErrorFromInside(cx, f);
  return row < 0 ? cx.refused : send(cx, f, row, true, found, ipv4Destination(cx.memory, cx.ip[f]!));
}

/** Row of the session an error from inside is about; -1 with the verdict in `cx.refused`: dropped, or handed to another worker. */
export function sessionOfErrorFromInside(cx: PipelineContext, f: number): number {
  const icmp = icmpOf(cx, f);
  cx.refused = soundError(cx, f, icmp);
  if (cx.refused !== Verdict.Continue) return -1;
  const row = quotedSession(cx, icmp, true);
  if (row >= 0 && isSession(cx.sessions.rows[row + Session.Meta]!)) return row;
  cx.refused = cx.handoff.workers > 1 ? errorFromInsideElsewhere(cx, f, icmp, row) : Verdict.DropIcmpError;
  return -1;
}

/** Continue: all that an error must be, so that a session may be looked for. */
function soundError(cx: PipelineContext, f: number, icmp: number): Verdict {
  const m = cx.memory;
  if (!icmpErrorIsSound(m, icmp, cx.end[f]!)) return Verdict.DropIcmpErrorMalformed;
  const told = ipv4Destination(m, cx.ip[f]!) === ipv4Source(m, quoteOf(icmp));
  return told && quotesFlow(m, icmp) ? Verdict.Continue : Verdict.DropIcmpError;
}

function send(cx: PipelineContext, f: number, row: number, outward: boolean, found: number, destination: number): Verdict {
  const mtu = mtuOfWay(cx, found);
  const adjacency = adjacencyOfWay(cx, found, destination);
  const v = wayOut(cx, f, adjacency, mtu);
  if (v !== Verdict.Continue) return v;
  translateError(cx, f, row, outward);
  return passOn(cx, f, adjacency, mtu, Verdict.Translated);
}

/**
 * Rewrites in place the ICMP error in frame `f`, which is sound and about a packet of the session in `row`, for the direction it
 * goes. What changes is the outer address and the endpoint of the quoted packet that is ours. Outward the outer address is the
 * source, whoever inside sent the error: it becomes the sender's own external address if it has one, else the session's. TTL and
 * session stay. After it an error may be translated once more, for the other session of a hairpin. The quoted IPv4 id stays, too.
 * Of a datagram that left in fragments it is the one we gave it (FRG-8); the record that knows the host's own is found by that
 * one only, at the worker where its fragments met.
 */
export function translateError(cx: PipelineContext, f: number, row: number, outward: boolean): void {
  const m = cx.memory;
  const r = cx.sessions.rows;
  const ip = cx.ip[f]!;
  const address = r[row + (outward ? Session.ExternalAddress : Session.InsideAddress)]!;
  const port = outward ? r[row + Session.InwardPorts]! >>> 16 : r[row + Session.OutwardPorts]! & 0xffff;
  const word = (ip + (outward ? Ipv4.Source : Ipv4.Destination)) >> 2;
  const check = (ip + Ipv4.Checksum) >> 1;
  const outer = outward ? externalOfHost(cx, m.i32[word]!, address) : address;
  m.u16[check] = moveFinished(m.u16[check]!, delta32(m.i32[word]!, outer));
  m.i32[word] = outer;
  rewriteQuoted(m, icmpOf(cx, f), cx.end[f]!, !outward, address, port);
}

/** The external address that an inside host or router has to itself, else `other`. */
function externalOfHost(cx: PipelineContext, inside: number, other: number): number {
  const s = staticOfInside(cx.statics, inside, 0, 0);
  return s < 0 ? other : cx.statics.rows[s + Static.External]!;
}

/** Offset of the ICMP header of frame `f`. */
function icmpOf(cx: PipelineContext, f: number): number {
  return cx.ip[f]! + ipv4HeaderLength(cx.memory, cx.ip[f]!);
}
