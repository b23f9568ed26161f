import { rewrite } from '../pipeline/applySession.js';
import { Kind, type PipelineContext } from '../pipeline/context.js';
import { handTo } from '../pipeline/handoff.js';
import { Verdict } from '../shared/verdict.js';
import { AddressKind, AddressRow, poolAddressOf } from '../tables/addresses.js';
import { Letter, LetterFlag, LetterKind } from '../tables/handoffRing.js';
import { flowHash } from '../tables/hash.js';
import { isTaken } from '../tables/ownership.js';
import { poolOf, swapPort } from '../tables/portBlocks.js';
import { trieLookup } from '../tables/prefixTrie.js';
import { findInward } from '../tables/sessionLookup.js';
import { isSession, Session } from '../tables/sessions.js';
import { staticOfExternal } from '../tables/statics.js';
import { moveFinished, negate, TTL_DELTA } from '../wire/checksum.js';
import { Ipv4, ipv4Destination, ipv4Source, Protocol } from '../wire/ipv4.js';
import { keepErrorAsItCame, keepFlowAsItCame } from './asItCame.js';
import { ownerOfInward, ownerOfQuoted } from './elsewhere.js';
import { isLaterFragment } from './fragment.js';
import { fromOutside } from './fromOutside.js';
import { forwardSession } from './resolveSession.js';
import { outwardSession } from './snat.js';
import { errorFromOutside, sessionOfErrorFromInside, translateError } from './translateError.js';
import { ttlOver } from './ttlOver.js';

/**
 * From inside to one of our own external addresses (HAI-1). The frame is translated outward like any other, so its source is the
 * sender's external endpoint. Then it is decided as if it had just come in from outside, so filtering holds (HAI-5) and the
 * answer comes from the endpoint that was addressed. It turns back once (HAI-4), and its TTL is taken once.
 */
export function hairpin(cx: PipelineContext, f: number): Verdict {
  if (cx.kind[f] === Kind.IcmpError) return errorTurnsBack(cx, f);
  if (isLaterFragment(cx, f)) return Verdict.DropFragment;
  const row = outwardSession(cx, f, -1);
  return row < 0 ? cx.refused : turnBack(cx, f, row);
}

/**
 * True when a frame to the router's own address is for a host inside, and not for the router: zones and static mappings may have the address as well
 * (HAI-1), and somebody has the port, or it is an error. `route` is the row of the address. Of another worker's ports this is a hint, as of a
 * moment ago; whoever has the block decides.
 */
export function isOfInside(cx: PipelineContext, f: number, route: number): boolean {
  const address = route < 0 ? -1 : poolAddressOf(cx.addresses.rows, route);
  if (address < 0 && cx.statics.count === 0) return false;
  if (cx.kind[f] === Kind.IcmpError) return true;
  const m = cx.memory;
  const ip = cx.ip[f]!;
  const protocol = m.u8[ip + Ipv4.Protocol]!;
  const wirePort = cx.kind[f] === Kind.Flow ? cx.ports[f]! >>> 16 : 0;
  if (cx.statics.count > 0 && staticOfExternal(cx.statics, ipv4Destination(m, ip), protocol, wirePort) >= 0) return true;
  if (address < 0 || cx.kind[f] !== Kind.Flow || protocol === Protocol.Icmp) return false;
  const p = cx.ports64;
  const pool = poolOf(p, protocol, address);
  const port = swapPort(wirePort);
  // Beyond the range the bits of a block that is held are set as well.
  return port >= p.range[pool * 2]! && port <= p.range[pool * 2 + 1]! && isTaken(p, pool, port);
}

/** The second half: a frame of a session whose remote is an external address of ours. */
export function turnBack(cx: PipelineContext, f: number, row: number): Verdict {
  if (cx.hairpin) return Verdict.DropHairpin;
  const m = cx.memory;
  const ip = cx.ip[f]!;
  const over = ttlOver(cx, f, 0);
  if (over !== Verdict.Continue) return over;
  keepFlowAsItCame(cx, f, row);
  rewrite(cx, f, row, true);
  m.u8[ip + Ipv4.Ttl] = m.u8[ip + Ipv4.Ttl]! + 1;
  const check = (ip + Ipv4.Checksum) >> 1;
  m.u16[check] = moveFinished(m.u16[check]!, negate(TTL_DELTA));
  const r = cx.sessions.rows;
  const protocol = m.u8[ip + Ipv4.Protocol]!;
  // From the row: a later fragment carries no ports.
  cx.ports[f] =
    protocol === Protocol.Icmp
      ? r[row + Session.InwardPorts]!
      : (r[row + Session.InwardPorts]! >>> 16) | (r[row + Session.OutwardPorts]! & ~0xffff);
  cx.letter[Letter.DatagramPorts] = cx.ports[f]!;
  cx.hash[f] = flowHash(cx.sessions.key, ipv4Source(m, ip), ipv4Destination(m, ip), cx.ports[f]!, cx.scope | protocol);
  const owner = ownerOfInward(cx, f, trieLookup(cx.addresses.trie, ipv4Destination(m, ip)));
  if (owner >= 0 && owner !== cx.worker) return handBack(cx, f, owner);
  cx.hairpin = true;
  const v = inward(cx, f);
  cx.hairpin = false;
  return v;
}

/**
 * An ICMP error from inside about a packet that came from one of our external addresses (HAI-2): outward by the session of the host
 * that got the packet, then inward by the one of the host that sent it. Its TTL is taken once, by whoever sends it on.
 */
function errorTurnsBack(cx: PipelineContext, f: number): Verdict {
  const row = sessionOfErrorFromInside(cx, f);
  if (row < 0) return cx.refused;
  if (cx.memory.u8[cx.ip[f]! + Ipv4.Ttl]! <= 1) return Verdict.DropTtlExceeded;
  keepErrorAsItCame(cx, f, row);
  translateError(cx, f, row, true);
  const route = trieLookup(cx.addresses.trie, ipv4Destination(cx.memory, cx.ip[f]!));
  const owner = ownerOfQuoted(cx, f, poolAddressOf(cx.addresses.rows, route));
  if (owner >= 0 && owner !== cx.worker) return handBack(cx, f, owner);
  cx.hairpin = true;
  const v = errorFromOutside(cx, f, poolAddressOf(cx.addresses.rows, route));
  cx.hairpin = false;
  return v;
}

/** The second half is another worker's. */
function handBack(cx: PipelineContext, f: number, owner: number): Verdict {
  cx.letter[Letter.Flags]! |= LetterFlag.Hairpin;
  const v = handTo(cx, f, owner, LetterKind.Frame);
  cx.letter[Letter.Flags]! &= ~LetterFlag.Hairpin;
  return v;
}

function inward(cx: PipelineContext, f: number): Verdict {
  const m = cx.memory;
  const ip = cx.ip[f]!;
  const destination = ipv4Destination(m, ip);
  const scope = cx.scope | m.u8[ip + Ipv4.Protocol]!;
  const row = findInward(cx.sessions, cx.hash[f]!, ipv4Source(m, ip), destination, cx.ports[f]!, scope);
  if (row < 0 || !isSession(cx.sessions.rows[row + Session.Meta]!))
    return fromOutside(cx, f, trieLookup(cx.addresses.trie, destination));
  return forwardSession(cx, f, row, false);
}

/**
 * True when a session's remote is one of our external addresses: it has no next hop, its frames turn back. The router's own address is one where a
 * zone has it: nobody but who turned back before has a session with it.
 */
export function turnsBack(cx: PipelineContext, row: number): boolean {
  const route = trieLookup(cx.addresses.trie, cx.sessions.rows[row + Session.RemoteAddress]!);
  const kind = route < 0 ? -1 : cx.addresses.rows[route * AddressRow.Words + AddressRow.Kind];
  return kind === AddressKind.Zone || kind === AddressKind.Local;
}
