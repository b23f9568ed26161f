import type { PipelineContext } from '../pipeline/context.js';
import { endElsewhere } from '../pipeline/expire.js';
import { handTo, MOST_HOPS } from '../pipeline/handoff.js';
import { firstState, SessionState, sessionTimeout } from '../pipeline/tcpState.js';
import { CounterEvent, countZone, ZoneCounter } from '../shared/counters.js';
import { Verdict } from '../shared/verdict.js';
import { publishElsewhere, sessionsOfAll } from '../tables/elsewhere.js';
import { eventSession, NatEvent } from '../tables/eventRing.js';
import { Letter, LetterKind } from '../tables/handoffRing.js';
import { Adjacency } from '../tables/neighbors.js';
import { freeElsewhere, homeOf } from '../tables/ownership.js';
import { poolOf, portRelease, portTake, swapPort } from '../tables/portBlocks.js';
import { trieLookup } from '../tables/prefixTrie.js';
import { Session, sessionPublish, sessionTake } from '../tables/sessions.js';
import { wheelLink } from '../tables/timerWheel.js';
import { Zone } from '../tables/zones.js';
import { delta16, delta32, fold } from '../wire/checksum.js';
import { Ipv4, ipv4Destination, ipv4Source, Protocol } from '../wire/ipv4.js';
import { adjacencyTowards } from './nextHop.js';
import { forgetHeldSyn } from './unsolicitedSyn.js';

/** Why createSession returns no row. ASKED: the frame went to the owner of a port, and `cx.asked` is its verdict. */
export const TABLE_FULL = -1;
export const PORTS_EXHAUSTED = -2;
export const ASKED = -3;

/**
 * A published row on the wheel, with a port of the zone's next address in rotation, else of the addresses behind it in turn.
 * An address whose free ports all lie in other workers' blocks is as good as any: such a worker is asked to open the session
 * (D4). Less than 0: none, with nothing left half made.
 */
export function createSession(cx: PipelineContext, f: number, z: number, adjacency: number): number {
  const protocol = cx.memory.u8[cx.ip[f]! + Ipv4.Protocol]!;
  const zoneState = cx.zones.rows[z + Zone.State]!;
  const count = cx.zones.rows[z + Zone.Count]!;
  const goesOn = cx.letter[Letter.Kind] === LetterKind.Refused && cx.letter[Letter.Start]! >= 0;
  // The cursor moves once per session asked for, served or not (dsnat; zones.md 1.4).
  const start = goesOn ? cx.letter[Letter.Start]! : Atomics.add(cx.cursors, zoneState, 1) & 0x7fff_ffff;
  // A reload may have left fewer addresses since the walk began: then it begins anew.
  for (let i = goesOn && cx.letter[Letter.Step]! < count ? cx.letter[Letter.Step]! : 0; i < count; i++) {
    const chosen = cx.zones.rows[z + Zone.First]! + ((start + i) % count);
    const pool = poolOf(cx.ports64, protocol, cx.zones.pools[chosen]!);
    const port = portTake(cx.ports64, cx.worker, pool, cx.random);
    if (port >= 0) return openSession(cx, f, zoneState, cx.zones.pools[chosen]!, cx.zones.addresses[chosen]!, port, adjacency);
    if (cx.handoff.workers > 1 && cx.letter[Letter.Hops]! + 2 < MOST_HOPS) {
      const owner = freeElsewhere(cx.ports64, cx.worker, pool);
      if (owner >= 0) return ask(cx, f, owner, zoneState, chosen, start, i);
    }
    cx.counters.events[CounterEvent.AddressRetries] = cx.counters.events[CounterEvent.AddressRetries]! + 1;
  }
  return PORTS_EXHAUSTED;
}

/**
 * A home asks for a session with one of our ports. HandedOff when it is refused; Continue with the new row in `cx.opened` when
 * the frame is to be translated here.
 */
export function openAsked(cx: PipelineContext, f: number): Verdict {
  const l = cx.letter;
  const home = homeOf(ipv4Source(cx.memory, cx.ip[f]!), cx.handoff.workers);
  const pool = poolOf(cx.ports64, cx.memory.u8[cx.ip[f]! + Ipv4.Protocol]!, l[Letter.Pool]!);
  const port = offered(cx, f) ? portTake(cx.ports64, cx.worker, pool, cx.random) : -1;
  if (port < 0) return handTo(cx, f, home, LetterKind.Refused);
  const remote = adjacencyTowards(cx, ipv4Destination(cx.memory, cx.ip[f]!));
  cx.opened = openSession(cx, f, l[Letter.Zone]!, l[Letter.Pool]!, l[Letter.External]!, port, remote);
  return cx.opened < 0 ? handTo(cx, f, home, LetterKind.Refused) : Verdict.Continue;
}

/**
 * True when by our tables, too, the host's zone has the address that its home chose. A reload may be between the two: the
 * address may drain, its pool may be another's next.
 */
function offered(cx: PipelineContext, f: number): boolean {
  const l = cx.letter;
  const zone = trieLookup(cx.zones.trie, ipv4Source(cx.memory, cx.ip[f]!));
  const z = zone * Zone.Words;
  if (zone < 0 || cx.zones.rows[z + Zone.State] !== l[Letter.Zone]) return false;
  const first = cx.zones.rows[z + Zone.First]!;
  for (let i = first; i < first + cx.zones.rows[z + Zone.Count]!; i++)
    if (cx.zones.addresses[i] === l[Letter.External] && cx.zones.pools[i] === l[Letter.Pool]) return true;
  return false;
}

/** Fills and publishes a row; TABLE_FULL, and the port given back, when there is none. */
function openSession(
  cx: PipelineContext,
  f: number,
  zoneState: number,
  address: number,
  external: number,
  port: number,
  adjacency: number,
): number {
  const m = cx.memory;
  const t = cx.sessions;
  const r = t.rows;
  const ip = cx.ip[f]!;
  const protocol = m.u8[ip + Ipv4.Protocol]!;
  const row = cx.handoff.workers > 1 && sessionsOfAll(cx.sessionHeads) >= t.capacity ? TABLE_FULL : sessionTake(t);
  if (row < 0) {
    portRelease(cx.ports64, cx.worker, poolOf(cx.ports64, protocol, address), port);
    return TABLE_FULL;
  }
  const inside = ipv4Source(m, ip);
  const outwardPorts = cx.ports[f]!;
  const wirePort = swapPort(port);
  const addressDelta = delta32(inside, external);
  const portDelta = delta16(outwardPorts & 0xffff, wirePort);
  const first = firstState(m, ip);
  r[row + Session.InsideAddress] = inside;
  r[row + Session.RemoteAddress] = ipv4Destination(m, ip);
  r[row + Session.OutwardPorts] = outwardPorts;
  r[row + Session.ExternalAddress] = external;
  r[row + Session.InwardPorts] = (outwardPorts >>> 16) | (wirePort << 16);
  r[row + Session.Meta] = protocol | (first << 8) | (zoneState << 16);
  r[row + Session.Deltas] = addressDelta | ((protocol === Protocol.Icmp ? portDelta : fold(addressDelta + portDelta)) << 16);
  r[row + Session.LastSeen] = cx.now;
  r[row + Session.Pool] = address;
  r[row + Session.Epoch] = cx.epoch;
  // The outward reference first: making room for the inward neighbour must not take the outward one's row.
  const n = cx.neighbors.rows;
  if (adjacency >= 0) n[adjacency + Adjacency.References] = n[adjacency + Adjacency.References]! + 1;
  const inward = adjacencyTowards(cx, inside);
  if (inward >= 0) n[inward + Adjacency.References] = n[inward + Adjacency.References]! + 1;
  r[row + Session.OutwardAdjacency] = adjacency;
  r[row + Session.InwardAdjacency] = inward;
  // Before the row is live: a worker that fails in between leaves a record too many, never a session without one.
  eventSession(cx.events, NatEvent.SessionCreate, r, row);
  sessionPublish(t, row);
  if (protocol === Protocol.Tcp && cx.heldSyns.count > 0) forgetHeldSyn(cx, row);
  wheelLink(t, row, cx.now, sessionTimeout(cx.timeouts, r[row + Session.Meta]!));
  cx.counters.events[CounterEvent.SessionsCreated] = cx.counters.events[CounterEvent.SessionsCreated]! + 1;
  countZone(cx.counters, zoneState, ZoneCounter.Created);
  return row;
}

/** Remembers that `owner` has the session and sends it the frame. */
function ask(
  cx: PipelineContext,
  f: number,
  owner: number,
  zoneState: number,
  chosen: number,
  start: number,
  step: number,
): number {
  const m = cx.memory;
  const t = cx.sessions;
  const r = t.rows;
  const ip = cx.ip[f]!;
  const protocol = m.u8[ip + Ipv4.Protocol]!;
  const l = cx.letter;
  l[Letter.Pool] = cx.zones.pools[chosen]!;
  l[Letter.External] = cx.zones.addresses[chosen]!;
  l[Letter.Zone] = zoneState;
  l[Letter.Start] = start;
  l[Letter.Step] = step;
  const row = sessionsOfAll(cx.sessionHeads) >= t.capacity ? TABLE_FULL : sessionTake(t);
  if (row < 0) return TABLE_FULL;
  r[row + Session.InsideAddress] = ipv4Source(m, ip);
  r[row + Session.RemoteAddress] = ipv4Destination(m, ip);
  r[row + Session.OutwardPorts] = cx.ports[f]!;
  r[row + Session.Meta] = protocol | (SessionState.Elsewhere << 8) | (zoneState << 16);
  r[row + Session.LastSeen] = cx.now;
  r[row + Session.Pool] = owner;
  r[row + Session.Epoch] = cx.epoch;
  r[row + Session.OutwardAdjacency] = -1;
  r[row + Session.InwardAdjacency] = -1;
  publishElsewhere(t, row);
  wheelLink(t, row, cx.now, sessionTimeout(cx.timeouts, r[row + Session.Meta]!));
  l[Letter.Asked] = row;
  l[Letter.AskedGeneration] = r[row + Session.Generation]!;
  cx.asked = handTo(cx, f, owner, LetterKind.Create);
  if (cx.asked !== Verdict.HandedOff) endElsewhere(cx, row);
  return ASKED;
}
