import { Stage } from '../../resolve/portWalk.js';
import { poolAddressOf } from '../../tables/addresses.js';
import { type Hosts, HostsHead } from '../../tables/hosts.js';
import { homeOf, isTaken, ownerOf } from '../../tables/ownership.js';
import { BLOCKS, poolOf, swapPort } from '../../tables/portBlocks.js';
import { trieLookup } from '../../tables/prefixTrie.js';
import { isSession, Session, SessionsHead, zoneOf } from '../../tables/sessions.js';
import type { Snapshot } from '../../tables/snapshot.js';
import { Static, staticOfExternal, staticOfInside } from '../../tables/statics.js';
import { Zone } from '../../tables/zones.js';
import { Protocol } from '../../wire/ipv4.js';
import { sessionTotal } from '../show/totals.js';
import { type Flow, scopeOfFlow } from './flow.js';
import { findSession, hostWords, type LiveRow, mappingOfInside, mappingOfPeer, rowOf } from './liveRows.js';
import { type Eye, type PortOutlook, portOutlook } from './portOutlook.js';

/** What a packet meets in the tables; its half of the way is outward or inward. */
export interface Prospect {
  readonly flow: Flow;
  /** Worker that decides. */
  readonly worker: number;
  readonly session: LiveRow | undefined;
  /** Row of the static mapping (tables/statics.ts), or -1. */
  readonly fixed: number;
  /** A session of the mapping that the packet's session is to join. */
  readonly mapping: LiveRow | undefined;
  /** What stands where answers to the new session would be looked for: then it cannot join. */
  readonly blocked: LiveRow | undefined;
  /** Words of the inside host's row, where its limits are looked at. */
  readonly host: Int32Array | undefined;
}

export interface OutwardProspect extends Prospect {
  /** Number of the zone, or -1. */
  readonly zone: number;
  /** No row is left for a host without one. */
  readonly hostsFull: boolean;
  readonly ports: PortOutlook | undefined;
}

export interface InwardProspect extends Prospect {
  readonly target: Target | undefined;
}

/** The external endpoint a packet from outside is addressed to, when its address has port pools. */
export interface Target {
  /** Row of its route. */
  readonly route: number;
  readonly low: number;
  readonly high: number;
  /** Host order. */
  readonly port: number;
  /** Some session has it. */
  readonly isTaken: boolean;
}

/** `trie`: zones by source that it is asked for (zonesAsked.ts). */
export function outwardProspect(eye: Eye, snapshot: Snapshot, flow: Flow, trie: Int32Array): OutwardProspect {
  const { states } = eye;
  const { source, ports, protocol, router } = flow;
  const session = findSession(states, flow, true);
  const home = homeOf(source, states.length);
  const fixed = staticOfInside(snapshot.statics, source, protocol, flow.onlyStatic ? 0 : ports & 0xffff);
  const zone = trieLookup(trie, source);
  const { hosts } = states[home]!;
  const found = hostWords(hosts, source, router);
  const common = { flow, worker: session?.worker ?? home, session, fixed, zone, host: found };
  const hostsFull = found === undefined && isFull(hosts);
  const isZones = session === undefined && fixed < 0 && zone >= 0 && !flow.onlyStatic;
  if (!isZones || snapshot.zones.rows[zone * Zone.Words + Zone.Count] === 0)
    return { ...common, mapping: undefined, blocked: undefined, hostsFull, ports: undefined };
  const { gatewayOf, rows } = snapshot.zones;
  const known = mappingOfInside(states, home, source, ports & 0xffff, scopeOfFlow(flow));
  const of = known === undefined ? 0 : gatewayOf[zoneOf(known.words[Session.Meta]!)];
  const mapping = of === gatewayOf[rows[zone * Zone.Words + Zone.State]!] ? known : undefined;
  const blocked = mapping && rowOf(states, mapping.worker, answersOf(flow, mapping.words), false);
  const outlook = portOutlook(eye, home, flow, zone * Zone.Words, found ?? new Int32Array(0));
  return { ...common, mapping, blocked, hostsFull, ports: outlook };
}

/** The inward flow of a session that `flow` would have in the mapping. */
function answersOf({ destination, ports, protocol, router }: Flow, mapping: Int32Array): Flow {
  const inward = (ports >>> 16) | (mapping[Session.InwardPorts]! & ~0xffff);
  return {
    protocol,
    router,
    source: destination,
    destination: mapping[Session.ExternalAddress]!,
    ports: inward,
    onlyStatic: false,
  };
}

export function inwardProspect({ states }: Eye, snapshot: Snapshot, flow: Flow): InwardProspect {
  const { destination, ports, protocol } = flow;
  const session = findSession(states, flow, false);
  const wirePort = flow.onlyStatic ? 0 : ports >>> 16;
  const fixed = staticOfExternal(snapshot.statics, destination, protocol, wirePort);
  const address = flow.onlyStatic ? -1 : poolAddressOf(snapshot.addresses.rows, trieLookup(snapshot.addresses.trie, destination));
  const owner = address < 0 ? -1 : ownerOf(states[0]!.ports, poolOf(states[0]!.ports, protocol, address), swapPort(wirePort));
  const home = fixed < 0 ? -1 : homeOf(snapshot.statics.rows[fixed + Static.Inside]!, states.length);
  const worker = session?.worker ?? Math.max(0, home >= 0 ? home : owner);
  const target = address < 0 ? undefined : targetOf(states[0]!.ports, snapshot, flow, address);
  const common = { flow, worker, session, fixed, target };
  if (session !== undefined || flow.onlyStatic) return { ...common, mapping: undefined, blocked: undefined, host: undefined };
  const other = rowOf(states, worker, flow, false);
  const mapping = fixed >= 0 ? undefined : mappingOfPeer(states, worker, flow);
  const inside = mapping?.words[Session.InsideAddress];
  const host = inside === undefined ? undefined : hostWords(states[homeOf(inside, states.length)]!.hosts, inside, flow.router);
  return { ...common, mapping, host, blocked: other !== undefined && isSession(other.words[Session.Meta]!) ? undefined : other };
}

function targetOf(p: Eye['states'][number]['ports'], { addresses }: Snapshot, flow: Flow, address: number): Target {
  const pool = poolOf(p, flow.protocol, address);
  const port = swapPort(flow.ports >>> 16);
  const isOwned = p.owner[pool * BLOCKS + (port >> 6)] !== 0;
  return {
    route: trieLookup(addresses.trie, flow.destination),
    low: p.range[pool * 2]!,
    high: p.range[pool * 2 + 1]!,
    port,
    isTaken: isOwned && isTaken(p, pool, port),
  };
}

function isFull({ head, capacity }: Hosts): boolean {
  return head[HostsHead.HighWater]! >= capacity && head[HostsHead.IdleFirst] === 0;
}

/** How many new sessions find room for their rows, as far as one packet needs it: its own, and that of its second half. */
export function roomFor(eye: Eye, out: OutwardProspect | undefined, back: InwardProspect | undefined): number {
  const { states } = eye;
  const { worker } = (back ?? out)!;
  const { head, capacity } = states[worker]!.sessions;
  // With several workers it is the sessions of all that are limited, and held ports are none (resolve/openSession.ts).
  const isShared = states.length > 1;
  const all = capacity - (isShared ? sessionTotal(states) : 0);
  // A held port's row makes room (resolve/sessionRow.ts), as does a session that is ended for its port.
  const joins = out?.mapping !== undefined && out.blocked === undefined;
  const recycled = out?.session === undefined && !joins && out?.ports?.stage === Stage.Recycle ? 1 : 0;
  const own = capacity - head[SessionsHead.Count]! + head[SessionsHead.Held]!;
  return Math.max(0, Math.min(2, recycled + Math.min(all, own)));
}

/** TCP, UDP and ICMP have ports or identifiers. */
export function isPorted(protocol: number): boolean {
  return protocol === Protocol.Tcp || protocol === Protocol.Udp || protocol === Protocol.Icmp;
}
