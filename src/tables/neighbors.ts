import { Columns, columnOctets } from '../shared/columns.js';
import { flowHash, type HashKey } from './hash.js';

/**
 * Adjacencies: next hops and how a frame reaches them (D1, D3). A row is 16 int32 and holds the ready Ethernet header of
 * every frame that goes there, so that a changed MAC is one row rewritten and no session touched.
 *
 * States follow RFC 4861's words as ip-neighbour(8) uses them:
 *   Free        nobody's. Only adjacencyFor takes it.
 *   None        known to sessions, nothing sent yet. The first frame starts a resolution.
 *   Incomplete  ARP requests are out (broadcast), frames wait. -> Reachable on a reply, Failed after the last probe.
 *   Reachable   confirmed within the reachable time. -> Stale by age.
 *   Stale       usable; the next use starts a probe.
 *   Probe       usable; ARP requests are out (unicast). -> Reachable on a reply, Incomplete after the last probe.
 *   Failed      no answer; frames are refused for the failed time, then None.
 *   Nowhere     a SNAT service that no host has; frames are refused until the configuration says another thing.
 *   Permanent   from the configuration; never probed, never aged.
 *
 * One writer: the worker that owns neighbours (worker 0). In this file `row` is the index of a row's first word.
 */
export const enum NeighborState {
  Free = 0,
  None,
  Incomplete,
  Failed,
  Nowhere,
  /** From here on a frame may be sent. */
  Stale,
  Probe,
  Reachable,
  Permanent,
}

export const neighborStateNames: Readonly<Record<NeighborState, string>> = {
  [NeighborState.Free]: 'FREE',
  [NeighborState.None]: 'NONE',
  [NeighborState.Incomplete]: 'INCOMPLETE',
  [NeighborState.Failed]: 'FAILED',
  [NeighborState.Nowhere]: 'NOWHERE',
  [NeighborState.Stale]: 'STALE',
  [NeighborState.Probe]: 'PROBE',
  [NeighborState.Reachable]: 'REACHABLE',
  [NeighborState.Permanent]: 'PERMANENT',
};

export const enum Adjacency {
  State = 0,
  /** Router interface it is reached through. */
  Rif,
  /** IPv4 address, as loaded. */
  Address,
  /** Octets of the Ethernet header: 14, or 18 with a tag. */
  HeaderOctets,
  /** First two octets of the destination MAC (a u16 in the low half). */
  Header0,
  /** The rest of the header, four octets each. */
  Header1,
  Header2,
  Header3,
  Header4,
  Mtu,
  /** Tick of the last change of state, of the last confirmation, of the last use. */
  Changed,
  Confirmed,
  Used,
  /** ARP requests sent in this state. */
  Probes,
  /** Sessions that point here and made frames that wait: the row is not reused while there are any. */
  References,
  /** Next row + 1 in the same hash chain, or in the free list. */
  Next,
  Words = 16,
}

export const enum NeighborsHead {
  Free = 0,
  HighWater,
  Count,
  /** Row number the search for a row to give up looked at last. */
  Hand,
  Words = 16,
}

/** Rows looked at when the table is full: bounds the work of one frame. */
const CANDIDATES = 32;

export interface Neighbors {
  readonly rows: Int32Array;
  readonly head: Int32Array;
  /** First row + 1 of each chain of (rif, address). */
  readonly chains: Int32Array;
  readonly capacity: number;
  readonly key: HashKey;
}

function chainCount(capacity: number): number {
  let n = 64;
  while (n < capacity) n *= 2;
  return n;
}

export function neighborsOctets(capacity: number): number {
  return columnOctets(NeighborsHead.Words * 4, capacity * Adjacency.Words * 4, chainCount(capacity) * 4);
}

export function neighborsIn(buffer: SharedArrayBuffer, capacity: number, key: HashKey): Neighbors {
  const c = new Columns(buffer);
  return {
    head: c.i32(NeighborsHead.Words),
    rows: c.i32(capacity * Adjacency.Words),
    chains: c.i32(chainCount(capacity)),
    capacity,
    key,
  };
}

/** Row of the neighbour `address` on `rif`, or -1. */
export function neighborFind(t: Neighbors, rif: number, address: number): number {
  let link = t.chains[chainOf(t, rif, address)]!;
  while (link !== 0) {
    const row = link - 1;
    if (t.rows[row + Adjacency.Address] === address && t.rows[row + Adjacency.Rif] === rif) return row;
    link = t.rows[row + Adjacency.Next]!;
  }
  return -1;
}

/**
 * A new row in state None; -1 when there is no room. The caller made sure there is none yet. When the table is full a row
 * that nobody needs makes place, so that a scan of silent addresses does not lock honest next hops out (DOS-4).
 */
export function neighborInsert(t: Neighbors, rif: number, address: number, now: number): number {
  const row = takeRow(t, now);
  if (row < 0) return -1;
  t.rows.fill(0, row, row + Adjacency.Words);
  const chain = chainOf(t, rif, address);
  t.rows[row + Adjacency.Rif] = rif;
  t.rows[row + Adjacency.Address] = address;
  t.rows[row + Adjacency.Changed] = now;
  t.rows[row + Adjacency.Confirmed] = now;
  t.rows[row + Adjacency.Used] = now;
  t.rows[row + Adjacency.Next] = t.chains[chain]!;
  t.rows[row + Adjacency.State] = NeighborState.None;
  t.chains[chain] = row + 1;
  t.head[NeighborsHead.Count] = t.head[NeighborsHead.Count]! + 1;
  return row;
}

/** Room that what strangers say about themselves (ARP requests) may not fill: kept for next hops that frames go to. */
export function neighborsNearlyFull(t: Neighbors): boolean {
  return t.head[NeighborsHead.Count]! * 4 >= t.capacity * 3;
}

/** A free row, or the least needed of a few looked at in turn; -1 when each of those is in use. */
function takeRow(t: Neighbors, now: number): number {
  const free = t.head[NeighborsHead.Free]!;
  if (free !== 0) {
    t.head[NeighborsHead.Free] = t.rows[free - 1 + Adjacency.Next]!;
    return free - 1;
  }
  const high = t.head[NeighborsHead.HighWater]!;
  if (high < t.capacity) {
    t.head[NeighborsHead.HighWater] = high + 1;
    return high * Adjacency.Words;
  }
  let chosen = -1;
  let least = 0;
  for (let i = 0; i < CANDIDATES; i++) {
    const hand = (t.head[NeighborsHead.Hand]! + 1) % t.capacity;
    t.head[NeighborsHead.Hand] = hand;
    const row = hand * Adjacency.Words;
    const state = t.rows[row + Adjacency.State]!;
    if (state > NeighborState.Stale || state === NeighborState.Nowhere || t.rows[row + Adjacency.References] !== 0) continue;
    // Never answered before answered; among equals the one unused for longest.
    const unneeded =
      (state === NeighborState.Stale ? 1 : 0x4000_0000) + Math.min((now - t.rows[row + Adjacency.Used]!) >>> 0, 0x3fff_fff0);
    if (unneeded <= least) continue;
    least = unneeded;
    chosen = row;
  }
  if (chosen < 0) return -1;
  neighborRemove(t, chosen);
  t.head[NeighborsHead.Free] = t.rows[chosen + Adjacency.Next]!;
  return chosen;
}

/** Gives a row back. Nothing may point to it any more. */
export function neighborRemove(t: Neighbors, row: number): void {
  const chain = chainOf(t, t.rows[row + Adjacency.Rif]!, t.rows[row + Adjacency.Address]!);
  const next = t.rows[row + Adjacency.Next]!;
  if (t.chains[chain] === row + 1) {
    t.chains[chain] = next;
  } else {
    let at = t.chains[chain]! - 1;
    while (t.rows[at + Adjacency.Next] !== row + 1) at = t.rows[at + Adjacency.Next]! - 1;
    t.rows[at + Adjacency.Next] = next;
  }
  t.rows[row + Adjacency.State] = NeighborState.Free;
  t.rows[row + Adjacency.Next] = t.head[NeighborsHead.Free]!;
  t.head[NeighborsHead.Free] = row + 1;
  t.head[NeighborsHead.Count] = t.head[NeighborsHead.Count]! - 1;
}

/** Writes the Ethernet header (D1) for destination MAC octets at `mac[from]`, the rif's own MAC and its VLAN (0 = untagged). */
export function neighborWriteHeader(
  t: Neighbors,
  row: number,
  mac: Uint8Array,
  from: number,
  ownMac: Uint8Array,
  own: number,
  vlan: number,
): void {
  const r = t.rows;
  r[row + Adjacency.Header0] = mac[from]! | (mac[from + 1]! << 8);
  r[row + Adjacency.Header1] = mac[from + 2]! | (mac[from + 3]! << 8) | (mac[from + 4]! << 16) | (mac[from + 5]! << 24);
  r[row + Adjacency.Header2] = ownMac[own]! | (ownMac[own + 1]! << 8) | (ownMac[own + 2]! << 16) | (ownMac[own + 3]! << 24);
  const tail = ownMac[own + 4]! | (ownMac[own + 5]! << 8);
  if (vlan === 0) {
    r[row + Adjacency.HeaderOctets] = 14;
    r[row + Adjacency.Header3] = tail | 0x0008_0000;
    r[row + Adjacency.Header4] = 0;
  } else {
    r[row + Adjacency.HeaderOctets] = 18;
    r[row + Adjacency.Header3] = tail | 0x0081_0000;
    r[row + Adjacency.Header4] = (vlan >> 8) | ((vlan & 0xff) << 8) | 0x0008_0000;
  }
}

/** Destination MAC of a row, six octets into `out`. */
export function neighborMac(t: Neighbors, row: number, out: Uint8Array): void {
  const a = t.rows[row + Adjacency.Header0]!;
  const b = t.rows[row + Adjacency.Header1]!;
  out[0] = a;
  out[1] = a >> 8;
  out[2] = b;
  out[3] = b >> 8;
  out[4] = b >> 16;
  out[5] = b >> 24;
}

function chainOf(t: Neighbors, rif: number, address: number): number {
  return flowHash(t.key, address, rif, 0, 0) & (t.chains.length - 1);
}
