import { asFlow } from '../pipeline/asFlow.js';
import { Kind, type PipelineContext } from '../pipeline/context.js';
import { hostOf } from '../pipeline/sessionState.js';
import { firstState, firstStateInward, isImpossible, opensConnection } from '../pipeline/tcpState.js';
import { STATIC_ZONE } from '../shared/counters.js';
import { Verdict } from '../shared/verdict.js';
import { flowHash } from '../tables/hash.js';
import { hostTake } from '../tables/hosts.js';
import { homeOf } from '../tables/ownership.js';
import { swapPort } from '../tables/portBlocks.js';
import { findInward, findOutward } from '../tables/sessionLookup.js';
import { isSession, Session, SessionFlag } from '../tables/sessions.js';
import { Limit, Midstream } from '../tables/snapshot.js';
import { Static, staticOfExternal, staticOfInside } from '../tables/statics.js';
import { Icmp, isIcmpError } from '../wire/icmp.js';
import { FragmentBits, Ipv4, ipv4Destination, ipv4HeaderLength, ipv4Source, Protocol } from '../wire/ipv4.js';
import { Tcp } from '../wire/tcp.js';
import { Choice, declinedVerdict, STATIC_POOL } from './choice.js';
import { hasFlow } from './fromPeer.js';
import { openSession } from './openSession.js';

/**
 * Static mappings (nat-behaviour.md 7): before every zone, in both directions, with the port the operator chose. Their sessions hold
 * no port of a pool. A whole host's mapping takes every protocol; where there are no ports, address and protocol are the flow.
 */

/** Row of the static mapping of the frame's inside endpoint, or -1. Sets ports and hash of a frame that has none. */
export function staticFor(cx: PipelineContext, f: number): number {
  if (cx.statics.count === 0) return -1;
  const m = cx.memory;
  const ip = cx.ip[f]!;
  const protocol = m.u8[ip + Ipv4.Protocol]!;
  const port = cx.kind[f] === Kind.Flow ? cx.ports[f]! & 0xffff : 0;
  const s = staticOfInside(cx.statics, ipv4Source(m, ip), protocol, port);
  if (s < 0 || cx.kind[f] === Kind.Flow) return s;
  // An ICMP message that is neither query nor error, or a fragment, names no flow.
  return portlessAsFlow(cx, f, 0) ? s : -1;
}

/** Row of the session that a frame from inside has by a static mapping, or -1: it has none, or there is no mapping. */
export function knownStatic(cx: PipelineContext, f: number): number {
  if (staticFor(cx, f) < 0) return -1;
  const m = cx.memory;
  const ip = cx.ip[f]!;
  const scope = cx.scope | m.u8[ip + Ipv4.Protocol]!;
  const row = findOutward(cx.sessions, cx.hash[f]!, ipv4Source(m, ip), ipv4Destination(m, ip), cx.ports[f]!, scope);
  return row >= 0 && isSession(cx.sessions.rows[row + Session.Meta]!) ? row : -1;
}

/** Row of the session of a frame from inside by static mapping `s`: one it has, or a new one; less than 0: `cx.refused`. */
export function staticSession(cx: PipelineContext, f: number, s: number, adjacency: number): number {
  const m = cx.memory;
  const ip = cx.ip[f]!;
  const inside = ipv4Source(m, ip);
  const remote = ipv4Destination(m, ip);
  const protocol = m.u8[ip + Ipv4.Protocol]!;
  const known = findOutward(cx.sessions, cx.hash[f]!, inside, remote, cx.ports[f]!, cx.scope | protocol);
  if (known >= 0 && isSession(cx.sessions.rows[known + Session.Meta]!)) return known;
  cx.choice[Choice.Adjacency] = adjacency;
  cx.choice[Choice.State] = firstState(m, ip);
  const row = open(cx, s, inside, remote, cx.ports[f]!, protocol);
  if (row < 0) cx.refused = declinedVerdict(row);
  return row;
}

/**
 * A frame from outside to the external endpoint of a static mapping. Continue with the session in `cx.opened`; DropNoSession: there is
 * no such mapping, or it opens nothing.
 */
export function openStaticInward(cx: PipelineContext, f: number): Verdict {
  if (cx.statics.count === 0) return Verdict.DropNoSession;
  const m = cx.memory;
  const ip = cx.ip[f]!;
  const protocol = m.u8[ip + Ipv4.Protocol]!;
  const external = ipv4Destination(m, ip);
  const s = staticOfExternal(cx.statics, external, protocol, cx.kind[f] === Kind.Flow ? cx.ports[f]! >>> 16 : 0);
  if (s < 0 || (cx.kind[f] !== Kind.Flow && !portlessAsFlow(cx, f, 16))) return Verdict.DropNoSession;
  const remote = ipv4Source(m, ip);
  const ports = cx.ports[f]!;
  const known = findInward(cx.sessions, cx.hash[f]!, remote, external, ports, cx.scope | protocol);
  if (known >= 0) {
    cx.opened = known;
    return Verdict.Continue;
  }
  if (protocol === Protocol.Tcp && !mayOpen(cx, m.u8[ip + ipv4HeaderLength(m, ip) + Tcp.Flags]!)) return Verdict.DropNoSession;
  const own = cx.statics.rows[s + Static.Protocol] === 0 ? ports >>> 16 : cx.statics.rows[s + Static.Ports]! & 0xffff;
  // By another external endpoint of the same inside one: its answers could not be told apart.
  if (hasFlow(cx, cx.statics.rows[s + Static.Inside]!, remote, own | (ports << 16), protocol)) return Verdict.DropFiltered;
  cx.choice[Choice.Adjacency] = -1;
  cx.choice[Choice.State] = firstStateInward(m, ip);
  const row = open(cx, s, cx.statics.rows[s + Static.Inside]!, remote, own | (ports << 16), protocol);
  if (row < 0) return declinedVerdict(row);
  cx.opened = row;
  return Verdict.Continue;
}

function open(cx: PipelineContext, s: number, inside: number, remote: number, outwardPorts: number, protocol: number): number {
  const c = cx.choice;
  const isHost = cx.statics.rows[s + Static.Protocol] === 0;
  const home = cx.handoff.workers === 1 || homeOf(inside, cx.handoff.workers) === cx.worker;
  if (home) hostTake(cx.hosts, inside, cx.router);
  c[Choice.Host] = hostOf(cx, inside, cx.router);
  c[Choice.Zone] = STATIC_ZONE;
  c[Choice.Flags] = SessionFlag.Static;
  c[Choice.Address] = STATIC_POOL;
  c[Choice.External] = cx.statics.rows[s + Static.External]!;
  c[Choice.Port] = swapPort(isHost ? outwardPorts & 0xffff : cx.statics.rows[s + Static.Ports]! >>> 16);
  c[Choice.NewPort] = 0;
  c[Choice.OutwardHash] = flowHash(cx.sessions.key, inside, remote, outwardPorts, cx.scope | protocol);
  return openSession(cx, inside, remote, outwardPorts, protocol);
}

function mayOpen(cx: PipelineContext, flags: number): boolean {
  if (isImpossible(flags)) return false;
  return opensConnection(flags) || cx.limits[Limit.Midstream] === Midstream.Adopt;
}

/** Gives a frame without ports the tuple of its flow: ICMP queries and answers by identifier, in the half of the word at `shift`. */
function portlessAsFlow(cx: PipelineContext, f: number, shift: number): boolean {
  const m = cx.memory;
  const ip = cx.ip[f]!;
  const protocol = m.u8[ip + Ipv4.Protocol]!;
  if ((m.u16[(ip + Ipv4.FlagsFragment) >> 1]! & FragmentBits.NotWhole) !== 0) return false;
  // 0 is no protocol of IPv4, and a session row with it is a free one.
  if (protocol === 0) return false;
  let ports = 0;
  if (protocol === Protocol.Icmp) {
    const l4 = ip + ipv4HeaderLength(m, ip);
    if (isIcmpError(m.u8[l4]!)) return false;
    ports = m.u16[(l4 + Icmp.Id) >> 1]! << shift;
  }
  asFlow(cx, f, ports);
  return true;
}
