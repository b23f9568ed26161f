import { Host, type Hosts, hostFind, hostsClear, hostsMake, hostTake, hostUnused, shareOf } from './fragmentHosts.js';
import { flowHash, type HashKey } from './hash.js';
import { append, detach } from './rowLists.js';

/**
 * Datagrams that come in fragments (FRG-5, FRG-6): what the first fragment said, for those behind it, and which fragments wait
 * for it. Keyed by router, source, destination, id, protocol and the side it came from, all as received; hashed with the secret key.
 *
 * A row is in one of three lists, oldest first: Waiting for its first fragment, holding others; Ready, to let go what it holds;
 * Done, holding nothing. A Done row is in its host's list too. Only Done rows are replaced when there is no room: the host's own
 * oldest when the host has an eighth of all, else the oldest of all. No more than three quarters of the rows, and of each host's
 * share, are ever Waiting, so a first fragment always finds a row and fragments in order pass whatever is held.
 *
 * Private to a worker and made once. In this file `row` is the index of a row's first word.
 */
export const enum Datagram {
  Source = 0,
  Destination,
  /** id | protocol << 16 | inside << 24 (datagramKey). */
  Key,
  /** Ports word of the flow, as classify makes it. Valid when Known. */
  Ports,
  /** DatagramState | DatagramList << 8 | id it leaves with << 16. */
  State,
  /** Tick: Waiting: when the first of what it holds came. Done: when its last fragment came. */
  Since,
  /** Held frames by their first chunk + 1, in the order they came (heldFrames.ts), and how many. */
  FirstHeld,
  LastHeld,
  Held,
  /** Row of its source among the hosts (fragmentHosts.ts). */
  Host,
  /** Next row of the same bucket, or of the free list, + 1. */
  Chain,
  /** Its bucket | its router << 16. */
  Bucket,
  /** Neighbours in its list, and in its host's, as row + 1. */
  Next,
  Previous,
  HostNext,
  HostPrevious,
  Words = 16,
}

export const enum DatagramState {
  /** Its first fragment has not come. */
  Unknown = 0,
  /** Its first fragment came: Ports is the flow's. */
  Known,
  /** Its first fragment came and belongs to no flow. */
  Refused,
  /** A fragment of it was one that no sender makes (FRG-4): none passes any more. */
  Poisoned,
}

export const enum DatagramList {
  Waiting = 0,
  Ready,
  Done,
  Count,
}

/** Rows at most, for each worker. */
export const DATAGRAMS = 4096;
const BUCKETS = DATAGRAMS * 2;

const enum Head {
  /** First and last row + 1 of each list. */
  Lists = 0,
  Free = 8,
  /** Rows ever used. */
  HighWater,
  Count,
  Waiting,
  Words = 16,
}

export interface Datagrams {
  readonly rows: Int32Array;
  readonly buckets: Int32Array;
  readonly head: Int32Array;
  readonly hosts: Hosts;
}

export function datagramsMake(): Datagrams {
  return {
    rows: new Int32Array(DATAGRAMS * Datagram.Words),
    buckets: new Int32Array(BUCKETS),
    head: new Int32Array(Head.Words),
    hosts: hostsMake(DATAGRAMS),
  };
}

export function datagramsClear(d: Datagrams): void {
  d.buckets.fill(0);
  d.head.fill(0);
  hostsClear(d.hosts);
}

export function datagramsCount(d: Datagrams): number {
  return d.head[Head.Count]!;
}

export function datagramKey(id: number, protocol: number, inside: boolean): number {
  return id | (protocol << 16) | (inside ? 1 << 24 : 0);
}

/** Row, or -1. */
export function datagramFind(d: Datagrams, key: HashKey, router: number, source: number, target: number, word: number): number {
  const place = placeOf(key, router, source, target, word);
  let row = d.buckets[place & 0xffff]! - 1;
  while (row >= 0) {
    const r = d.rows;
    const same = r[row + Datagram.Key] === word && r[row + Datagram.Source] === source && r[row + Datagram.Bucket] === place;
    if (same && r[row + Datagram.Destination] === target) return row;
    row = r[row + Datagram.Chain]! - 1;
  }
  return -1;
}

/**
 * A new row, Unknown and Done, or -1 when every row holds fragments. `most` = rows there may be; a host that has an eighth of
 * them gives up its oldest.
 */
export function datagramTake(
  d: Datagrams,
  key: HashKey,
  router: number,
  source: number,
  destination: number,
  word: number,
  most: number,
  now: number,
): number {
  const r = d.rows;
  const known = hostFind(d.hosts, key, source, router);
  if (known >= 0 && d.hosts.rows[known + Host.Records]! >= shareOf(most) && d.hosts.rows[known + Host.First] !== 0)
    datagramRemove(d, d.hosts.rows[known + Host.First]! - 1);
  else if (d.head[Head.Count]! >= most) {
    const oldest = datagramOldest(d, DatagramList.Done);
    if (oldest < 0) return -1;
    datagramRemove(d, oldest);
  }
  const row = takeRow(d);
  const host = hostTake(d.hosts, key, source, router);
  d.hosts.rows[host + Host.Records] = d.hosts.rows[host + Host.Records]! + 1;
  const place = placeOf(key, router, source, destination, word);
  const bucket = place & 0xffff;
  r[row + Datagram.Source] = source;
  r[row + Datagram.Destination] = destination;
  r[row + Datagram.Key] = word;
  r[row + Datagram.State] = DatagramState.Unknown | (DatagramList.Done << 8);
  r[row + Datagram.FirstHeld] = 0;
  r[row + Datagram.LastHeld] = 0;
  r[row + Datagram.Held] = 0;
  r[row + Datagram.Host] = host;
  r[row + Datagram.Bucket] = place;
  r[row + Datagram.Chain] = d.buckets[bucket]!;
  d.buckets[bucket] = row + 1;
  link(d, row, DatagramList.Done, now);
  return row;
}

/** Takes a row that holds nothing out of everything. */
export function datagramRemove(d: Datagrams, row: number): void {
  const r = d.rows;
  unlink(d, row);
  const bucket = r[row + Datagram.Bucket]! & 0xffff;
  if (d.buckets[bucket] === row + 1) d.buckets[bucket] = r[row + Datagram.Chain]!;
  else {
    let before = d.buckets[bucket]! - 1;
    while (r[before + Datagram.Chain] !== row + 1) before = r[before + Datagram.Chain]! - 1;
    r[before + Datagram.Chain] = r[row + Datagram.Chain]!;
  }
  const host = r[row + Datagram.Host]!;
  d.hosts.rows[host + Host.Records] = d.hosts.rows[host + Host.Records]! - 1;
  if (d.hosts.rows[host + Host.Records] === 0) hostUnused(d.hosts, host);
  r[row + Datagram.Chain] = d.head[Head.Free]!;
  d.head[Head.Free] = row + 1;
  d.head[Head.Count] = d.head[Head.Count]! - 1;
}

/** Puts a row at the end of a list, `now` being what Since says from then on. */
export function datagramMove(d: Datagrams, row: number, list: DatagramList, now: number): void {
  unlink(d, row);
  d.rows[row + Datagram.State] = (d.rows[row + Datagram.State]! & ~0xff00) | (list << 8);
  link(d, row, list, now);
}

/** The row that has been in a list longest, or -1. */
export function datagramOldest(d: Datagrams, list: DatagramList): number {
  return d.head[Head.Lists + list * 2]! - 1;
}

export function datagramList(d: Datagrams, row: number): DatagramList {
  return (d.rows[row + Datagram.State]! >>> 8) & 0xff;
}

export function datagramState(d: Datagrams, row: number): DatagramState {
  return d.rows[row + Datagram.State]! & 0xff;
}

/** True when another datagram of this source may wait for its first fragment. */
export function datagramMayWait(d: Datagrams, key: HashKey, router: number, source: number, most: number): boolean {
  if (d.head[Head.Waiting]! >= most - (most >> 2)) return false;
  const host = hostFind(d.hosts, key, source, router);
  const share = shareOf(most);
  return host < 0 || d.hosts.rows[host + Host.Waiting]! < share - (share >> 2);
}

/** Bucket of a router's datagram | the router << 16. */
function placeOf(key: HashKey, router: number, source: number, destination: number, word: number): number {
  return (flowHash(key, source, destination, word, router) & (BUCKETS - 1)) | (router << 16);
}

function takeRow(d: Datagrams): number {
  d.head[Head.Count] = d.head[Head.Count]! + 1;
  const free = d.head[Head.Free]!;
  if (free !== 0) {
    d.head[Head.Free] = d.rows[free - 1 + Datagram.Chain]!;
    return free - 1;
  }
  const row = d.head[Head.HighWater]! * Datagram.Words;
  d.head[Head.HighWater] = d.head[Head.HighWater]! + 1;
  return row;
}

function link(d: Datagrams, row: number, list: DatagramList, now: number): void {
  const r = d.rows;
  r[row + Datagram.Since] = now;
  append(r, d.head, Head.Lists + list * 2, row, Datagram.Next);
  const host = r[row + Datagram.Host]!;
  if (list === DatagramList.Done) append(r, d.hosts.rows, host + Host.First, row, Datagram.HostNext);
  if (list === DatagramList.Waiting) countWaiting(d, host, 1);
}

function unlink(d: Datagrams, row: number): void {
  const r = d.rows;
  const list = datagramList(d, row);
  const host = r[row + Datagram.Host]!;
  detach(r, d.head, Head.Lists + list * 2, row, Datagram.Next);
  if (list === DatagramList.Done) detach(r, d.hosts.rows, host + Host.First, row, Datagram.HostNext);
  if (list === DatagramList.Waiting) countWaiting(d, host, -1);
}

function countWaiting(d: Datagrams, host: number, step: number): void {
  d.head[Head.Waiting] = d.head[Head.Waiting]! + step;
  d.hosts.rows[host + Host.Waiting] = d.hosts.rows[host + Host.Waiting]! + step;
}
