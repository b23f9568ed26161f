import type { PipelineContext } from '../pipeline/context.js';
import { endElsewhere } from '../pipeline/expire.js';
import { handTo } from '../pipeline/handoff.js';
import { firstState } from '../pipeline/tcpState.js';
import { Verdict } from '../shared/verdict.js';
import { Letter, LetterFlag, LetterKind } from '../tables/handoffRing.js';
import { flowHash } from '../tables/hash.js';
import { mappingOf } from '../tables/mappings.js';
import { homeOf } from '../tables/ownership.js';
import { poolOf, portSpaceOf } from '../tables/portBlocks.js';
import { trieLookup } from '../tables/prefixTrie.js';
import { insideHash } from '../tables/sessionIndices.js';
import { isSession, poolIndexOf, Session, SessionFlag } from '../tables/sessions.js';
import { Zone } from '../tables/zones.js';
import { Ipv4, ipv4Destination, ipv4Source } from '../wire/ipv4.js';
import { Choice, Declined } from './choice.js';
import { mappingFlags, opened, useMapping } from './mapping.js';
import { openElsewhere } from './openElsewhere.js';
import { portBy, type Stage } from './portWalk.js';

/** Asking another worker to open a session with a port it holds, and being asked (D4). The stage stands above the LetterFlag bits. */
const STAGE_SHIFT = 8;
/** What a letter says of a fragment stays in it: the flag, and the datagram's new id in the upper half. */
const KEPT = LetterFlag.Fragment | ~0xffff;

/** Asks `owner` for a port of the address in `cx.choice`. Asked, TableFull or RouterSessions. */
export function askFor(cx: PipelineContext, f: number, owner: number, stage: Stage): number {
  const l = cx.letter;
  l[Letter.Pool] = cx.choice[Choice.Address]!;
  l[Letter.External] = cx.choice[Choice.External]!;
  l[Letter.Start] = cx.choice[Choice.Start]!;
  l[Letter.Step] = cx.choice[Choice.Step]!;
  const apart = (cx.choice[Choice.Flags]! & SessionFlag.Mapped) === 0 ? LetterFlag.Apart : 0;
  l[Letter.Flags] = (l[Letter.Flags]! & KEPT) | (stage << STAGE_SHIFT) | apart;
  return ask(cx, f, owner);
}

/** Asks the worker that has the mapping of the host's port, as `mapping`, an ELSEWHERE row, says. */
export function askToJoin(cx: PipelineContext, f: number, mapping: number): number {
  cx.choice[Choice.NewPort] = 0;
  cx.choice[Choice.Mapping] = mapping;
  cx.letter[Letter.Start] = -1;
  cx.letter[Letter.Flags] = (cx.letter[Letter.Flags]! & KEPT) | LetterFlag.Join;
  return ask(cx, f, poolIndexOf(cx.sessions.rows, mapping));
}

/** Remembers that `owner` has the session and sends it the frame. */
function ask(cx: PipelineContext, f: number, owner: number): number {
  const m = cx.memory;
  const ip = cx.ip[f]!;
  const protocol = m.u8[ip + Ipv4.Protocol]!;
  const l = cx.letter;
  l[Letter.Zone] = cx.choice[Choice.Zone]!;
  const row = openElsewhere(cx, owner, ipv4Source(m, ip), ipv4Destination(m, ip), cx.ports[f]!, protocol);
  if (row < 0) return row;
  l[Letter.Asked] = row;
  l[Letter.AskedGeneration] = cx.sessions.rows[row + Session.Generation]!;
  cx.asked = handTo(cx, f, owner, LetterKind.Create);
  l[Letter.Flags]! &= KEPT;
  if (cx.asked !== Verdict.HandedOff) endElsewhere(cx, row);
  return Declined.Asked;
}

/**
 * A home asks for a session with one of our ports. HandedOff when it is refused; Continue with the new row in `cx.opened` when
 * the frame is to be translated here.
 */
export function openAsked(cx: PipelineContext, f: number): Verdict {
  const m = cx.memory;
  const ip = cx.ip[f]!;
  const c = cx.choice;
  const inside = ipv4Source(m, ip);
  const remote = ipv4Destination(m, ip);
  const protocol = m.u8[ip + Ipv4.Protocol]!;
  c[Choice.Zone] = cx.letter[Letter.Zone]!;
  c[Choice.Host] = -1;
  c[Choice.NewPort] = 1;
  c[Choice.State] = firstState(m, ip);
  c[Choice.OutwardHash] = flowHash(cx.sessions.key, inside, remote, cx.ports[f]!, cx.scope | protocol);
  c[Choice.InsideHash] = insideHash(cx.sessions, inside, cx.ports[f]! & 0xffff, cx.scope | protocol);
  if (!offered(cx, inside, remote, cx.ports[f]!, protocol))
    return handTo(cx, f, homeOf(inside, cx.handoff.workers), LetterKind.Refused);
  c[Choice.Adjacency] = -1;
  cx.opened = opened(cx, inside, remote, cx.ports[f]!, protocol);
  return cx.opened < 0 ? handTo(cx, f, homeOf(inside, cx.handoff.workers), LetterKind.Refused) : Verdict.Continue;
}

/** Chooses what the letter asks for: a place in a mapping, or a port by a stage of the search. False: we have none. */
function offered(cx: PipelineContext, inside: number, remote: number, ports: number, protocol: number): boolean {
  const l = cx.letter;
  const c = cx.choice;
  if ((l[Letter.Flags]! & LetterFlag.Join) !== 0) {
    const mapping = mappingOf(cx.sessions, inside, ports & 0xffff, cx.scope | protocol);
    if (mapping < 0 || !isSession(cx.sessions.rows[mapping + Session.Meta]!)) return false;
    return useMapping(cx, mapping, remote, ports >>> 16);
  }
  const z = zoneOfLetter(cx, inside);
  if (z < 0) return false;
  c[Choice.Address] = l[Letter.Pool]!;
  c[Choice.External] = l[Letter.External]!;
  const modes = cx.zones.rows[z + Zone.Modes]! >>> (portSpaceOf(protocol) * 8);
  c[Choice.Flags] = (l[Letter.Flags]! & LetterFlag.Apart) !== 0 ? 0 : mappingFlags(modes);
  // A mapping that the host got from us in the meantime: this session has a port without.
  if (c[Choice.Flags] !== 0 && mappingOf(cx.sessions, inside, ports & 0xffff, cx.scope | protocol) >= 0) c[Choice.Flags] = 0;
  const stage = ((l[Letter.Flags]! >>> STAGE_SHIFT) & 0xff) as Stage;
  c[Choice.Port] = portBy(cx, stage, modes, poolOf(cx.ports64, protocol, c[Choice.Address]!), inside, remote, ports >>> 16);
  return c[Choice.Port]! >= 0;
}

/** First word of the zone the letter names, when it covers the host here as well and has the address; else -1. */
function zoneOfLetter(cx: PipelineContext, inside: number): number {
  const gateway = cx.zones.gatewayOf[cx.letter[Letter.Zone]!]!;
  const trie = gateway === 0 ? cx.zones.trie : cx.zones.ofGateways[gateway - 1];
  const zone = trie === undefined ? -1 : trieLookup(trie, inside);
  const z = zone * Zone.Words;
  if (zone >= 0 && zoneHas(cx, z)) return z;
  return -1;
}

/**
 * True when by our tables, too, the host's zone has the address that its home chose. A reload may be between the two: the
 * address may drain, its pool may be another's next.
 */
function zoneHas(cx: PipelineContext, z: number): boolean {
  const l = cx.letter;
  if (cx.zones.rows[z + Zone.State] !== l[Letter.Zone]) return false;
  const first = cx.zones.rows[z + Zone.First]!;
  for (let i = first; i < first + cx.zones.rows[z + Zone.Count]!; i++)
    if (cx.zones.addresses[i] === l[Letter.External] && cx.zones.pools[i] === l[Letter.Pool]) return true;
  return false;
}
