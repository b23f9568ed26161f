import { rifOfWay, wayOfFrame } from '../resolve/way.js';
import { Verdict } from '../shared/verdict.js';
import { AddressKind, AddressRow } from '../tables/addresses.js';
import { Datagram, DatagramState, datagramFind, datagramKey, datagramState, datagramTake } from '../tables/datagrams.js';
import { FibResult } from '../tables/fib.js';
import { Letter, LetterFlag, LetterKind } from '../tables/handoffRing.js';
import { fragmentHomeOf, homeOf } from '../tables/ownership.js';
import { trieLookup } from '../tables/prefixTrie.js';
import { Rif, RifFlag, RifRole } from '../tables/rifs.js';
import { staticOfExternal, staticOfInside } from '../tables/statics.js';
import { Icmp, IcmpType, isIcmpError } from '../wire/icmp.js';
import {
  Ipv4,
  ipv4Destination,
  ipv4FragmentOffset,
  ipv4HeaderLength,
  ipv4Source,
  isMartianSource,
  Protocol,
} from '../wire/ipv4.js';
import { Tcp, tcpFits } from '../wire/tcp.js';
import { Udp, udpLength } from '../wire/udp.js';
import { asFlow } from './asFlow.js';
import { Kind, type PipelineContext } from './context.js';
import { holdFragment, settleDatagram } from './fragmentHold.js';
import { mostDatagrams } from './fragmentStore.js';
import { handTo } from './handoff.js';

/**
 * Fragments of datagrams that are translated (FRG-1 to FRG-10, RFC 4787 REQ-14), without putting them together. The first
 * fragment says to which flow the datagram belongs. The others are held until it has; then they are frames of that flow, of which
 * only addresses are rewritten. All fragments between two addresses meet in one worker, so that one record tells of each datagram
 * (FRG-7); from there they go the way of any frame, with the ports in the letter.
 *
 * Continue: decide the frame as `cx.kind` now says: Flow, or Ipv4 when it is not for translation.
 */
export function fragmentInput(cx: PipelineContext, f: number): Verdict {
  const m = cx.memory;
  const l = cx.letter;
  if ((l[Letter.Flags]! & LetterFlag.Fragment) !== 0) {
    asFlow(cx, f, l[Letter.DatagramPorts]!);
    return Verdict.Continue;
  }
  cx.kind[f] = Kind.Ipv4;
  const ip = cx.ip[f]!;
  const protocol = m.u8[ip + Ipv4.Protocol]!;
  const source = ipv4Source(m, ip);
  const destination = ipv4Destination(m, ip);
  const inside = cx.rifs.rows[cx.rif[f]! * Rif.Words + Rif.Role] === RifRole.Inside;
  if (isMartianSource(source) || !crossesBorder(cx, f, destination, inside)) return Verdict.Continue;
  if (protocol !== Protocol.Udp && protocol !== Protocol.Tcp && protocol !== Protocol.Icmp) {
    // 0 is no protocol of IPv4, and a session row with it is a free one: it opens nothing in pieces either (staticMapping.ts).
    if (protocol !== 0 && hasOwnAddress(cx, f, inside)) goesOn(cx, f, 0, m.u16[(ip + Ipv4.Id) >> 1]!);
    return Verdict.Continue;
  }
  if (cx.handoff.workers > 1) {
    const home = inside
      ? homeOf(source, cx.handoff.workers)
      : fragmentHomeOf(cx.sessions.key, source, destination, cx.handoff.workers);
    if (home !== cx.worker && l[Letter.Kind] === LetterKind.None) return handTo(cx, f, home, LetterKind.Frame);
    // It has met the others of its datagram: from here on it is a frame that its device might have given us.
    l[Letter.Kind] = LetterKind.None;
    l[Letter.Hops] = 0;
  }
  const key = datagramKey(m.u16[(ip + Ipv4.Id) >> 1]!, protocol, inside);
  return ipv4FragmentOffset(m, ip) === 0
    ? firstFragment(cx, f, source, destination, key, inside)
    : laterFragment(cx, f, source, destination, key);
}

/** Records what flow the datagram belongs to, and lets those go that wait to know. */
function firstFragment(
  cx: PipelineContext,
  f: number,
  source: number,
  destination: number,
  key: number,
  inside: boolean,
): Verdict {
  const d = cx.fragments.datagrams;
  const state = readFirst(cx, f, inside);
  const found = datagramFind(d, cx.sessions.key, cx.router, source, destination, key);
  const row =
    found >= 0 ? found : datagramTake(d, cx.sessions.key, cx.router, source, destination, key, mostDatagrams(cx), cx.now);
  if (row < 0) return Verdict.DropFragmentsFull;
  const r = d.rows;
  const before = datagramState(d, row);
  const differs = before === DatagramState.Known && (state !== before || r[row + Datagram.Ports] !== cx.ports[f]);
  if (state === DatagramState.Poisoned || before === DatagramState.Poisoned || differs) return poison(cx, row);
  if (before !== DatagramState.Known) {
    const id = inside && state === DatagramState.Known ? newFragmentId(cx, destination) : 0;
    r[row + Datagram.State] = (r[row + Datagram.State]! & 0xff00) | state | (id << 16);
    r[row + Datagram.Ports] = cx.ports[f]!;
  }
  settleDatagram(cx, row);
  if (state === DatagramState.Known) goesOn(cx, f, r[row + Datagram.Ports]!, r[row + Datagram.State]! >>> 16);
  return Verdict.Continue;
}

function laterFragment(cx: PipelineContext, f: number, source: number, destination: number, key: number): Verdict {
  const d = cx.fragments.datagrams;
  const m = cx.memory;
  const ip = cx.ip[f]!;
  let row = datagramFind(d, cx.sessions.key, cx.router, source, destination, key);
  // RFC 1858, 3128: it would overlap the header that says what the first fragment is.
  if (m.u8[ip + Ipv4.Protocol] === Protocol.Tcp && ipv4FragmentOffset(m, ip) < Tcp.MinHeader) {
    if (row < 0) row = datagramTake(d, cx.sessions.key, cx.router, source, destination, key, mostDatagrams(cx), cx.now);
    return row < 0 ? Verdict.DropFragmentMalformed : poison(cx, row);
  }
  const state = row < 0 ? DatagramState.Unknown : datagramState(d, row);
  if (state === DatagramState.Unknown) return holdFragment(cx, f, row, source, destination, key);
  settleDatagram(cx, row);
  if (state === DatagramState.Poisoned) return Verdict.DropFragmentMalformed;
  if (state === DatagramState.Refused) return Verdict.DropFragment;
  goesOn(cx, f, d.rows[row + Datagram.Ports]!, d.rows[row + Datagram.State]! >>> 16);
  return Verdict.Continue;
}

/** FRG-4: nothing of this datagram passes any more. */
function poison(cx: PipelineContext, row: number): Verdict {
  const r = cx.fragments.datagrams.rows;
  r[row + Datagram.State] = (r[row + Datagram.State]! & 0xff00) | DatagramState.Poisoned;
  settleDatagram(cx, row);
  return Verdict.DropFragmentMalformed;
}

/** The frame goes the way of its flow, here or by way of other workers; should it leave outward, with IPv4 id `id`. */
function goesOn(cx: PipelineContext, f: number, ports: number, id: number): void {
  cx.letter[Letter.DatagramPorts] = ports;
  cx.letter[Letter.Flags] = LetterFlag.Fragment | (id << 16);
  asFlow(cx, f, ports);
}

/**
 * True when the inside host has an external address to itself (STA-1). Then all its ICMP is translated, and every other protocol
 * by addresses alone, which each fragment has. So no record is needed, and the host's own ids are unique.
 */
function hasOwnAddress(cx: PipelineContext, f: number, inside: boolean): boolean {
  const m = cx.memory;
  const ip = cx.ip[f]!;
  return inside
    ? staticOfInside(cx.statics, ipv4Source(m, ip), 0, 0) >= 0
    : staticOfExternal(cx.statics, ipv4Destination(m, ip), 0, 0) >= 0;
}

/** What a first fragment makes of its datagram; the ports word of a Known one in `cx.ports`, as classify has it of whole frames. */
function readFirst(cx: PipelineContext, f: number, inside: boolean): DatagramState {
  const m = cx.memory;
  const ip = cx.ip[f]!;
  const end = cx.end[f]!;
  const l4 = ip + ipv4HeaderLength(m, ip);
  const protocol = m.u8[ip + Ipv4.Protocol]!;
  cx.ports[f] = 0;
  if (protocol === Protocol.Tcp ? !tcpFits(m, l4, end) : end - l4 < Udp.Header) return DatagramState.Poisoned;
  if (protocol === Protocol.Udp && udpLength(m, l4) < Udp.Header) return DatagramState.Poisoned;
  if (protocol !== Protocol.Icmp) cx.ports[f] = m.i32[l4 >> 2]!;
  else if (m.u16[l4 >> 1] !== (inside ? IcmpType.Echo : IcmpType.EchoReply) && !isOwnQuery(cx, f, m.u8[l4]!, inside))
    return DatagramState.Refused;
  else cx.ports[f] = inside ? m.u16[(l4 + Icmp.Id) >> 1]! : m.u16[(l4 + Icmp.Id) >> 1]! << 16;
  return DatagramState.Known;
}

/** Queries of remote hosts to an inside host with an external address to itself, and its answers. */
function isOwnQuery(cx: PipelineContext, f: number, type: number, inside: boolean): boolean {
  return !isIcmpError(type) && hasOwnAddress(cx, f, inside);
}

/** From inside: it leaves by an outside interface or towards a local address. From outside: it came to a local address. */
function crossesBorder(cx: PipelineContext, f: number, destination: number, inside: boolean): boolean {
  const route = trieLookup(cx.addresses.trie, destination);
  const at = route * AddressRow.Words;
  const type = route < 0 ? -1 : cx.addresses.rows[at + AddressRow.Kind]!;
  if (type === AddressKind.Zone) return true;
  if (type === AddressKind.Local) return cx.addresses.rows[at + AddressRow.Pool] !== 0 || cx.statics.count > 0;
  if (!inside || type === AddressKind.Broadcast) return false;
  const rif = rifOfWay(cx, wayOfFrame(cx, f));
  // What a rule of action nat gives another source is not translated by sessions: each part goes by itself.
  if (rif < 0 || cx.way[FibResult.NatMask] !== 0 || cx.rifs.rows[rif * Rif.Words + Rif.Role] !== RifRole.Outside) return false;
  return cx.statics.count > 0 || (cx.rifs.rows[rif * Rif.Words + Rif.Flags]! & RifFlag.Untranslated) === 0;
}

/** An id for a datagram that leaves in fragments, so that no receiver takes it for part of another host's (FRG-8). */
export function newFragmentId(cx: PipelineContext, destination: number): number {
  return cx.fragments.ids.take(cx.sessions.key, cx.random, destination, cx.worker, cx.handoff.workers);
}
