import { Columns, columnOctets } from '../shared/columns.js';
import { ControlWord } from '../shared/control.js';
import { CounterRoom } from '../shared/counters.js';
import { routerOf, Session, zoneOf } from './sessions.js';

/**
 * NAT events for the record (LOG-1 to LOG-6): each worker writes records of 16 words into a ring of its own, main reads them
 * (control/events). One writer, one reader: a record is published by one Atomics.store of Written, its room is given back by
 * one of Read. A full ring loses the record and counts it; nobody waits (LOG-5). The ring outlives its worker.
 *
 * Refusals may come by the thousand per second, so they are no records: a row of counts per zone and reason, of which main
 * makes a record at most every 10 s (LOG-3).
 */
export const EVENT_RECORDS = 32_768;
const MASK = EVENT_RECORDS - 1;

/** natEvent numbers of RFC 8158 4.2 (IANA registry of IE 230). */
export const enum NatEvent {
  AddressesExhausted = 3,
  SessionCreate = 4,
  SessionDelete = 5,
  BindingCreate = 8,
  BindingDelete = 9,
  PortsExhausted = 12,
  QuotaExceeded = 13,
  BlockAllocate = 16,
  BlockRelease = 17,
  ThresholdReached = 18,
}

/** Each side writes to cache lines of its own. */
export const enum EventHead {
  /** Worker writes: records written, records lost because the ring was full; both count up and wrap. */
  Written = 0,
  Lost,
  /** Main writes: records read. */
  Read = 16,
  /** Main writes: EventOn bits, 0 = nobody wants events. */
  On = 32,
  Words = 48,
}

export const enum EventOn {
  Sessions = 1,
  /** Mappings (BIB entries) and blocks of ports. */
  Mappings = 2,
}

/** Words of a record. Addresses and ports as loaded. */
export const enum EventWord {
  /** natEvent | protocol << 8 | zone state index << 16. */
  Event = 0,
  /** The worker's monotonic milliseconds, wrapping. */
  Ms,
  Inside,
  External,
  /** Inside port | external port << 16. ICMP: identifiers. */
  Ports,
  Remote,
  /** Remote port; 0 for ICMP and for a mapping. */
  RemotePort,
  /** A block: its pool (portBlocks.ts) and its number in there. */
  Pool,
  Block,
  /** Of a session or mapping: number of its router. */
  Router,
  Words = 16,
}

/** Why a session was refused, as far as RFC 8158 has an event for it. */
export const enum Refusal {
  /** 3: the zone has no active address. */
  AddressesExhausted = 0,
  /** 12. */
  PortsExhausted,
  /** 13, quotas of RFC 8158 4.3: session entries, BIB entries, entries of one user, users, fragments. */
  Sessions,
  Bindings,
  PerHost,
  Hosts,
  Fragments,
  Count = 8,
}

/** Words of a zone's row for one Refusal. */
export const enum RefusalWord {
  /** How often, wrapping. */
  Count = 0,
  /** Of the last one: the inside host, the protocol. */
  Inside,
  Protocol,
  Words = 4,
}

/** In place of a zone's state index for what is refused before a zone is known. */
export const NO_ZONE: number = CounterRoom.Zones;

export interface EventRing {
  readonly head: Int32Array;
  readonly words: Int32Array;
  /** [zone state index][Refusal][RefusalWord]. */
  readonly refusals: Int32Array;
  /** The worker's control row: its clock stands there. */
  readonly control: Int32Array;
}

export function eventRingOctets(): number {
  return columnOctets(EventHead.Words * 4, EVENT_RECORDS * EventWord.Words * 4, refusalWords() * 4);
}

function refusalWords(): number {
  return (CounterRoom.Zones + 1) * Refusal.Count * RefusalWord.Words;
}

/** `control` is the row of the worker that writes (shared/control.ts). */
export function eventRingIn(buffer: SharedArrayBuffer, control: Int32Array): EventRing {
  const c = new Columns(buffer);
  return {
    head: c.i32(EventHead.Words),
    words: c.i32(EVENT_RECORDS * EventWord.Words),
    refusals: c.i32(refusalWords()),
    control,
  };
}

/** A session begins or ends: `row` is its first word in `rows`, filled. */
export function eventSession(ring: EventRing, event: NatEvent, rows: Int32Array, row: number): void {
  if ((ring.head[EventHead.On]! & EventOn.Sessions) === 0) return;
  const at = reserve(ring);
  if (at < 0) return;
  const w = ring.words;
  const meta = rows[row + Session.Meta]!;
  w[at + EventWord.Event] = event | ((meta & 0xff) << 8) | (zoneOf(meta) << 16);
  w[at + EventWord.Inside] = rows[row + Session.InsideAddress]!;
  w[at + EventWord.External] = rows[row + Session.ExternalAddress]!;
  w[at + EventWord.Ports] = (rows[row + Session.OutwardPorts]! & 0xffff) | (rows[row + Session.InwardPorts]! & 0xffff_0000);
  w[at + EventWord.Remote] = rows[row + Session.RemoteAddress]!;
  w[at + EventWord.RemotePort] = rows[row + Session.OutwardPorts]! >>> 16;
  w[at + EventWord.Router] = routerOf(rows, row);
  publish(ring);
}

/** An endpoint-independent mapping begins or ends. `ports` is inside port | external port << 16, all as loaded. */
export function eventBinding(
  ring: EventRing,
  event: NatEvent,
  protocol: number,
  zone: number,
  router: number,
  inside: number,
  external: number,
  ports: number,
): void {
  if ((ring.head[EventHead.On]! & EventOn.Mappings) === 0) return;
  const at = reserve(ring);
  if (at < 0) return;
  const w = ring.words;
  w[at + EventWord.Event] = event | (protocol << 8) | (zone << 16);
  w[at + EventWord.Inside] = inside;
  w[at + EventWord.External] = external;
  w[at + EventWord.Ports] = ports;
  w[at + EventWord.Remote] = 0;
  w[at + EventWord.RemotePort] = 0;
  w[at + EventWord.Router] = router;
  publish(ring);
}

/** The worker claimed a block of 64 ports, or is about to give it back. Undefined: port blocks without a worker. */
export function eventBlock(ring: EventRing | undefined, event: NatEvent, pool: number, block: number): void {
  if (ring === undefined || (ring.head[EventHead.On]! & EventOn.Mappings) === 0) return;
  const at = reserve(ring);
  if (at < 0) return;
  const w = ring.words;
  w[at + EventWord.Event] = event;
  w[at + EventWord.Pool] = pool;
  w[at + EventWord.Block] = block;
  publish(ring);
}

/** A session, a mapping or a fragment was refused. `zone` is a state index or NO_ZONE, `inside` as loaded. */
export function eventRefused(ring: EventRing, refusal: Refusal, zone: number, inside: number, protocol: number): void {
  if (ring.head[EventHead.On] === 0) return;
  const at = (zone * Refusal.Count + refusal) * RefusalWord.Words;
  const r = ring.refusals;
  r[at + RefusalWord.Inside] = inside;
  r[at + RefusalWord.Protocol] = protocol;
  r[at + RefusalWord.Count] = (r[at + RefusalWord.Count]! + 1) | 0;
}

/** First word of the next record, its time written; -1, and the loss counted, when the ring is full. */
function reserve(ring: EventRing): number {
  const { head } = ring;
  const written = head[EventHead.Written]!;
  if (((written - Atomics.load(head, EventHead.Read)) | 0) >= EVENT_RECORDS) {
    Atomics.store(head, EventHead.Lost, (head[EventHead.Lost]! + 1) | 0);
    return -1;
  }
  const at = (written & MASK) * EventWord.Words;
  ring.words[at + EventWord.Ms] = ring.control[ControlWord.ClockMs]!;
  return at;
}

function publish(ring: EventRing): void {
  Atomics.store(ring.head, EventHead.Written, (ring.head[EventHead.Written]! + 1) | 0);
}

/** Records that wait, for the reader; the oldest is number `head[Read]`. */
export function eventsWaiting(ring: EventRing): number {
  return (Atomics.load(ring.head, EventHead.Written) - ring.head[EventHead.Read]!) | 0;
}

/** First word of a record that waits, by its number. */
export function eventAt(number: number): number {
  return (number & MASK) * EventWord.Words;
}

/** Gives the room of the oldest `count` records back to the writer. */
export function eventsRelease(ring: EventRing, count: number): void {
  Atomics.store(ring.head, EventHead.Read, (ring.head[EventHead.Read]! + count) | 0);
}
