import { EventHead, type EventRing, EventWord, eventAt, eventsRelease, eventsWaiting, NatEvent } from '../../tables/eventRing.js';
import { BLOCK_PORTS, type PortBlocks, PortSpace, swapPort } from '../../tables/portBlocks.js';
import type { State } from '../../tables/state.js';
import type { WireIpv4 } from '../../types/ipv4.js';
import type { EventRecord, GapRecord } from './record.js';

/** Names of what records hold numbers of, as they are when the records are read. */
export interface EventNames {
  readonly zones: ReadonlyMap<number, string>;
  /** Routers that have a SNAT service here. */
  readonly routers: ReadonlyMap<number, string>;
  /** By their index among the port pools. */
  readonly addresses: ReadonlyMap<number, WireIpv4>;
  /** Whether remotes are told (LOG-2). */
  readonly destinations: boolean;
}

const PROTOCOLS: Readonly<Record<number, number>> = { [PortSpace.Tcp]: 6, [PortSpace.Udp]: 17, [PortSpace.Icmp]: 1 };

/**
 * Reads the rings of all workers in the order of their times. The wall clock is only read here: a record's time is now less its
 * age by the monotonic clock, so a step of the wall clock disturbs no order within a reading (TIM-7).
 */
export class RingReader {
  readonly #rings: readonly EventRing[];
  readonly #ports: PortBlocks;
  readonly #lost: number[];
  #lastMs: number;

  constructor(
    states: readonly State[],
    /** The workers' clock, wrapping milliseconds. */
    private readonly nowMs: () => number,
    private readonly wallMs: () => number,
  ) {
    this.#rings = states.map(({ events }) => events);
    this.#ports = states[0]!.ports;
    this.#lost = this.#rings.map(({ head }) => Atomics.load(head, EventHead.Lost));
    this.#lastMs = wallMs();
  }

  /** Takes at most `most` records that are there, then tells what was lost since the last time. */
  read(names: EventNames, most: number, take: (record: EventRecord) => void): number {
    const now = this.nowMs();
    const wall = this.wallMs();
    const rings = this.#rings;
    const lost = rings.map(({ head }) => Atomics.load(head, EventHead.Lost));
    const left = rings.map(eventsWaiting);
    const read = rings.map(() => 0);
    let taken = 0;
    for (; taken < most; taken++) {
      const worker = oldest(rings, left, read, now);
      if (worker < 0) break;
      const { head, words } = rings[worker]!;
      const at = eventAt((head[EventHead.Read]! + read[worker]!) | 0);
      take(this.#record(words, at, worker, wall - Math.max(0, (now - words[at + EventWord.Ms]!) | 0), names));
      read[worker] = read[worker]! + 1;
      left[worker] = left[worker]! - 1;
    }
    rings.forEach((ring, worker) => {
      eventsRelease(ring, read[worker]!);
    });
    for (const gap of this.#gaps(lost, wall)) take(gap);
    this.#lastMs = wall;
    return taken;
  }

  *#gaps(lost: readonly number[], wall: number): Iterable<GapRecord> {
    for (let worker = 0; worker < lost.length; worker++) {
      const more = (lost[worker]! - this.#lost[worker]!) | 0;
      if (more <= 0) continue;
      this.#lost[worker] = lost[worker]!;
      yield { kind: 'gap', timeMs: wall, sinceMs: Math.min(wall, this.#lastMs), reason: 'ring-full', worker, lost: more };
    }
  }

  #record(w: Int32Array, at: number, worker: number, timeMs: number, names: EventNames): EventRecord {
    const word = w[at + EventWord.Event]!;
    const natEvent = (word & 0xff) as NatEvent;
    if (natEvent === NatEvent.BlockAllocate || natEvent === NatEvent.BlockRelease) {
      const pool = w[at + EventWord.Pool]!;
      const space = Math.floor(pool / this.#ports.addresses);
      const low = w[at + EventWord.Block]! * BLOCK_PORTS;
      return {
        kind: 'block',
        natEvent,
        timeMs,
        worker,
        protocol: PROTOCOLS[space]!,
        external: names.addresses.get(pool - space * this.#ports.addresses),
        firstPort: low,
        lastPort: low + BLOCK_PORTS - 1,
      };
    }
    const isSession = natEvent === NatEvent.SessionCreate || natEvent === NatEvent.SessionDelete;
    const ports = w[at + EventWord.Ports]!;
    const zoneId = word >>> 16;
    return {
      kind: 'mapping',
      natEvent,
      timeMs,
      worker,
      protocol: (word >>> 8) & 0xff,
      zoneId,
      zone: names.zones.get(zoneId),
      routerId: w[at + EventWord.Router]!,
      router: names.routers.get(w[at + EventWord.Router]!),
      inside: w[at + EventWord.Inside]! as WireIpv4,
      insidePort: swapPort(ports & 0xffff),
      external: w[at + EventWord.External]! as WireIpv4,
      externalPort: swapPort(ports >>> 16),
      remote: isSession && names.destinations ? (w[at + EventWord.Remote]! as WireIpv4) : undefined,
      remotePort: swapPort(w[at + EventWord.RemotePort]!),
    };
  }
}

/** The worker whose next record is the oldest, or -1. `now` is past all of them, but for what a worker wrote meanwhile. */
function oldest(rings: readonly EventRing[], left: readonly number[], read: readonly number[], now: number): number {
  let found = -1;
  let age = 0;
  for (let w = 0; w < rings.length; w++) {
    if (left[w]! <= 0) continue;
    const { head, words } = rings[w]!;
    const own = (now - words[eventAt((head[EventHead.Read]! + read[w]!) | 0) + EventWord.Ms]!) | 0;
    if (found >= 0 && own <= age) continue;
    found = w;
    age = own;
  }
  return found;
}
