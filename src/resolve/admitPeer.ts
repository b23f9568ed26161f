import type { PipelineContext } from '../pipeline/context.js';
import { endElsewhere } from '../pipeline/expire.js';
import { handTo } from '../pipeline/handoff.js';
import { SessionState } from '../pipeline/tcpState.js';
import { Verdict } from '../shared/verdict.js';
import { Letter, LetterFlag, LetterKind } from '../tables/handoffRing.js';
import { flowHash } from '../tables/hash.js';
import { Host, hostTake, mayBegin } from '../tables/hosts.js';
import { mappingOf } from '../tables/mappings.js';
import { trieLookup } from '../tables/prefixTrie.js';
import { findOutward } from '../tables/sessionLookup.js';
import { isSession, poolIndexOf, Session, SessionFlag, zoneOf } from '../tables/sessions.js';
import { Zone } from '../tables/zones.js';
import { Ipv4, Protocol } from '../wire/ipv4.js';
import { Choice, Declined, declinedVerdict } from './choice.js';
import { exceeds } from './hostLimits.js';
import { openElsewhere } from './openElsewhere.js';

/**
 * Sessions that the outside begins through a mapping count for their inside host like its own (LIM-1). When the worker with the
 * mapping is not the host's home, it asks there first: the frame goes to the home with its outward tuple in the letter, and
 * comes back as Admitted. The home then has a row that says where the session is, as for one it had asked for itself.
 */

/**
 * True when the host, whose row among the hosts is `host` or -1, has as many sessions, or half-open ones, as the outside may begin. A
 * quarter of each limit is left to what the host begins itself: whoever sends to its mapping from invented addresses must not
 * cut it off (EXH-1, DOS-3).
 */
export function isAtLimit(cx: PipelineContext, host: number, inside: number, protocol: number): boolean {
  const zone = trieLookup(cx.zones.trie, inside);
  if (host < 0 || zone < 0) return false;
  const z = zone * Zone.Words;
  const r = cx.hosts.rows;
  if (exceeds(r[host + Host.Sessions]!, forOutside(cx.zones.rows[z + Zone.HostSessions]!))) return true;
  return protocol === Protocol.Tcp && exceeds(r[host + Host.HalfOpen]!, forOutside(cx.zones.rows[z + Zone.HostHalfOpen]!));
}

/** How much of a limit the outside may use; 0 = no limit. */
function forOutside(limit: number): number {
  return limit - (limit >> 2);
}

/** Asks the home of `inside` for the session of a frame from outside; `ports` is its outward ports word. */
export function askHome(cx: PipelineContext, f: number, home: number, inside: number, remote: number, ports: number): Verdict {
  const l = cx.letter;
  l[Letter.Inside] = inside;
  l[Letter.Remote] = remote;
  l[Letter.Ports] = ports;
  l[Letter.Scope] = cx.scope | cx.memory.u8[cx.ip[f]! + Ipv4.Protocol]!;
  const flags = l[Letter.Flags]!;
  if (cx.hairpin) l[Letter.Flags] = flags | LetterFlag.Hairpin;
  const v = handTo(cx, f, home, LetterKind.Admit);
  // Of this frame alone: the letter of the next one from the device begins without.
  l[Letter.Flags] = flags;
  return v;
}

/** The home's answer to frame 0: its verdict here. */
export function admitPeer(cx: PipelineContext): Verdict {
  const l = cx.letter;
  const t = cx.sessions;
  const r = t.rows;
  const owner = l[Letter.From]!;
  const inside = l[Letter.Inside]!;
  const remote = l[Letter.Remote]!;
  const ports = l[Letter.Ports]!;
  const scope = l[Letter.Scope]!;
  const protocol = scope & 0xff;
  const known = findOutward(t, flowHash(t.key, inside, remote, ports, scope), inside, remote, ports, scope);
  if (known >= 0) {
    // Another frame of the same flow came before, or the host itself has just begun it; or it has this flow by another port.
    const isOwners = !isSession(r[known + Session.Meta]!) && poolIndexOf(r, known) === owner;
    return isOwners ? handTo(cx, 0, owner, LetterKind.Admitted) : Verdict.DropFiltered;
  }
  const host = hostTake(cx.hosts, inside, cx.router);
  if (host < 0) return declinedVerdict(Declined.HostsFull);
  if (!mayBegin(cx.hosts, host)) return declinedVerdict(Declined.RouterHosts);
  if (isAtLimit(cx, host, inside, protocol)) return declinedVerdict(Declined.HostLimit);
  const mapping = mappingOf(t, inside, ports & 0xffff, scope);
  const c = cx.choice;
  c[Choice.Host] = host;
  c[Choice.Zone] = mapping < 0 ? 0 : zoneOf(r[mapping + Session.Meta]!);
  // Of TCP only a SYN comes as far as this (openFromPeer).
  c[Choice.State] = protocol === Protocol.Tcp ? SessionState.Unanswered : SessionState.Open;
  c[Choice.Flags] = SessionFlag.Mapped;
  c[Choice.NewPort] = mapping < 0 ? 1 : 0;
  c[Choice.Mapping] = mapping;
  const row = openElsewhere(cx, owner, inside, remote, ports, protocol);
  if (row < 0) return declinedVerdict(row);
  const v = handTo(cx, 0, owner, LetterKind.Admitted);
  if (v !== Verdict.HandedOff) endElsewhere(cx, row);
  return v;
}
