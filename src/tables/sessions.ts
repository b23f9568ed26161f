import { Columns, columnOctets } from '../shared/columns.js';
import { flowIndexSlots, mappingSlots } from './flowIndex.js';
import type { HashKey } from './hash.js';
import { MAX_ROUTERS } from './rifs.js';

/**
 * NAT sessions: the truth about every translated flow (D1, D2). A row is 16 int32 on a 64-octet boundary and holds both
 * tuples, the cached checksum deltas, state, timers and the two adjacencies. Two flow indices find it: `outward` by the
 * tuple an inside frame carries, `inward` by the tuple an answer carries. Two more find mappings (mappings.ts). 64 + 2 x 2 x 4 + 2 x 1.375 x 4 =
 * 91 octets per session when the capacity is a power of two (D39).
 *
 * One writer: the owning worker. Main reads rows for `show` without stopping it: a row whose generation is odd is being
 * written and is skipped; so it is when a replacement worker recovers the table (D10).
 *
 * In this file `row` is always the index of a row's first word (row number x 16).
 */
export const enum Session {
  /** Inside host, as loaded. */
  InsideAddress = 0,
  /** Remote endpoint, as loaded. */
  RemoteAddress,
  /** Ports word of an outward frame: inside port | remote port << 16, as loaded. ICMP: echo id | 0. */
  OutwardPorts,
  /** The zone's local address. */
  ExternalAddress,
  /** Ports word of an inward frame: remote port | external port << 16. ICMP: 0 | id << 16. */
  InwardPorts,
  /** protocol | SessionState << 8 | zone state index << 16 | SessionFlag bits. */
  Meta,
  /** Outward difference of addresses (16 bits) | of addresses and ports << 16. ICMP: of the id << 16. */
  Deltas,
  /** Adjacency row towards the remote, towards the inside host; -1 = not resolved. */
  OutwardAdjacency,
  InwardAdjacency,
  /** Tick (100 ms) of the last frame. */
  LastSeen,
  /** Wheel links. Next: row + 1, 0 = none. Previous: row + 1, or the first row of a slot: -1 - slot. */
  WheelNext,
  WheelPrevious,
  /** Low 16 bits: even: at rest, odd: being written; never 0 for a live row | number of its router << 16 (tables/routers.ts). */
  Generation,
  /** Router epoch the adjacencies were chosen under (D3), its low 16 bits | index of the external address among the port pools << 16. */
  EpochPool,
  /** Ring of the sessions of one endpoint-independent mapping (mappings.ts), as rows; or list of rows that may make room (roomLists.ts). */
  SiblingNext,
  SiblingPrevious,
  Words = 16,
}

/** Bits of Meta above the zone. */
export const enum SessionFlag {
  /** One of an endpoint-independent mapping: in its ring and index. */
  Mapped = 1 << 27,
  /** Filtering of its mapping: lets in the addresses it talked to, or anybody. */
  Adf = 1 << 28,
  Eif = 1 << 29,
  /** Shares its port with a session of another host (port overloading, MAP-3). */
  Overlapped = 1 << 30,
  /** By a static mapping: its port is of no pool. */
  Static = 1 << 26,
  /** UDP to a remote port 53 or 123, whose timer may be shorter (RFC 4787 REQ-5a). */
  ShortUdp = 1 << 31,
  /** Of an ELSEWHERE row: the session is half open, as the worker that has it said last. */
  HalfOpen = 1 << 30,
}

/** Zone state index of a Meta word. */
export function zoneOf(meta: number): number {
  return (meta >>> 16) & 0x3ff;
}

/** 1 for the Meta word of a session that shares its port with another host's, else 0. */
export function isOverlapped(meta: number): number {
  return (meta & SessionFlag.Overlapped) === 0 ? 0 : 1;
}

/** Router whose session it is: tenants may use the same addresses. */
export function routerOf(rows: Int32Array, row: number): number {
  return rows[row + Session.Generation]! >>> 16;
}

/**
 * What tells apart rows with equal addresses and ports: protocol | router << 8, called scope wherever rows are looked for, and what a
 * hash is made with in place of a protocol. Of the gateway's own rows it is the protocol.
 */
export function scopeOf(rows: Int32Array, row: number): number {
  return (rows[row + Session.Meta]! & 0xff) | ((rows[row + Session.Generation]! >>> 8) & 0xff_ff00);
}

/** Pool index of a row, 0xffff for a static mapping's. */
export function poolIndexOf(rows: Int32Array, row: number): number {
  return rows[row + Session.EpochPool]! >>> 16;
}

/**
 * States that are no sessions (the others are the pipeline's, tcpState.ts): the row says which worker has the session
 * (elsewhere.ts), or holds the port of one that is over (ZON-7).
 */
export const ELSEWHERE = 9;
export const HELD = 10;

/** True for the Meta word of a row that is a session. */
export function isSession(meta: number): boolean {
  return (meta & 0xff) !== 0 && ((meta >>> 8) & 0xff) < ELSEWHERE;
}

export const enum SessionsHead {
  /** First free row, as row + 1. */
  Free = 0,
  Count,
  /** Rows ever used: no row at or above this was written. */
  HighWater,
  /** Wheel: the tick processed last. */
  WheelTick,
  /** Rows that only say which worker has the session (SessionState.Elsewhere); they are in Count too. */
  Elsewhere,
  /** Rows that only hold a port (HELD); they are in Count too. */
  Held,
  /** Rises whenever an index lets go of a row: what was found before may be another flow's now. */
  Removals,
  /** Sessions of each router, by its number: what it has of the table (routerShares.ts). Neither ELSEWHERE nor HELD rows. */
  Routers = 16,
  Words = Routers + 1 + MAX_ROUTERS,
}

/** Slots of an index (sessionIndices.ts). */
export interface FlowIndex {
  readonly slots: Int32Array;
  readonly mask: number;
}

export interface Sessions {
  readonly rows: Int32Array;
  readonly head: Int32Array;
  readonly outward: FlowIndex;
  readonly inward: FlowIndex;
  /** The slots of both, outward ones first: one view for loops that see both directions. */
  readonly flows: Int32Array;
  /** Endpoint-independent mappings by inside and by external endpoint (mappings.ts). */
  readonly insides: Int32Array;
  readonly peers: Int32Array;
  /** First row + 1 of each wheel slot. */
  readonly wheel: Int32Array;
  /** Our own: what is known of the row that is taken out next (Ending in sessionIndices.ts). */
  readonly ending: Int32Array;
  readonly capacity: number;
  readonly key: HashKey;
}

/** Slots of the expiry wheel: 65,536 ticks of 100 ms, a little less than two hours; longer timers go round again. */
export const WHEEL_SLOTS = 65_536;

export function sessionsOctets(capacity: number): number {
  const slots = flowIndexSlots(capacity) * 4;
  const mappings = mappingSlots(capacity) * 4;
  return columnOctets(SessionsHead.Words * 4, capacity * Session.Words * 4, slots, slots, mappings, mappings, WHEEL_SLOTS * 4);
}

/** Views over a zeroed buffer or over one that a former worker left. */
export function sessionsIn(buffer: SharedArrayBuffer, capacity: number, key: HashKey): Sessions {
  const c = new Columns(buffer);
  const slots = flowIndexSlots(capacity);
  const head = c.i32(SessionsHead.Words);
  const rows = c.i32(capacity * Session.Words);
  const flows = c.i32(slots * 2);
  const outward = { slots: flows.subarray(0, slots), mask: slots - 1 };
  const inward = { slots: flows.subarray(slots), mask: slots - 1 };
  const insides = c.i32(mappingSlots(capacity));
  const peers = c.i32(mappingSlots(capacity));
  return {
    rows,
    head,
    outward,
    inward,
    flows,
    insides,
    peers,
    wheel: c.i32(WHEEL_SLOTS),
    ending: new Int32Array(5),
    capacity,
    key,
  };
}

/** A free row of `router` with an odd generation, or -1 when the table is full. The caller fills it and calls sessionPublish (sessionIndices.ts). */
export function sessionTake(t: Sessions, router: number): number {
  const head = t.head;
  const free = head[SessionsHead.Free]!;
  let row: number;
  if (free !== 0) {
    row = free - 1;
    head[SessionsHead.Free] = t.rows[row + Session.WheelNext]!;
  } else {
    const high = head[SessionsHead.HighWater]!;
    if (high >= t.capacity) return -1;
    row = high << 4;
    head[SessionsHead.HighWater] = high + 1;
  }
  // Fifteen bits here: what follows in the row's life must not reach the router.
  t.rows[row + Session.Generation] = (((t.rows[row + Session.Generation]! + 1) | 1) & 0x7fff) | (router << 16);
  head[SessionsHead.Count] = head[SessionsHead.Count]! + 1;
  countOfRouter(t, row, 1);
  return row;
}

/** A session more or less of the row's router, `by` 1 or -1. */
export function countOfRouter(t: Sessions, row: number, by: number): void {
  const at = SessionsHead.Routers + routerOf(t.rows, row);
  t.head[at] = t.head[at]! + by;
}

/** Puts a row that is in no index on the free list. Its protocol becomes 0: nobody takes it for a session. */
export function sessionFree(t: Sessions, row: number): void {
  t.rows[row + Session.Meta] = 0;
  t.rows[row + Session.WheelNext] = t.head[SessionsHead.Free]!;
  t.head[SessionsHead.Free] = row + 1;
}
