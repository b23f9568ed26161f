import { flowHash, type HashKey } from './hash.js';

/**
 * Sources of fragments and what each has in the store, so that none takes more than its share (FRG-5). A row lives as long as
 * the source has a datagram in the table (datagrams.ts). Private to a worker and made once.
 *
 * In this file `row` is the index of a row's first word.
 */
export const enum Host {
  /** As loaded. */
  Source = 0,
  /** Next row of the same bucket, or of the free list, + 1. */
  Chain,
  /** Datagrams, and those of them that wait for their first fragment. */
  Records,
  Waiting,
  /** Chunks of held frames (heldFrames.ts). */
  Chunks,
  /** Its datagrams that hold nothing, oldest first: first and last row + 1. */
  First,
  Last,
  /** Its bucket | its router << 16. */
  Bucket,
  Words = 8,
}

/** Another use of the hash than datagrams make, as its protocol argument. */
const HOSTS = 0x103;

export interface Hosts {
  readonly rows: Int32Array;
  readonly buckets: Int32Array;
  /** First free row + 1; rows ever used. */
  readonly head: Int32Array;
}

/** Room for `count` sources, a power of two up to 65,536. */
export function hostsMake(count: number): Hosts {
  return { rows: new Int32Array(count * Host.Words), buckets: new Int32Array(count), head: new Int32Array(2) };
}

export function hostsClear(h: Hosts): void {
  h.buckets.fill(0);
  h.head.fill(0);
}

/** Row of a source, or -1. */
export function hostFind(h: Hosts, key: HashKey, source: number, router: number): number {
  const place = placeOf(h, key, source, router);
  let row = h.buckets[place & 0xffff]! - 1;
  while (row >= 0 && (h.rows[row + Host.Source] !== source || h.rows[row + Host.Bucket] !== place))
    row = h.rows[row + Host.Chain]! - 1;
  return row;
}

/** Row of a source, made if need be. There is one for every datagram, so there always is one. */
export function hostTake(h: Hosts, key: HashKey, source: number, router: number): number {
  const known = hostFind(h, key, source, router);
  if (known >= 0) return known;
  const free = h.head[0]!;
  let row = free - 1;
  if (free !== 0) h.head[0] = h.rows[row + Host.Chain]!;
  else {
    row = h.head[1]! * Host.Words;
    h.head[1] = h.head[1]! + 1;
  }
  const place = placeOf(h, key, source, router);
  const bucket = place & 0xffff;
  h.rows.fill(0, row, row + Host.Words);
  h.rows[row + Host.Source] = source;
  h.rows[row + Host.Bucket] = place;
  h.rows[row + Host.Chain] = h.buckets[bucket]!;
  h.buckets[bucket] = row + 1;
  return row;
}

/** Gives a row back whose last datagram is gone. */
export function hostUnused(h: Hosts, row: number): void {
  const bucket = h.rows[row + Host.Bucket]! & 0xffff;
  if (h.buckets[bucket] === row + 1) h.buckets[bucket] = h.rows[row + Host.Chain]!;
  else {
    let before = h.buckets[bucket]! - 1;
    while (h.rows[before + Host.Chain] !== row + 1) before = h.rows[before + Host.Chain]! - 1;
    h.rows[before + Host.Chain] = h.rows[row + Host.Chain]!;
  }
  h.rows[row + Host.Chain] = h.head[0]!;
  h.head[0] = row + 1;
}

/** How much of `most` one source may have. */
export function shareOf(most: number): number {
  return most >> 3 || 1;
}

/** Bucket of a router's source | the router << 16. */
function placeOf(h: Hosts, key: HashKey, source: number, router: number): number {
  return (flowHash(key, source, router, 0, HOSTS) & (h.buckets.length - 1)) | (router << 16);
}
