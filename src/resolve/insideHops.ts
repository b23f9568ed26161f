import type { PipelineContext } from '../pipeline/context.js';
import { FibSelector } from '../tables/fib.js';
import { Adjacency, NeighborState } from '../tables/neighbors.js';

/**
 * Next hops towards inside hosts, for new sessions: where rules and routes look at nothing but the destination, all sessions of a host
 * have the same one, and asking the tables for each cost a tenth of opening a session. A worker's own; one row per slot, the newer
 * host replaces the older. Valid as long as the answers in wayCache.ts are, and while the neighbour's row is still that neighbour's.
 */
const enum Hop {
  /** Inside host, as loaded. */
  Host = 0,
  Adjacency,
  /** Address of the neighbour, which may be a router in front of the host. */
  Address,
  /** PipelineContext.wayEpoch << RIF_BITS | router interface. */
  EpochRif,
  Words,
}

/** Numbers of router interfaces are below CounterRoom.FirstDevice. */
const RIF_BITS = 13;

/** Of the rows in PipelineContext.insideHops. */
const ROWS_BITS = 12;

/** True where the way to a destination depends on nothing else. */
export function byDestination(cx: PipelineContext): boolean {
  return (cx.fib.used & ~FibSelector.To) === 0 && !cx.fib.perPacket;
}

/** Slots need no key: whoever makes hosts meet in one only has their sessions ask the tables. */
function slotOf(cx: PipelineContext, host: number): number {
  return (Math.imul(host ^ cx.scope, 0x9e37_79b1) >>> (32 - ROWS_BITS)) * Hop.Words;
}

/** Row of the neighbour that leads to the host, or -1: it has to be asked for. */
export function keptHop(cx: PipelineContext, host: number): number {
  const h = cx.insideHops;
  const at = slotOf(cx, host);
  if (h[at + Hop.Host] !== host) return -1;
  const n = cx.neighbors.rows;
  const adjacency = h[at + Hop.Adjacency]!;
  if (
    h[at + Hop.EpochRif] !== ((cx.wayEpoch << RIF_BITS) | n[adjacency + Adjacency.Rif]!) ||
    h[at + Hop.Address] !== n[adjacency + Adjacency.Address] ||
    n[adjacency + Adjacency.State] === NeighborState.Free
  )
    return -1;
  return adjacency;
}

/** Keeps the neighbour that the tables named, by a route with one way. */
export function keepHop(cx: PipelineContext, host: number, adjacency: number): void {
  const h = cx.insideHops;
  const n = cx.neighbors.rows;
  const at = slotOf(cx, host);
  h[at + Hop.Host] = host;
  h[at + Hop.Adjacency] = adjacency;
  h[at + Hop.Address] = n[adjacency + Adjacency.Address]!;
  h[at + Hop.EpochRif] = (cx.wayEpoch << RIF_BITS) | n[adjacency + Adjacency.Rif]!;
}
