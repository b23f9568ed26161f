import { applySession, largestPacket } from '../pipeline/applySession.js';
import type { PipelineContext } from '../pipeline/context.js';
import { Kind } from '../pipeline/context.js';
import { firstState, timeoutSlot } from '../pipeline/tcpState.js';
import { CounterEvent, ZoneCounter } from '../shared/counters.js';
import { Verdict } from '../shared/verdict.js';
import { Adjacency, NeighborState } from '../tables/neighbors.js';
import { poolOf, portRelease, portTake } from '../tables/portBlocks.js';
import { trieLookup } from '../tables/prefixTrie.js';
import { Session, sessionPublish, sessionTake } from '../tables/sessions.js';
import { wheelLink } from '../tables/timerWheel.js';
import { Reject, Zone } from '../tables/zones.js';
import { delta16, delta32, fold } from '../wire/checksum.js';
import { IcmpType, isIcmpError } from '../wire/icmp.js';
import { FragmentBits, Ipv4, ipv4Destination, ipv4HeaderLength, ipv4Source, Protocol } from '../wire/ipv4.js';
import { Tcp, TcpFlag } from '../wire/tcp.js';
import { sendIcmpError } from './icmpError.js';
import { tooBig } from './mtu.js';
import { adjacencyFor, adjacencyTowards } from './nextHop.js';
import { resolveSession } from './resolveSession.js';
import { waitForNeighbor } from './waitForNeighbor.js';

/**
 * Inside to outside: the first frame of a flow gets a session. First zone that covers the source, no going on to the next
 * (ZON-1); its next local address in rotation; a free port there, else the other addresses in turn; both tuples or neither.
 * Nothing leaves with an inside address: what cannot be translated is dropped (GEN-7).
 */
export function snat(cx: PipelineContext, f: number, rif: number, hop: number): Verdict {
  const m = cx.memory;
  const ip = cx.ip[f]!;
  const v = translatable(cx, f);
  if (v !== Verdict.Continue) return v;
  const zone = trieLookup(cx.zones.trie, ipv4Source(m, ip));
  if (zone < 0) return rejected(cx, f, cx.zones.rejectNoZone, Verdict.DropNoZone);
  const z = zone * Zone.Words;
  if (cx.zones.rows[z + Zone.Count] === 0) {
    countZone(cx, z, ZoneCounter.Refused);
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
  if (row < 0) {
    countZone(cx, z, ZoneCounter.Refused);
    return rejected(
      cx,
      f,
      cx.zones.rows[z + Zone.RejectExhausted]!,
      row === TABLE_FULL ? Verdict.DropSessionsFull : Verdict.DropPortsExhausted,
    );
  }
  return fits ? applySession(cx, f, row, true) : resolveSession(cx, f, row, true);
}

const TABLE_FULL = -1;
const PORTS_EXHAUSTED = -2;

/** What PAT takes: whole TCP that opens a connection, whole UDP, ICMP echo requests. */
function translatable(cx: PipelineContext, f: number): Verdict {
  const m = cx.memory;
  const ip = cx.ip[f]!;
  const protocol = m.u8[ip + Ipv4.Protocol]!;
  if ((m.u16[(ip + Ipv4.FlagsFragment) >> 1]! & FragmentBits.NotWhole) !== 0) return Verdict.DropFragment;
  const l4 = ip + ipv4HeaderLength(m, ip);
  if (cx.kind[f] !== Kind.Flow) {
    return protocol === Protocol.Icmp && isIcmpError(m.u8[l4]!) ? Verdict.DropIcmpError : Verdict.DropBadProtocol;
  }
  if (protocol !== Protocol.Tcp) return Verdict.Continue;
  const flags = m.u8[l4 + Tcp.Flags]! & 0x3f;
  if ((flags & (TcpFlag.Syn | TcpFlag.Ack | TcpFlag.Rst | TcpFlag.Fin)) === TcpFlag.Syn) return Verdict.Continue;
  const odd = flags === 0 || ((flags & TcpFlag.Syn) !== 0 && (flags & (TcpFlag.Fin | TcpFlag.Rst)) !== 0);
  return odd ? Verdict.DropTcpFlags : Verdict.DropNotSyn;
}

function rejected(cx: PipelineContext, f: number, reject: number, v: Verdict): Verdict {
  if (reject !== Reject.Silent) sendIcmpError(cx, f, IcmpType.Unreachable, reject, 0);
  return v;
}

function countZone(cx: PipelineContext, z: number, counter: ZoneCounter): void {
  const at = cx.zones.rows[z + Zone.State]! * ZoneCounter.Count + counter;
  cx.counters.zones[at] = cx.counters.zones[at]! + 1;
}

/** A published row on the wheel; TABLE_FULL or PORTS_EXHAUSTED when there is no room, with nothing left half made. */
function createSession(cx: PipelineContext, f: number, z: number, adjacency: number): number {
  const m = cx.memory;
  const t = cx.sessions;
  const r = t.rows;
  const ip = cx.ip[f]!;
  const protocol = m.u8[ip + Ipv4.Protocol]!;
  // The cursor moves once per session asked for, served or not (dsnat; zones.md 1.4).
  const state = cx.zones.rows[z + Zone.State]!;
  const count = cx.zones.rows[z + Zone.Count]!;
  const start = (Atomics.add(cx.cursors, state, 1) >>> 0) % count;
  let port = -1;
  let chosen = cx.zones.rows[z + Zone.First]! + start;
  for (let i = 0; i < count; i++) {
    chosen = cx.zones.rows[z + Zone.First]! + ((start + i) % count);
    port = portTake(cx.ports64, cx.worker, poolOf(cx.ports64, protocol, cx.zones.pools[chosen]!), cx.random);
    if (port >= 0) break;
    cx.counters.events[CounterEvent.AddressRetries] = cx.counters.events[CounterEvent.AddressRetries]! + 1;
  }
  if (port < 0) return PORTS_EXHAUSTED;
  const row = sessionTake(t);
  if (row < 0) {
    portRelease(cx.ports64, cx.worker, poolOf(cx.ports64, protocol, cx.zones.pools[chosen]!), port);
    return TABLE_FULL;
  }
  const inside = ipv4Source(m, ip);
  const external = cx.zones.addresses[chosen]!;
  const outwardPorts = cx.ports[f]!;
  const wirePort = ((port & 0xff) << 8) | (port >> 8);
  const addressDelta = delta32(inside, external);
  const portDelta = delta16(outwardPorts & 0xffff, wirePort);
  const first = firstState(protocol);
  r[row + Session.InsideAddress] = inside;
  r[row + Session.RemoteAddress] = ipv4Destination(m, ip);
  r[row + Session.OutwardPorts] = outwardPorts;
  r[row + Session.ExternalAddress] = external;
  r[row + Session.InwardPorts] = (outwardPorts >>> 16) | (wirePort << 16);
  r[row + Session.Meta] = protocol | (first << 8) | (state << 16);
  r[row + Session.Deltas] = addressDelta | ((protocol === Protocol.Icmp ? portDelta : fold(addressDelta + portDelta)) << 16);
  r[row + Session.LastSeen] = cx.now;
  r[row + Session.Pool] = cx.zones.pools[chosen]!;
  r[row + Session.Epoch] = cx.epoch;
  // The outward reference first: making room for the inward neighbour must not take the outward one's row.
  const n = cx.neighbors.rows;
  n[adjacency + Adjacency.References] = n[adjacency + Adjacency.References]! + 1;
  const inward = adjacencyTowards(cx, inside);
  if (inward >= 0) n[inward + Adjacency.References] = n[inward + Adjacency.References]! + 1;
  r[row + Session.OutwardAdjacency] = adjacency;
  r[row + Session.InwardAdjacency] = inward;
  sessionPublish(t, row);
  wheelLink(t, row, cx.now, cx.timeouts[timeoutSlot(protocol, first)]!);
  cx.counters.events[CounterEvent.SessionsCreated] = cx.counters.events[CounterEvent.SessionsCreated]! + 1;
  countZone(cx, z, ZoneCounter.Created);
  return row;
}
