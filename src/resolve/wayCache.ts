import { type PipelineContext, WAY_CACHE_BITS } from '../pipeline/context.js';
import { FibError, FibKey, FibResult, FibSelector } from '../tables/fib.js';
import { flowHash } from '../tables/hash.js';

/**
 * Answers of the routing tables, so that packets without a session (routed ones, the router's own) cost the same whatever the
 * number of rules and routes. One row per slot, the newer answer replaces the older; a worker's own. What no rule and no route
 * looks at (Fib.used) is left out of the question, so that all packets to a host share a row where the destination alone decides.
 * Where no rule looks at anything, and the tables looked at no more than 16 bits of the destination, the answer is that of all
 * addresses with these bits. It has a WIDE row, so that a default route is asked for once and not for every host of the world.
 */
export const enum CachedWay {
  /** PipelineContext.wayEpoch when the answer was given. */
  Epoch = 0,
  Source,
  Destination,
  /** Router interface + 2 << 16 | tos << 8 | protocol, NO_PORTS; and ports, source << 16 | destination: of both only what is looked at. */
  Packet,
  Ports,
  Found,
  Rule,
  Nexthop,
  NatAddress,
  NatMask,
  Words = 16,
}

/** A later fragment, or a protocol without ports. */
const NO_PORTS = 1 << 30;
/** In Packet: the row answers for all destinations with the same first 16 bits. */
const WIDE = 1 << 31;
const WIDE_BITS = 16;
/** Of a destination as loaded. */
const WIDE_MASK = 0xffff;

/** The answer to `cx.key`, with the rest of it in `cx.way`; FibError.NotCached: it has to be asked for. Leaves its row for keepWay. */
export function cachedWay(cx: PipelineContext): number {
  const k = cx.key;
  const used = cx.fib.used;
  if (used === 0) {
    const wide = wideRow(cx, k[FibKey.Destination]!);
    if (isWide(cx, wide, k[FibKey.Destination]!)) return answer(cx, wide);
  }
  let packet = 0;
  if ((used & FibSelector.Iif) !== 0) packet = (k[FibKey.Iif]! + 2) << 16;
  if ((used & (FibSelector.Tos | FibSelector.Dscp)) !== 0) packet |= k[FibKey.Tos]! << 8;
  if ((used & FibSelector.Protocol) !== 0) packet |= k[FibKey.Protocol]!;
  let ports = 0;
  if ((used & (FibSelector.Sport | FibSelector.Dport)) !== 0) {
    if (k[FibKey.SourcePort]! < 0) packet |= NO_PORTS;
    else ports = (k[FibKey.SourcePort]! << 16) | k[FibKey.DestinationPort]!;
  }
  const source = (used & FibSelector.From) === 0 ? 0 : k[FibKey.Source]!;
  const destination = k[FibKey.Destination]!;
  const at =
    (flowHash(cx.sessions.key, source, destination, ports, packet ^ cx.scope) & ((1 << WAY_CACHE_BITS) - 1)) * CachedWay.Words;
  const c = cx.wayCache;
  cx.wayRow = at;
  if (
    c[at + CachedWay.Epoch] === cx.wayEpoch &&
    c[at + CachedWay.Source] === source &&
    c[at + CachedWay.Destination] === destination &&
    c[at + CachedWay.Packet] === packet &&
    c[at + CachedWay.Ports] === ports
  )
    return answer(cx, at);
  c[at + CachedWay.Source] = source;
  c[at + CachedWay.Destination] = destination;
  c[at + CachedWay.Packet] = packet;
  c[at + CachedWay.Ports] = ports;
  return FibError.NotCached;
}

function isWide(cx: PipelineContext, at: number, destination: number): boolean {
  const c = cx.wayCache;
  if (c[at + CachedWay.Epoch] !== cx.wayEpoch || c[at + CachedWay.Packet] !== WIDE) return false;
  return c[at + CachedWay.Destination] === (destination & WIDE_MASK);
}

/** No key is needed: whoever makes destinations meet in one row only has the tables asked. */
function wideRow(cx: PipelineContext, destination: number): number {
  return (Math.imul((destination & WIDE_MASK) ^ (cx.scope << 8), 0x9e37_79b1) >>> (32 - WAY_CACHE_BITS)) * CachedWay.Words;
}

/** Puts the rest of an answer that is kept into `cx.way`. */
function answer(cx: PipelineContext, at: number): number {
  const c = cx.wayCache;
  cx.way[FibResult.Rule] = c[at + CachedWay.Rule]!;
  cx.way[FibResult.Nexthop] = c[at + CachedWay.Nexthop]!;
  cx.way[FibResult.NatAddress] = c[at + CachedWay.NatAddress]!;
  cx.way[FibResult.NatMask] = c[at + CachedWay.NatMask]!;
  return c[at + CachedWay.Found]!;
}

/** Keeps the answer to the question that cachedWay asked last. */
export function keepWay(cx: PipelineContext, found: number): void {
  const c = cx.wayCache;
  let at = cx.wayRow;
  if (cx.fib.used === 0 && cx.way[FibResult.Bits]! <= WIDE_BITS) {
    // Its key is the question's by now, its answer is not.
    c[at + CachedWay.Epoch] = 0;
    at = wideRow(cx, cx.key[FibKey.Destination]!);
    c[at + CachedWay.Destination] = cx.key[FibKey.Destination]! & WIDE_MASK;
    c[at + CachedWay.Packet] = WIDE;
  }
  c[at + CachedWay.Epoch] = cx.wayEpoch;
  c[at + CachedWay.Found] = found;
  c[at + CachedWay.Rule] = cx.way[FibResult.Rule]!;
  c[at + CachedWay.Nexthop] = cx.way[FibResult.Nexthop]!;
  c[at + CachedWay.NatAddress] = cx.way[FibResult.NatAddress]!;
  c[at + CachedWay.NatMask] = cx.way[FibResult.NatMask]!;
}
