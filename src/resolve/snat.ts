import { largestPacket } from '../pipeline/applySession.js';
import type { PipelineContext } from '../pipeline/context.js';
import { Kind } from '../pipeline/context.js';
import { isImpossible, opensConnection } from '../pipeline/tcpState.js';
import { countZone, ZoneCounter } from '../shared/counters.js';
import { Verdict } from '../shared/verdict.js';
import { eventRefused, Refusal } from '../tables/eventRing.js';
import { Adjacency, NeighborState } from '../tables/neighbors.js';
import { portSpaceOf } from '../tables/portBlocks.js';
import { trieLookup } from '../tables/prefixTrie.js';
import { Rif } from '../tables/rifs.js';
import { Mode, Reject, Zone } from '../tables/zones.js';
import { IcmpType, isRefusedIcmp } from '../wire/icmp.js';
import { FragmentBits, Ipv4, ipv4Destination, ipv4HeaderLength, ipv4Source, Protocol } from '../wire/ipv4.js';
import { Tcp } from '../wire/tcp.js';
import { Declined, declinedVerdict } from './choice.js';
import { createSession } from './createSession.js';
import { isLaterFragment } from './fragment.js';
import { sendIcmpError } from './icmpError.js';
import { tooBig } from './mtu.js';
import { forwardSession, resolveSession } from './resolveSession.js';
import { staticFor, staticSession } from './staticMapping.js';
import { midstream } from './tcpMidstream.js';
import { waitForNeighbor } from './waitForNeighbor.js';
import { adjacencyOfWay, mayKeepWay, mtuOfWay, rifOfWay } from './way.js';

/**
 * Inside to outside: the first frame of a flow gets a session. First zone that covers the source, no going on to the next
 * (ZON-1); a port by the zone's modes (createSession.ts); both tuples or neither. Nothing leaves with an inside address: what
 * cannot be translated is dropped (GEN-7).
 */
export function snat(cx: PipelineContext, f: number, found: number): Verdict {
  // Of the way, like the MTU: whatever is asked for next has another answer there.
  const trie = trieOfGateway(cx, rifOfWay(cx, found));
  const mtu = mtuOfWay(cx, found);
  // A session's way is that of its whole packets: they have ports to be hashed by, fragments have none.
  const whole = (cx.memory.u16[(cx.ip[f]! + Ipv4.FlagsFragment) >> 1]! & FragmentBits.NotWhole) === 0;
  const kept = whole && mayKeepWay(cx, found);
  const adjacency = adjacencyOfWay(cx, found, ipv4Destination(cx.memory, cx.ip[f]!));
  if (adjacency < 0) return Verdict.DropNeighborTableFull;
  if (isLaterFragment(cx, f)) return withoutFirst(cx, f, adjacency);
  const s = staticFor(cx, f);
  const z = s < 0 ? zoneFor(cx, f, trie) : -1;
  if (z < 0 && s < 0) return cx.refused;
  if (cx.neighbors.rows[adjacency + Adjacency.State]! < NeighborState.Stale) return waitForNeighbor(cx, f, adjacency);
  const fits = largestPacket(cx, f) <= mtu;
  if (!fits) {
    const big = tooBig(cx, f, mtu);
    if (big !== Verdict.Continue) return big;
  }
  const row = s < 0 ? sessionIn(cx, f, z, kept ? adjacency : -1) : staticSession(cx, f, s, kept ? adjacency : -1);
  if (row < 0) return cx.refused;
  // A static mapping's session without ports is found only here, and its way may be out of date.
  return fits ? forwardSession(cx, f, row, true) : resolveSession(cx, f, row, true);
}

/**
 * A later fragment opens no session. While the next hop is resolved, its first fragment may be waiting to do so: then it waits
 * behind it.
 */
function withoutFirst(cx: PipelineContext, f: number, adjacency: number): Verdict {
  if (cx.kind[f] !== Kind.Flow) return Verdict.DropFragment;
  if (cx.neighbors.rows[adjacency + Adjacency.State]! < NeighborState.Stale) return waitForNeighbor(cx, f, adjacency);
  // Resolved in this very burst: those that waited are taken up after it.
  if (cx.requeued || cx.pending.ready === 0 || cx.pending.waiting(adjacency) === 0) return Verdict.DropFragment;
  const v = waitForNeighbor(cx, f, adjacency);
  cx.pending.markReady(adjacency);
  return v;
}

/** Row of a session for an outward frame, static mappings first; less than 0 with the verdict in `cx.refused`. */
export function outwardSession(cx: PipelineContext, f: number, adjacency: number): number {
  const s = staticFor(cx, f);
  if (s >= 0) return staticSession(cx, f, s, adjacency);
  const z = zoneFor(cx, f, cx.zones.trie);
  return z < 0 ? -1 : sessionIn(cx, f, z, adjacency);
}

/** Zones by source of what leaves by router interface `rif`: those of its gateway, where the router has several (dvr.md 2.5). */
function trieOfGateway(cx: PipelineContext, rif: number): Int32Array {
  const own = cx.rifs.rows[rif * Rif.Words + Rif.Zones]!;
  return own === 0 ? cx.zones.trie : cx.zones.ofGateways[own - 1]!;
}

/** First word of the zone of `trie` that translates the frame; -1 with the verdict in `cx.refused`. */
function zoneFor(cx: PipelineContext, f: number, trie: Int32Array): number {
  const m = cx.memory;
  const ip = cx.ip[f]!;
  const v = translatable(cx, f);
  if (v !== Verdict.Continue) return refuse(cx, v);
  const source = ipv4Source(m, ip);
  const protocol = m.u8[ip + Ipv4.Protocol]!;
  const zone = trieLookup(trie, source);
  if (zone < 0) return refuse(cx, rejected(cx, f, cx.zones.rejectNoZone, Verdict.DropNoZone));
  const z = zone * Zone.Words;
  const zoneState = cx.zones.rows[z + Zone.State]!;
  const isOff = ((cx.zones.rows[z + Zone.Modes]! >>> (portSpaceOf(protocol) * 8)) & Mode.On) === 0;
  if (!isOff && cx.zones.rows[z + Zone.Count] !== 0) return z;
  countZone(cx.counters, zoneState, ZoneCounter.Refused);
  if (!isOff) eventRefused(cx.events, Refusal.AddressesExhausted, zoneState, source, protocol);
  return refuse(cx, rejected(cx, f, cx.zones.rows[z + Zone.RejectEmpty]!, isOff ? Verdict.DropNoService : Verdict.DropZoneEmpty));
}

/** Row of a new session; -1 with the verdict in `cx.refused`. */
function sessionIn(cx: PipelineContext, f: number, z: number, adjacency: number): number {
  const row = createSession(cx, f, z, adjacency);
  if (row >= 0) return row;
  if (row === Declined.Asked) return refuse(cx, cx.asked);
  const ip = cx.ip[f]!;
  const zoneState = cx.zones.rows[z + Zone.State]!;
  countZone(cx.counters, zoneState, ZoneCounter.Refused);
  eventRefused(cx.events, quotaOf(row), zoneState, ipv4Source(cx.memory, ip), cx.memory.u8[ip + Ipv4.Protocol]!);
  return refuse(cx, rejected(cx, f, cx.zones.rows[z + Zone.RejectExhausted]!, declinedVerdict(row)));
}

function refuse(cx: PipelineContext, v: Verdict): -1 {
  cx.refused = v;
  return -1;
}

function quotaOf(declined: number): Refusal {
  if (declined === Declined.TableFull || declined === Declined.RouterSessions) return Refusal.Sessions;
  if (declined === Declined.HostLimit || declined === Declined.HostRate) return Refusal.PerHost;
  return declined === Declined.HostsFull || declined === Declined.RouterHosts ? Refusal.Hosts : Refusal.PortsExhausted;
}

/** What PAT takes: TCP that opens a connection (or is adopted), UDP, ICMP echo requests. */
function translatable(cx: PipelineContext, f: number): Verdict {
  const m = cx.memory;
  const ip = cx.ip[f]!;
  const protocol = m.u8[ip + Ipv4.Protocol]!;
  const l4 = ip + ipv4HeaderLength(m, ip);
  if (cx.kind[f] !== Kind.Flow) {
    return protocol === Protocol.Icmp && isRefusedIcmp(m.u8[l4]!) ? Verdict.DropIcmpType : Verdict.DropBadProtocol;
  }
  if (protocol === Protocol.Udp) return Verdict.Continue;
  // Flows of static mappings alone: by address, and answers to ICMP queries.
  if (protocol === Protocol.Icmp) return m.u8[l4] === IcmpType.Echo ? Verdict.Continue : Verdict.DropBadProtocol;
  if (protocol !== Protocol.Tcp) return Verdict.DropBadProtocol;
  const flags = m.u8[l4 + Tcp.Flags]!;
  if (isImpossible(flags)) return Verdict.DropTcpFlags;
  if (opensConnection(flags)) return Verdict.Continue;
  return midstream(cx, f, flags);
}

function rejected(cx: PipelineContext, f: number, reject: number, v: Verdict): Verdict {
  if (reject !== Reject.Silent) sendIcmpError(cx, f, IcmpType.Unreachable, reject, 0);
  return v;
}
