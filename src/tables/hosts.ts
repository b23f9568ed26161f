import { Columns, columnOctets } from '../shared/columns.js';
import { flowHash, type HashKey } from './hash.js';
import { MAX_ROUTERS } from './rifs.js';
import { mayTakeMore } from './routerShares.js';

/**
 * Inside hosts that have or had sessions: what limits them (LIM-1, LIM-2) and which local address they stay with (rr-host). A host
 * is known to its home alone (ownership.ts), which counts what it made for it here or asked another worker to make.
 *
 * A host without sessions keeps its row, so that its rate goes on being limited, until another host needs it: idle rows
 * wait in a list, the longest idle first. In this file `row` is the index of a row's first word.
 */
export const enum Host {
  /** As loaded. */
  Address = 0,
  /** Next row of the hash chain, as row + 1; 0 = none. */
  Next,
  Sessions,
  /** External ports in use, by PortSpace. */
  Ports,
  PortsUdp,
  PortsIcmp,
  /** TCP sessions that are not established yet. */
  HalfOpen,
  /** Token bucket of new sessions: thousandths of a session, and the tick it was filled last. */
  Tokens,
  TokenTick,
  /** Local address it stays with, as pool index + 1; 0 = none. */
  Sticky,
  /** Neighbours in the list of idle rows, as row + 1; 0 = none. */
  IdleNext,
  IdlePrevious,
  /** Router whose host it is (tables/routers.ts). */
  Router,
  Words = 16,
}

export const enum HostsHead {
  /** Rows ever used. */
  HighWater = 0,
  /** Hosts with sessions. */
  Active,
  IdleFirst,
  IdleLast,
  /** Hosts with sessions of each router, by its number (routerShares.ts). */
  Routers = 16,
  Words = Routers + 1 + MAX_ROUTERS,
}

export interface Hosts {
  readonly rows: Int32Array;
  readonly head: Int32Array;
  /** First row + 1 of each hash chain. */
  readonly chains: Int32Array;
  readonly capacity: number;
  readonly key: HashKey;
}

export function hostsOctets(capacity: number): number {
  return columnOctets(HostsHead.Words * 4, capacity * Host.Words * 4, chainsFor(capacity) * 4);
}

export function hostsIn(buffer: SharedArrayBuffer, capacity: number, key: HashKey): Hosts {
  const c = new Columns(buffer);
  const head = c.i32(HostsHead.Words);
  const rows = c.i32(capacity * Host.Words);
  return { head, rows, chains: c.i32(chainsFor(capacity)), capacity, key };
}

function chainsFor(capacity: number): number {
  let chains = 64;
  while (chains < capacity) chains *= 2;
  return chains;
}

/** Row of a router's host, or -1. */
export function hostFind(t: Hosts, address: number, router: number): number {
  let next = t.chains[chainOf(t, address, router)]!;
  while (next !== 0) {
    if (t.rows[next - 1 + Host.Address] === address && t.rows[next - 1 + Host.Router] === router) return next - 1;
    next = t.rows[next - 1 + Host.Next]!;
  }
  return -1;
}

/** Row of the host, made if need be; -1 when every row is a host's that has sessions. */
export function hostTake(t: Hosts, address: number, router: number): number {
  const found = hostFind(t, address, router);
  if (found >= 0) return found;
  const high = t.head[HostsHead.HighWater]!;
  let row: number;
  if (high < t.capacity) {
    row = high * Host.Words;
    t.head[HostsHead.HighWater] = high + 1;
  } else {
    const idle = t.head[HostsHead.IdleFirst]!;
    if (idle === 0) return -1;
    row = idle - 1;
    unlistIdle(t, row);
    unchain(t, row);
  }
  for (let w = 0; w < Host.Words; w++) t.rows[row + w] = 0;
  t.rows[row + Host.Address] = address;
  t.rows[row + Host.Router] = router;
  const chain = chainOf(t, address, router);
  t.rows[row + Host.Next] = t.chains[chain]!;
  t.chains[chain] = row + 1;
  listIdle(t, row);
  return row;
}

/** One session more or less, `by` 1 or -1. */
export function hostSessions(t: Hosts, row: number, by: number): void {
  const sessions = t.rows[row + Host.Sessions]! + by;
  t.rows[row + Host.Sessions] = sessions;
  if (by > 0 && sessions === 1) {
    unlistIdle(t, row);
    countActive(t, row, 1);
  } else if (by < 0 && sessions === 0) {
    t.rows[row + Host.Sticky] = 0;
    listIdle(t, row);
    countActive(t, row, -1);
  }
}

/** False when the host has no sessions yet and its router has its share of those that have: it is to begin none. */
export function mayBegin(t: Hosts, row: number): boolean {
  const router = t.rows[row + Host.Router]!;
  const taken = t.head[HostsHead.Routers + router]!;
  return t.rows[row + Host.Sessions] !== 0 || mayTakeMore(router, taken, t.capacity - t.head[HostsHead.Active]!);
}

function countActive(t: Hosts, row: number, by: number): void {
  const at = HostsHead.Routers + t.rows[row + Host.Router]!;
  t.head[at] = t.head[at]! + by;
  t.head[HostsHead.Active] = t.head[HostsHead.Active]! + by;
}

const TOKEN = 1000;
/** A bucket is full after so many ticks without a session, whatever its size. */
const LONGEST = 100_000;

/** Thousandths of a token in the bucket by now. */
function tokensAt(t: Hosts, row: number, now: number, perSecond: number, burst: number): number {
  const since = t.rows[row + Host.TokenTick]!;
  const passed = since === 0 ? LONGEST : Math.min(LONGEST, Math.max(0, (now - since) | 0));
  return Math.min(burst * TOKEN, t.rows[row + Host.Tokens]! + (passed * perSecond * TOKEN) / 10);
}

/** New sessions the host may open at once. Takes nothing. */
export function hostTokensLeft(t: Hosts, row: number, now: number, perSecond: number, burst: number): number {
  return Math.floor(tokensAt(t, row, now, perSecond, burst) / TOKEN);
}

/** Takes a token of the host's rate of new sessions; false when there is none. `now` in ticks of 100 ms. */
export function hostToken(t: Hosts, row: number, now: number, perSecond: number, burst: number): boolean {
  const r = t.rows;
  const tokens = tokensAt(t, row, now, perSecond, burst);
  // A tick of 0 means "never": the bucket is full then.
  r[row + Host.TokenTick] = now === 0 ? 1 : now;
  if (tokens < TOKEN) {
    r[row + Host.Tokens] = tokens | 0;
    return false;
  }
  r[row + Host.Tokens] = (tokens - TOKEN) | 0;
  return true;
}

/** Forgets all counts; every host is idle. Before sessions are counted anew (recover.ts). */
export function hostsForget(t: Hosts): void {
  t.chains.fill(0);
  t.head[HostsHead.Active] = 0;
  t.head.fill(0, HostsHead.Routers);
  t.head[HostsHead.IdleFirst] = 0;
  t.head[HostsHead.IdleLast] = 0;
  for (let i = 0; i < t.head[HostsHead.HighWater]!; i++) {
    const row = i * Host.Words;
    for (let w = Host.Next as number; w <= Host.HalfOpen; w++) t.rows[row + w] = 0;
    const chain = chainOf(t, t.rows[row + Host.Address]!, t.rows[row + Host.Router]!);
    t.rows[row + Host.Next] = t.chains[chain]!;
    t.chains[chain] = row + 1;
    listIdle(t, row);
  }
}

function chainOf(t: Hosts, address: number, router: number): number {
  return flowHash(t.key, address, 0, 0, router) & (t.chains.length - 1);
}

function unchain(t: Hosts, row: number): void {
  const chain = chainOf(t, t.rows[row + Host.Address]!, t.rows[row + Host.Router]!);
  if (t.chains[chain] === row + 1) {
    t.chains[chain] = t.rows[row + Host.Next]!;
    return;
  }
  let at = t.chains[chain]! - 1;
  while (t.rows[at + Host.Next] !== row + 1) at = t.rows[at + Host.Next]! - 1;
  t.rows[at + Host.Next] = t.rows[row + Host.Next]!;
}

function listIdle(t: Hosts, row: number): void {
  const last = t.head[HostsHead.IdleLast]!;
  t.rows[row + Host.IdleNext] = 0;
  t.rows[row + Host.IdlePrevious] = last;
  if (last === 0) t.head[HostsHead.IdleFirst] = row + 1;
  else t.rows[last - 1 + Host.IdleNext] = row + 1;
  t.head[HostsHead.IdleLast] = row + 1;
}

function unlistIdle(t: Hosts, row: number): void {
  const next = t.rows[row + Host.IdleNext]!;
  const previous = t.rows[row + Host.IdlePrevious]!;
  if (previous === 0) t.head[HostsHead.IdleFirst] = next;
  else t.rows[previous - 1 + Host.IdleNext] = next;
  if (next === 0) t.head[HostsHead.IdleLast] = previous;
  else t.rows[next - 1 + Host.IdlePrevious] = previous;
}
