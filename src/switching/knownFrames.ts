import { applySession } from '../pipeline/applySession.js';
import { Kind, type PipelineContext } from '../pipeline/context.js';
import { emit } from '../pipeline/emit.js';
import { EntryKind, KnownEntry, KnownFlow, knownFlowRow } from '../pipeline/knownPaths.js';
import { CounterRoom, IfaceCounter } from '../shared/counters.js';
import { Verdict } from '../shared/verdict.js';
import { flowHash } from '../tables/hash.js';
import { Adjacency, NeighborState } from '../tables/neighbors.js';
import { Rif, RifFlag, RifRole } from '../tables/rifs.js';
import { findInward, findOutward } from '../tables/sessionLookup.js';
import { isSession, Session } from '../tables/sessions.js';
import { Fabric } from '../tables/switching.js';
import { moveFinished, movePartial, TTL_DELTA } from '../wire/checksum.js';
import { Ethernet, EtherType } from '../wire/ethernet.js';
import { IcmpType } from '../wire/icmp.js';
import { Ipv4, isLinkLocal, Protocol } from '../wire/ipv4.js';
import { Udp } from '../wire/udp.js';
import { VirtioFlag } from '../wire/virtioNet.js';
import { plainEnd } from './plainFrame.js';

/**
 * The short cut of frames on networks that enter a router. Kept is what the guards said of an Ethernet header, and where a
 * replica or an exit sends what passes between two addresses (pipeline/knownPaths.ts); the next such frame is compared, rewritten
 * and sent. Only plain ones: untagged or tagged by the kernel, IPv4 without options, whole TCP or UDP or an ICMP echo, no
 * super-frame, everything sound. Any other takes the long way (switchBurst.ts), which does the same to it, and is the one that keeps
 * what it found out. Of an SNAT service the header alone is kept: the rest a packet's session says. Neighbours are looked at
 * again for every frame, since they change in between.
 */

/** A plain frame that is known goes its way: its verdict. Continue: it stands as it came, and nothing was counted. */
export function takeKnown(cx: PipelineContext, f: number): Verdict {
  const i32 = cx.memory.i32;
  const frame = cx.offsets[f]!;
  const length = cx.lengths[f]!;
  if (length < Ethernet.Header + Ipv4.MinHeader + Udp.Header) return Verdict.Continue;
  // Words from the virtio-net header on: flags | GSO type | header length, GSO size | start, offset | MAC, MAC, ...
  const h = (frame - 10) >> 2;
  const e = cx.known.entries;
  const entry = entryRow(cx.iface, i32[h + 3]!, i32[h + 4]!);
  if (
    e[entry + KnownEntry.Iface] !== cx.iface + 1 ||
    e[entry + KnownEntry.Head1] !== i32[h + 3] ||
    e[entry + KnownEntry.Head2] !== i32[h + 4] ||
    e[entry + KnownEntry.Head3] !== i32[h + 5] ||
    e[entry + KnownEntry.Head] !== i32[h + 2]! >>> 16 ||
    e[entry + KnownEntry.Tag] !== cx.tags[f]
  )
    return Verdict.Continue;
  const fabric = cx.switching.fabric[cx.iface]!;
  if (
    (fabric === Fabric.Vxlan || fabric === Fabric.Gre) &&
    (e[entry + KnownEntry.Source] !== cx.sources[f] || e[entry + KnownEntry.Segment] !== cx.segments[f])
  )
    return Verdict.Continue;
  const end = plainEnd(i32, h, frame, length);
  if (end === 0) return Verdict.Continue;
  cx.network = e[entry + KnownEntry.Network]!;
  cx.lport = e[entry + KnownEntry.Lport]!;
  cx.routedByPeer = e[entry + KnownEntry.ByPeer] !== 0;
  const kind = e[entry + KnownEntry.Kind]!;
  const v =
    kind === EntryKind.Stateless
      ? takeFlow(cx, f, h, end, entry)
      : takeSession(cx, f, h, end, entry, kind === EntryKind.ServiceOutward);
  if (v === Verdict.Continue) return v;
  const c = cx.counters.rifs;
  const slot = (CounterRoom.FirstDevice + cx.iface) * IfaceCounter.Count;
  c[slot + IfaceCounter.RxFrames] = c[slot + IfaceCounter.RxFrames]! + 1;
  c[slot + IfaceCounter.RxOctets] = c[slot + IfaceCounter.RxOctets]! + length;
  c[slot + IfaceCounter.RxPackets] = c[slot + IfaceCounter.RxPackets]! + 1;
  return v;
}

/** Through a replica or an exit: as passOn does it, and moveAddress. */
function takeFlow(cx: PipelineContext, f: number, h: number, end: number, entry: number): Verdict {
  const i32 = cx.memory.i32;
  const t = cx.known.flows;
  const n = cx.neighbors.rows;
  const source = i32[h + 9]!;
  const destination = i32[h + 10]!;
  const serial = cx.known.entries[entry + KnownEntry.Serial]!;
  const row = knownFlowRow(serial, source, destination);
  if (
    t[row + KnownFlow.Entry] !== serial ||
    t[row + KnownFlow.Source] !== source ||
    t[row + KnownFlow.Destination] !== destination
  )
    return Verdict.Continue;
  const adjacency = t[row + KnownFlow.Adjacency]!;
  const ttlWord = i32[h + 8]!;
  const ip = cx.offsets[f]! + Ethernet.Header;
  if (
    (ttlWord & 0xff) <= 1 ||
    end - ip > t[row + KnownFlow.Mtu]! ||
    n[adjacency + Adjacency.State]! < NeighborState.Stale ||
    n[adjacency + Adjacency.Address] !== t[row + KnownFlow.Hop] ||
    n[adjacency + Adjacency.Rif] !== t[row + KnownFlow.OutRif]
  )
    return Verdict.Continue;
  const at = t[row + KnownFlow.At]!;
  const delta = t[row + KnownFlow.Delta]!;
  // TTL, protocol and header checksum are one word.
  i32[h + 8] = ((ttlWord & 0xffff) - 1) | (moveFinished(ttlWord >>> 16, delta + TTL_DELTA) << 16);
  if (at !== 0) {
    i32[h + 6 + (at >> 2)] = t[row + KnownFlow.Address]!;
    const protocol = (ttlWord >>> 8) & 0xff;
    // That of ICMP has no addresses in it.
    if (protocol !== Protocol.Icmp) moveL4(i32, h, protocol, delta);
  }
  emit(cx, ip, end - ip, Ethernet.Header, adjacency);
  return t[row + KnownFlow.Verdict]!;
}

/** The checksum of TCP or UDP, finished or partial, by the difference of an address. */
function moveL4(i32: Int32Array, h: number, protocol: number, delta: number): void {
  const at = protocol === Protocol.Tcp ? h + 15 : h + 12;
  const shift = protocol === Protocol.Tcp ? 0 : 16;
  const word = i32[at]!;
  const check = (word >>> shift) & 0xffff;
  let moved: number;
  if ((i32[h]! & VirtioFlag.NeedsChecksum) !== 0) moved = movePartial(check, delta);
  else if (protocol === Protocol.Tcp) moved = moveFinished(check, delta);
  else moved = check === 0 ? 0 : moveFinished(check, delta) || 0xffff;
  i32[at] = (word & ~(0xffff << shift)) | (moved << shift);
}

/** Through an SNAT service, by its session: as serve() in pipeline/decide.ts does it. */
function takeSession(cx: PipelineContext, f: number, h: number, end: number, entry: number, outward: boolean): Verdict {
  const i32 = cx.memory.i32;
  const { sessions } = cx;
  const router = cx.known.entries[entry + KnownEntry.Router]!;
  const source = i32[h + 9]!;
  const destination = i32[h + 10]!;
  if (isLinkLocal(source) || isLinkLocal(destination) || cx.leaseOver) return Verdict.Continue;
  const protocol = (i32[h + 8]! >>> 8) & 0xff;
  let ports = i32[h + 11]!;
  if (protocol === Protocol.Icmp) {
    if ((ports & 0xffff) !== (outward ? IcmpType.Echo : IcmpType.EchoReply)) return Verdict.Continue;
    const id = i32[h + 12]! & 0xffff;
    ports = outward ? id : id << 16;
  }
  const scope = (router << 8) | protocol;
  const hash = flowHash(sessions.key, source, destination, ports, scope);
  const row = outward
    ? findOutward(sessions, hash, source, destination, ports, scope)
    : findInward(sessions, hash, source, destination, ports, scope);
  if (row < 0 || !isSession(sessions.rows[row + Session.Meta]!)) return Verdict.Continue;
  if (cx.router !== router) cx.enterRouter(router);
  cx.kind[f] = Kind.Flow;
  cx.rif[f] = cx.known.entries[entry + KnownEntry.Rif]!;
  cx.ip[f] = cx.offsets[f]! + Ethernet.Header;
  cx.end[f] = end;
  cx.ports[f] = ports;
  cx.hash[f] = hash;
  return applySession(cx, f, row, outward);
}

/**
 * Keeps that the guards let frame `f` through to router interface `rif`, which it is about to enter, whatever becomes of it
 * there. What they looked at beyond its Ethernet header is looked at again of each plain frame, or kept with its flow, as a
 * port's source address is.
 */
export function keepEntry(cx: PipelineContext, f: number, rif: number): void {
  const m = cx.memory;
  const h = (cx.offsets[f]! - 10) >> 2;
  if (cx.requeued || cx.known.frame !== cx.offsets[f] || m.i32[h + 5]! >>> 16 !== EtherType.Ipv4) return;
  const row = rif * Rif.Words;
  const flags = cx.rifs.rows[row + Rif.Flags]!;
  const isService = (flags & (RifFlag.Unique | RifFlag.Exit)) === RifFlag.Unique;
  // What a port's guard says of addresses, sessions do not know.
  if (isService && cx.lport >= 0) return;
  const e = cx.known.entries;
  const entry = entryRow(cx.iface, m.i32[h + 3]!, m.i32[h + 4]!);
  const outward = cx.rifs.rows[row + Rif.Role] === RifRole.Inside;
  const tunnel = cx.switching.fabric[cx.iface] === Fabric.Vxlan || cx.switching.fabric[cx.iface] === Fabric.Gre;
  const source = tunnel ? cx.sources[f]! : 0;
  const segment = tunnel ? cx.segments[f]! : 0;
  const known =
    e[entry + KnownEntry.Iface] === cx.iface + 1 &&
    e[entry + KnownEntry.Head1] === m.i32[h + 3] &&
    e[entry + KnownEntry.Head2] === m.i32[h + 4] &&
    e[entry + KnownEntry.Head3] === m.i32[h + 5] &&
    e[entry + KnownEntry.Head] === m.i32[h + 2]! >>> 16 &&
    e[entry + KnownEntry.Tag] === cx.tags[f] &&
    e[entry + KnownEntry.Source] === source &&
    e[entry + KnownEntry.Segment] === segment;
  if (!known) {
    e[entry + KnownEntry.Serial] = cx.known.nextSerial();
    e[entry + KnownEntry.Iface] = cx.iface + 1;
    e[entry + KnownEntry.Tag] = cx.tags[f]!;
    e[entry + KnownEntry.Source] = source;
    e[entry + KnownEntry.Segment] = segment;
    e[entry + KnownEntry.Head] = m.i32[h + 2]! >>> 16;
    e[entry + KnownEntry.Head1] = m.i32[h + 3]!;
    e[entry + KnownEntry.Head2] = m.i32[h + 4]!;
    e[entry + KnownEntry.Head3] = m.i32[h + 5]!;
    e[entry + KnownEntry.Rif] = rif;
    e[entry + KnownEntry.Router] = cx.rifs.rows[row + Rif.Router]!;
    e[entry + KnownEntry.Network] = cx.network;
    e[entry + KnownEntry.Lport] = cx.lport;
    e[entry + KnownEntry.ByPeer] = cx.routedByPeer ? 1 : 0;
    e[entry + KnownEntry.Kind] = !isService ? EntryKind.Stateless : outward ? EntryKind.ServiceOutward : EntryKind.ServiceInward;
  }
  if (isService) return;
  cx.known.entry = entry;
  cx.known.source = m.i32[h + 9]!;
  cx.known.destination = m.i32[h + 10]!;
}

function entryRow(iface: number, head1: number, head2: number): number {
  return (Math.imul(Math.imul(head1, 0x85eb_ca6b) ^ head2 ^ (iface << 8), 0x9e37_79b1) >>> KnownEntry.Shift) * KnownEntry.Words;
}
