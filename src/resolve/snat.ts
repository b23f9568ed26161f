import { applySession, largestPacket } from '../pipeline/applySession.js';
import type { PipelineContext } from '../pipeline/context.js';
import { Kind } from '../pipeline/context.js';
import { isImpossible } from '../pipeline/tcpState.js';
import { countZone, ZoneCounter } from '../shared/counters.js';
import { Verdict } from '../shared/verdict.js';
import { eventRefused, Refusal } from '../tables/eventRing.js';
import { Adjacency, NeighborState } from '../tables/neighbors.js';
import { trieLookup } from '../tables/prefixTrie.js';
import { Reject, Zone } from '../tables/zones.js';
import { IcmpType, isRefusedIcmp } from '../wire/icmp.js';
import { FragmentBits, Ipv4, ipv4HeaderLength, ipv4Source, Protocol } from '../wire/ipv4.js';
import { Tcp, TcpFlag } from '../wire/tcp.js';
import { ASKED, createSession, openAsked, TABLE_FULL } from './createSession.js';
import { sendIcmpError } from './icmpError.js';
import { tooBig } from './mtu.js';
import { adjacencyFor } from './nextHop.js';
import { resolveSession } from './resolveSession.js';
import { midstream } from './tcpMidstream.js';
import { waitForNeighbor } from './waitForNeighbor.js';

/**
 * Inside to outside: the first frame of a flow gets a session. First zone that covers the source, no going on to the next
 * (ZON-1); its next local address in rotation; a free port there, else the other addresses in turn; both tuples or neither.
 * Nothing leaves with an inside address: what cannot be translated is dropped (GEN-7).
 */
export function snat(cx: PipelineContext, f: number, rif: number, hop: number): Verdict {
  const m = cx.memory;
  const ip = cx.ip[f]!;
  if ((m.u16[(ip + Ipv4.FlagsFragment) >> 1]! & FragmentBits.Offset) !== 0) return withoutFirst(cx, f, rif, hop);
  const v = translatable(cx, f);
  if (v !== Verdict.Continue) return v;
  const zone = trieLookup(cx.zones.trie, ipv4Source(m, ip));
  if (zone < 0) return rejected(cx, f, cx.zones.rejectNoZone, Verdict.DropNoZone);
  const z = zone * Zone.Words;
  const zoneState = cx.zones.rows[z + Zone.State]!;
  const protocol = m.u8[ip + Ipv4.Protocol]!;
  if (cx.zones.rows[z + Zone.Count] === 0) {
    countZone(cx.counters, zoneState, ZoneCounter.Refused);
    eventRefused(cx.events, Refusal.AddressesExhausted, zoneState, ipv4Source(m, ip), protocol);
    return rejected(cx, f, cx.zones.rows[z + Zone.RejectEmpty]!, Verdict.DropZoneEmpty);
  }
  const adjacency = adjacencyFor(cx, rif, hop);
  if (adjacency < 0) return Verdict.DropNeighborTableFull;
  if (cx.neighbors.rows[adjacency + Adjacency.State]! < NeighborState.Stale) return waitForNeighbor(cx, f, adjacency);
  const mtu = cx.neighbors.rows[adjacency + Adjacency.Mtu]!;
  const fits = largestPacket(cx, f) <= mtu;
  if (!fits) {
    const big = tooBig(cx, f, mtu);
    if (big !== Verdict.Continue) return big;
  }
  const row = createSession(cx, f, z, adjacency);
  if (row === ASKED) return cx.asked;
  if (row < 0) {
    const full = row === TABLE_FULL;
    countZone(cx.counters, zoneState, ZoneCounter.Refused);
    eventRefused(cx.events, full ? Refusal.Sessions : Refusal.PortsExhausted, zoneState, ipv4Source(m, ip), protocol);
    return rejected(
      cx,
      f,
      cx.zones.rows[z + Zone.RejectExhausted]!,
      full ? Verdict.DropSessionsFull : Verdict.DropPortsExhausted,
    );
  }
  return fits ? applySession(cx, f, row, true) : resolveSession(cx, f, row, true);
}

/**
 * A later fragment opens no session. While the next hop is resolved, its first fragment may be waiting to do so: then it waits
 * behind it.
 */
function withoutFirst(cx: PipelineContext, f: number, rif: number, hop: number): Verdict {
  const adjacency = adjacencyFor(cx, rif, hop);
  if (adjacency < 0) return Verdict.DropNeighborTableFull;
  if (cx.kind[f] !== Kind.Flow) return Verdict.DropFragment;
  if (cx.neighbors.rows[adjacency + Adjacency.State]! < NeighborState.Stale) return waitForNeighbor(cx, f, adjacency);
  // Resolved in this very burst: those that waited are taken up after it.
  if (cx.requeued || cx.pending.ready === 0 || cx.pending.waiting(adjacency) === 0) return Verdict.DropFragment;
  const v = waitForNeighbor(cx, f, adjacency);
  cx.pending.markReady(adjacency);
  return v;
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
  if (protocol !== Protocol.Tcp) return Verdict.Continue;
  const flags = m.u8[l4 + Tcp.Flags]!;
  if (isImpossible(flags)) return Verdict.DropTcpFlags;
  if ((flags & (TcpFlag.Syn | TcpFlag.Ack)) === TcpFlag.Syn) return Verdict.Continue;
  return midstream(cx, f, flags);
}

function rejected(cx: PipelineContext, f: number, reject: number, v: Verdict): Verdict {
  if (reject !== Reject.Silent) sendIcmpError(cx, f, IcmpType.Unreachable, reject, 0);
  return v;
}

/** The first frame of a session that its host's home asked us to open: the home has found it sound and looked at the way out. */
export function openForHome(cx: PipelineContext, f: number): Verdict {
  const v = openAsked(cx, f);
  if (v !== Verdict.Continue) return v;
  const applied = applySession(cx, f, cx.opened, true);
  return applied === Verdict.Continue ? resolveSession(cx, f, cx.opened, true) : applied;
}
