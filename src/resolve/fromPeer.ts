import type { PipelineContext } from '../pipeline/context.js';
import { ticksLeft } from '../pipeline/expiring.js';
import { hostOf } from '../pipeline/sessionState.js';
import { firstStateInward, opensConnection } from '../pipeline/tcpState.js';
import { Verdict } from '../shared/verdict.js';
import { Letter, LetterKind } from '../tables/handoffRing.js';
import { flowHash } from '../tables/hash.js';
import { mappingFor } from '../tables/mappings.js';
import { homeOf, isTaken } from '../tables/ownership.js';
import { BLOCKS, poolOf, swapPort } from '../tables/portBlocks.js';
import { findOutward } from '../tables/sessionLookup.js';
import { isSession, Session, zoneOf } from '../tables/sessions.js';
import { Ipv4, ipv4Destination, ipv4HeaderLength, ipv4Source, Protocol } from '../wire/ipv4.js';
import { Tcp } from '../wire/tcp.js';
import { askHome, isAtLimit } from './admitPeer.js';
import { Choice, Declined, declinedVerdict } from './choice.js';
import { opened, useMapping } from './mapping.js';

/**
 * From outside to a port that has a mapping, by a remote without session: the mapping's filtering decides (FIL-1, GEN-3). Where it
 * lets the remote in, a session begins; Continue with its row in `cx.opened`. ICMP queries are never begun from outside, and a
 * TCP connection only by a SYN. A miss costs no state (FIL-6, DOS-2). `address` is the index among the port pools, -1 for one
 * that has none.
 */
export function openFromPeer(cx: PipelineContext, f: number, address: number): Verdict {
  const m = cx.memory;
  const ip = cx.ip[f]!;
  const protocol = m.u8[ip + Ipv4.Protocol]!;
  const isSyn = protocol === Protocol.Tcp && opensConnection(m.u8[ip + ipv4HeaderLength(m, ip) + Tcp.Flags]!);
  if (protocol !== Protocol.Udp && !isSyn) return Verdict.DropNoSession;
  const remote = ipv4Source(m, ip);
  const ports = cx.ports[f]!;
  const mapping = mappingFor(cx.sessions, ipv4Destination(m, ip), ports >>> 16, cx.scope | protocol, remote);
  if (mapping < 0) {
    if (isSyn) return Verdict.DropUnsolicitedSyn;
    return isMapped(cx, protocol, address, ports >>> 16) ? Verdict.DropFiltered : Verdict.DropNoSession;
  }
  const r = cx.sessions.rows;
  const inside = r[mapping + Session.InsideAddress]!;
  const c = cx.choice;
  c[Choice.Zone] = zoneOf(r[mapping + Session.Meta]!);
  c[Choice.State] = firstStateInward(m, ip);
  c[Choice.Host] = hostOf(cx, inside, cx.router);
  const outward = (r[mapping + Session.OutwardPorts]! & 0xffff) | (ports << 16);
  // The host has this very flow by another port, which it got when this one was another host's towards the remote: answers go there.
  if (hasFlow(cx, inside, remote, outward, protocol)) return Verdict.DropFiltered;
  const home = homeOf(inside, cx.handoff.workers);
  if (home !== cx.worker && cx.letter[Letter.Kind] !== LetterKind.Admitted) return askHome(cx, f, home, inside, remote, outward);
  if (isAtLimit(cx, c[Choice.Host]!, inside, protocol)) return declinedVerdict(Declined.HostLimit);
  if (!useMapping(cx, mapping, remote, ports & 0xffff)) return Verdict.DropNoSession;
  c[Choice.Adjacency] = -1;
  // It must not prolong the mapping: who knocks again and again, from ever new addresses, would keep it for ever (DOS-5).
  if (protocol === Protocol.Udp) c[Choice.Remaining] = Math.max(1, ticksLeft(cx, mapping, r[mapping + Session.Meta]!) - 1);
  const row = opened(cx, inside, remote, outward, protocol);
  if (row < 0) return declinedVerdict(row);
  cx.opened = row;
  return Verdict.Continue;
}

/** True when a session of ours has the external port. */
function isMapped(cx: PipelineContext, protocol: number, address: number, wirePort: number): boolean {
  const p = cx.ports64;
  if (address < 0) return false;
  const pool = poolOf(p, protocol, address);
  const port = swapPort(wirePort);
  if (p.owner[pool * BLOCKS + (port >> 6)] !== cx.worker + 1) return false;
  const low = p.range[pool * 2]!;
  if (port < low || port > p.range[pool * 2 + 1]!) return false;
  return isTaken(p, pool, port);
}

/** True when a session of ours has the outward tuple, whose hash is left in `cx.choice`. */
export function hasFlow(cx: PipelineContext, inside: number, remote: number, ports: number, protocol: number): boolean {
  const hash = flowHash(cx.sessions.key, inside, remote, ports, cx.scope | protocol);
  cx.choice[Choice.OutwardHash] = hash;
  const row = findOutward(cx.sessions, hash, inside, remote, ports, cx.scope | protocol);
  return row >= 0 && isSession(cx.sessions.rows[row + Session.Meta]!);
}
