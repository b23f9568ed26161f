import type { PipelineContext } from '../pipeline/context.js';
import { tellBinding } from '../pipeline/expire.js';
import { countHost, listRecyclable } from '../pipeline/sessionState.js';
import { sessionTimeout } from '../pipeline/tcpState.js';
import { CounterEvent, countEvent, countZone, ZoneCounter } from '../shared/counters.js';
import { eventSession, NatEvent } from '../tables/eventRing.js';
import { flowHash } from '../tables/hash.js';
import { hostSessions } from '../tables/hosts.js';
import { mappingJoin } from '../tables/mappings.js';
import { Adjacency } from '../tables/neighbors.js';
import { countSession, poolOf, swapPort } from '../tables/portBlocks.js';
import { By, peerHash, publishHashed, touchBy } from '../tables/sessionIndices.js';
import { isOverlapped, Session, SessionFlag } from '../tables/sessions.js';
import { wheelLink } from '../tables/timerWheel.js';
import { delta16, delta32, fold } from '../wire/checksum.js';
import { Protocol } from '../wire/ipv4.js';
import { Choice } from './choice.js';
import { byDestination, keepHop, keptHop } from './insideHops.js';
import { rowFor } from './sessionRow.js';
import { forgetHeldSyn } from './unsolicitedSyn.js';
import { adjacencyOfWay, leadsOutAgain, mayKeepWay, rifOfWay, wayOfSession, waysOf } from './way.js';

/**
 * Fills and publishes a row for the tuple of an outward frame, with what stands in `cx.choice`: the port is taken or shared
 * already. Both indices or neither; TableFull or RouterSessions with nothing taken but the port, which the caller gives back.
 */
export function openSession(cx: PipelineContext, inside: number, remote: number, outwardPorts: number, protocol: number): number {
  const c = cx.choice;
  const t = cx.sessions;
  const r = t.rows;
  const remaining = c[Choice.Remaining]!;
  c[Choice.Remaining] = 0;
  const row = rowFor(cx, protocol, c[Choice.Address]!);
  if (row < 0) return row;
  const external = c[Choice.External]!;
  const flags = c[Choice.Flags]!;
  const wirePort = swapPort(c[Choice.Port]!);
  const inwardPorts = (outwardPorts >>> 16) | (wirePort << 16);
  const inwardHash = flowHash(t.key, remote, external, inwardPorts, cx.scope | protocol);
  c[Choice.Touched] = touchBy(t, By.Inward, inwardHash);
  let peer = 0;
  if ((flags & (SessionFlag.Adf | SessionFlag.Eif)) !== 0) {
    peer = peerHash(t, external, wirePort, cx.scope | protocol, (flags & SessionFlag.Adf) !== 0 ? remote : 0);
    c[Choice.Touched] = touchBy(t, By.Peer, peer);
  }
  const addressDelta = delta32(inside, external);
  const portDelta = delta16(outwardPorts & 0xffff, wirePort);
  r[row + Session.InsideAddress] = inside;
  r[row + Session.RemoteAddress] = remote;
  r[row + Session.OutwardPorts] = outwardPorts;
  r[row + Session.ExternalAddress] = external;
  r[row + Session.InwardPorts] = inwardPorts;
  const short = isShort(protocol, outwardPorts >>> 16) ? SessionFlag.ShortUdp : 0;
  r[row + Session.Meta] = protocol | (c[Choice.State]! << 8) | (c[Choice.Zone]! << 16) | (flags & ~SessionFlag.Mapped) | short;
  r[row + Session.Deltas] = addressDelta | ((protocol === Protocol.Icmp ? portDelta : fold(addressDelta + portDelta)) << 16);
  const timeout = sessionTimeout(cx.timeouts, r[row + Session.Meta]!);
  const age = remaining > 0 && remaining < timeout ? timeout - remaining : 0;
  r[row + Session.LastSeen] = cx.now - age;
  r[row + Session.EpochPool] = cx.epoch | (c[Choice.Address]! << 16);
  reference(cx, row, c[Choice.Adjacency]!, inside, remote);
  // Before the row is live: a worker that fails in between leaves a record too many, never a session without one.
  eventSession(cx.events, NatEvent.SessionCreate, r, row);
  if ((flags & SessionFlag.Mapped) !== 0) {
    if (c[Choice.NewPort] === 1) tellBinding(cx, NatEvent.BindingCreate, row);
    mappingJoin(t, row, c[Choice.NewPort] === 1 ? -1 : c[Choice.Mapping]!, c[Choice.InsideHash]!, peer);
  }
  publishHashed(t, row, c[Choice.OutwardHash]!, inwardHash);
  if (protocol === Protocol.Tcp && cx.heldSyns.count > 0) forgetHeldSyn(cx, row);
  listRecyclable(cx, row);
  wheelLink(t, row, cx.now, timeout - age);
  if (c[Choice.Host]! >= 0) {
    hostSessions(cx.hosts, c[Choice.Host]!, 1);
    countHost(cx, c[Choice.Host]!, protocol, c[Choice.State]!, c[Choice.NewPort]!, 1);
  }
  countEvent(cx.counters, CounterEvent.SessionsCreated);
  if ((flags & SessionFlag.Overlapped) !== 0) countEvent(cx.counters, CounterEvent.SessionsOverlapped);
  if ((flags & SessionFlag.Static) === 0)
    countSession(cx.ports64, cx.worker, poolOf(cx.ports64, protocol, c[Choice.Address]!), isOverlapped(flags), 1);
  countZone(cx.counters, c[Choice.Zone]!, ZoneCounter.Created);
  return row;
}

/** UDP to the ports of DNS and NTP, as loaded. */
function isShort(protocol: number, remotePort: number): boolean {
  return protocol === Protocol.Udp && (remotePort === 53 << 8 || remotePort === 123 << 8);
}

/** The outward reference first: making room for the inward neighbour must not take the outward one's row. */
function reference(cx: PipelineContext, row: number, known: number, inside: number, remote: number): void {
  const n = cx.neighbors.rows;
  const r = cx.sessions.rows;
  const outward = known >= 0 ? known : adjacencyToKeep(cx, row, true, remote);
  if (outward >= 0) n[outward + Adjacency.References] = n[outward + Adjacency.References]! + 1;
  const inward = insideHop(cx, row, inside);
  if (inward >= 0) n[inward + Adjacency.References] = n[inward + Adjacency.References]! + 1;
  r[row + Session.OutwardAdjacency] = outward;
  r[row + Session.InwardAdjacency] = inward;
}

/** The next hop inward: of an earlier session of the host, where it is the same for all of them. */
function insideHop(cx: PipelineContext, row: number, inside: number): number {
  const known = byDestination(cx) ? keptHop(cx, inside) : -1;
  return known >= 0 ? known : adjacencyToKeep(cx, row, false, inside);
}

/** The next hop of one direction, if the session may keep it; -1: its frames ask (resolveSession.ts). */
function adjacencyToKeep(cx: PipelineContext, row: number, outward: boolean, destination: number): number {
  if (cx.fib.perPacket) return -1;
  const found = wayOfSession(cx, row, outward, -1);
  if (rifOfWay(cx, found) < 0 || !mayKeepWay(cx, found) || leadsOutAgain(cx, found, outward)) return -1;
  const adjacency = adjacencyOfWay(cx, found, destination);
  if (!outward && adjacency >= 0 && byDestination(cx) && waysOf(cx, found) === 1) keepHop(cx, destination, adjacency);
  return adjacency;
}
