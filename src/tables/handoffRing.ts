import { Columns, columnOctets } from '../shared/columns.js';

/**
 * Rings between workers: one for each ordered pair, one writer and one reader each (D4). A record is a letter of 16 words and,
 * unless its length is 0, a frame with its virtio-net header behind it, laid out as in the arena (wire/memory.ts): the letter
 * stands where the arena has headroom. Positions are words that count up and wrap; each is stored by one side with Atomics
 * after the plain words it speaks for, so the other side, which loads it first, sees them.
 */
export const RING_OCTETS = 1 << 20;
const RING_WORDS = RING_OCTETS / 4;
const MASK = RING_WORDS - 1;

/** Words of a letter. */
export const enum Letter {
  /** Words of the record; 0 = the rest up to the ring's end is unused. */
  Size = 0,
  /** LetterKind. */
  Kind,
  /** Worker that wrote it. */
  From,
  /** How often the frame has changed hands. */
  Hops,
  /** Device the frame came in by, its VLAN tag column, its octets. */
  Iface,
  Tag,
  Length,
  /** Create, Refused: address index of the pool, the external address, the zone's state index. */
  Pool,
  External,
  Zone,
  /** Create, Refused: the cursor's value for this session, and the step of the walk over the zone's addresses; Start -1 = no walk yet. */
  Start,
  Step,
  /**
   * Frame, Create, Refused between a home and an owner: the home's row that asked, and its generation, so that an answer is not
   * taken for one to a later question.
   */
  Asked,
  AskedGeneration,
  /** Fragment: the ports word of its datagram, as the first fragment had it. */
  DatagramPorts,
  /** LetterFlag bits. */
  Flags,
  /** Arp of a network: the router interface that it speaks to, + 1. */
  Rif = 7,
  /** Letters without a frame, Admit, Admitted: the outward tuple, and its scope (scopeOf in sessions.ts). */
  Inside = 7,
  Remote,
  Ports,
  Scope,
  /** A frame in the second half of a hairpin: what the first half changed (resolve/asItCame.ts). */
  CameAddress = 11,
  CameWord,
  CameOther,
  Words = 16,
}

/** What a frame handed over is, beside its kind. */
export const enum LetterFlag {
  /** Translated outward already, towards a local address: to be decided as if it had come from outside (HAI-1). */
  Hairpin = 1,
  /** A later fragment whose ports stand in DatagramPorts. */
  Fragment = 2,
  /** Create: join the mapping of the inside address and port (eim). */
  Join = 4,
  /** Create, Refused: the session gets a port without a mapping. */
  Apart = 8,
  /** It has waited for a neighbour as long as a frame may: decided for the last time. */
  WaitedOut = 16,
}

export const enum LetterKind {
  /** None: the frame in hand came from a device. */
  None = 0,
  /** A frame that is yours: its host's home, or the owner of its external port. */
  Frame,
  /** A first frame: open its session with a port of the pool named. */
  Create,
  /** Back to the home: no session of mine, or no port left. */
  Refused,
  /** A copy of an ARP packet, to learn from; not a frame of its own. */
  Arp,
  /** The session you hand frames to me for is over; or lives on, so keep its row; or is half open now, or not any more. No frame. */
  Ended,
  Kept,
  HalfOpen,
  Settled,
  /** A frame from outside that would open a session of a mapping of mine, of a host whose home you are: may it? Back with yes. */
  Admit,
  Admitted,
}

const enum Position {
  Written = 0,
  /** On a cache line of its own. */
  Read = 16,
  Words = 32,
}

export interface Ring {
  readonly words: Int32Array;
  readonly position: Int32Array;
}

/** What one worker needs of the rings. */
export interface Handoff {
  readonly workers: number;
  /** By the other worker's number; the entry at the own number is a ring nobody uses. */
  readonly inbound: readonly Ring[];
  readonly outbound: readonly Ring[];
  /** [worker x SLEEP_STRIDE]: 1 while the worker sleeps or is about to. */
  readonly sleeping: Int32Array;
}

/** Words from one worker's `sleeping` to the next one's: a cache line. */
export const SLEEP_STRIDE = 16;

export function handoffOctets(workers: number): number {
  const pairs = workers * (workers - 1);
  const sizes = Array.from({ length: pairs * 2 }, (_, i) => (i % 2 === 0 ? Position.Words * 4 : RING_OCTETS));
  return columnOctets(workers * SLEEP_STRIDE * 4, ...sizes);
}

export function handoffIn(buffer: SharedArrayBuffer, workers: number, worker: number): Handoff {
  const c = new Columns(buffer);
  const sleeping = c.i32(workers * SLEEP_STRIDE);
  const unused: Ring = { position: new Int32Array(Position.Words), words: new Int32Array(Letter.Words) };
  const inbound: Ring[] = new Array(workers).fill(unused);
  const outbound: Ring[] = new Array(workers).fill(unused);
  for (let from = 0; from < workers; from++) {
    for (let to = 0; to < workers; to++) {
      if (from === to) continue;
      const ring: Ring = { position: c.i32(Position.Words), words: c.i32(RING_WORDS) };
      if (from === worker) outbound[to] = ring;
      if (to === worker) inbound[from] = ring;
    }
  }
  return { workers, inbound, outbound, sleeping };
}

/** Room for a record of `octets` (a multiple of 64): the index of its first word, or -1 when the ring is full. Nobody sees it before ringPublish. */
export function ringReserve(ring: Ring, octets: number): number {
  const need = octets >> 2;
  const written = ring.position[Position.Written]!;
  const free = RING_WORDS - ((written - Atomics.load(ring.position, Position.Read)) | 0);
  const at = written & MASK;
  const toEnd = RING_WORDS - at;
  if (need <= toEnd) {
    if (need > free) return -1;
    ring.words[at + Letter.Size] = need;
    return at;
  }
  if (need + toEnd > free) return -1;
  ring.words[at + Letter.Size] = 0;
  ring.words[Letter.Size] = need;
  return 0;
}

/** Shows the reader what ringReserve gave out as `at`. */
export function ringPublish(ring: Ring, at: number): void {
  const written = ring.position[Position.Written]!;
  const skipped = at === 0 ? (RING_WORDS - (written & MASK)) & MASK : 0;
  Atomics.store(ring.position, Position.Written, (written + skipped + ring.words[at + Letter.Size]!) | 0);
}

/** Index of the oldest record's first word, or -1 when there is none. */
export function ringFirst(ring: Ring): number {
  const read = ring.position[Position.Read]!;
  if (Atomics.load(ring.position, Position.Written) === read) return -1;
  const at = read & MASK;
  return ring.words[at + Letter.Size] === 0 ? 0 : at;
}

/** Gives the record at `at` back to the writer. */
export function ringRelease(ring: Ring, at: number): void {
  const read = ring.position[Position.Read]!;
  const skipped = at === 0 ? (RING_WORDS - (read & MASK)) & MASK : 0;
  Atomics.store(ring.position, Position.Read, (read + skipped + ring.words[at + Letter.Size]!) | 0);
}

/** Octets that wait in a ring, for whoever watches. */
export function ringFill(ring: Ring): number {
  return ((Atomics.load(ring.position, Position.Written) - Atomics.load(ring.position, Position.Read)) | 0) * 4;
}

/** True when a record waits for this worker. */
export function anyInbound(h: Handoff): boolean {
  for (let w = 0; w < h.workers; w++) if (ringFirst(h.inbound[w]!) >= 0) return true;
  return false;
}
