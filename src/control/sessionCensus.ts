import { setTimeout as pause } from 'node:timers/promises';
import { SessionState, sessionStateNames } from '../pipeline/tcpState.js';
import { isSession, Session, SessionFlag, type Sessions, SessionsHead } from '../tables/sessions.js';
import type { State } from '../tables/state.js';
import { standsForMapping } from './show/mappings.js';
import { type HostCount, HostTally } from './topHosts.js';

/** How many hosts are listed. */
const TOP = 10;
/** A census is not taken anew within this time, however often somebody asks. */
const FRESH_MS = 10_000;
/** The walk stops after so long and lets the process do its other work, here and for so long. */
const SLICE_MS = 2;
const PAUSE_MS = 5;
/** Rows between two looks at the clock: about 50 microseconds. */
const ROWS_PER_LOOK = 512;

/** Others are those of static mappings that have no ports. */
const protocols = ['tcp', 'udp', 'icmp', 'other'] as const;
type Protocol = (typeof protocols)[number];
/** Protocols that have mappings. */
const mapped = ['tcp', 'udp', 'icmp'] as const satisfies readonly Protocol[];

/** States a session can be in; ELSEWHERE and HELD are none. */
const STATES = 9;
/** Counts by protocol and state, then mappings by protocol. */
const MAPPINGS = protocols.length * STATES;
const SLOTS = MAPPINGS + mapped.length;

/** States a session of a protocol can be in. */
const statesOf: Readonly<Record<Protocol, readonly SessionState[]>> = {
  tcp: [
    SessionState.HalfOpen,
    SessionState.Unanswered,
    SessionState.Established,
    SessionState.FinOutward,
    SessionState.FinInward,
    SessionState.Closing,
    SessionState.Reset,
  ],
  udp: [SessionState.Unanswered, SessionState.Inbound, SessionState.Open],
  icmp: [SessionState.Open],
  other: [SessionState.Open],
};

export interface StateCount {
  readonly protocol: Protocol;
  /** "established" */
  readonly state: string;
  readonly count: number;
}

export interface TopHost extends HostCount {
  /** External ports of zones in use, and sessions made since the census before, of the same host. */
  readonly ports: number;
  readonly fresh: number;
}

/** What one walk over all sessions found. Sessions that began or ended meanwhile may be in it or not. */
export interface Census {
  /** Monotonic, when the walk began. */
  readonly atMs: number;
  /** Time since the census before, or since the start: sessions that began and ended within it are not counted as new. */
  readonly windowSeconds: number;
  readonly states: readonly StateCount[];
  /** Endpoint-independent mappings. */
  readonly mappings: readonly { readonly protocol: Protocol; readonly count: number }[];
  /** By ports in use: of a mapping's sessions one has the port. */
  readonly byPorts: readonly TopHost[];
  /** By sessions made within the window. */
  readonly byNew: readonly TopHost[];
  /** Counts may be too low by so much, for hosts beyond the 49,152 that are counted exactly. */
  readonly missedAtMost: number;
}

/**
 * Counts what no counter knows: sessions by state, and the hosts that have or make most of them (MET-1, MET-2). It walks over
 * the rows in slices, taking neither a lock nor the workers' time, and only when somebody asks. 2 octets per session and
 * 2.5 MiB, taken with the first walk.
 */
export class SessionCensus {
  #last: Census | undefined;
  #walk: Promise<Census> | undefined;
  /** Per worker and row: the generation counted last, without its parity. It rises by 2 with each session of the row. */
  #seen: Uint16Array[] | undefined;
  readonly #ports: HostTally;
  readonly #fresh: HostTally;
  readonly #startedMs: number;
  readonly #none: Census;

  constructor(
    private readonly states: readonly State[],
    private readonly nowMs: () => number = () => performance.now(),
    /** Lets the process do its other work. */
    private readonly rest: () => Promise<unknown> = () => pause(PAUSE_MS, undefined, { ref: false }),
  ) {
    const { key } = states[0]!.sessions;
    this.#ports = new HostTally(key);
    this.#fresh = new HostTally(key);
    this.#startedMs = nowMs();
    this.#none = this.#result(this.#startedMs, new Int32Array(SLOTS));
  }

  /** The census taken last; begins another when it is old. Nothing but zeros before the first is done. */
  latest(): Census {
    void this.current();
    return this.#last ?? this.#none;
  }

  /** A census that is not older than 10 s. */
  current(): Promise<Census> {
    if (this.#last !== undefined && this.nowMs() - this.#last.atMs < FRESH_MS) return Promise.resolve(this.#last);
    this.#walk ??= this.#take().finally(() => {
      this.#walk = undefined;
    });
    return this.#walk;
  }

  async #take(): Promise<Census> {
    // Whoever asks for the latest does not wait for the first slice either.
    await this.rest();
    const atMs = this.nowMs();
    this.#seen ??= this.states.map(({ sessions }) => new Uint16Array(sessions.capacity));
    this.#ports.clear();
    this.#fresh.clear();
    const counts = new Int32Array(SLOTS);
    let sliceMs = atMs;
    for (let worker = 0; worker < this.states.length; worker++) {
      const { sessions } = this.states[worker]!;
      const end = sessions.head[SessionsHead.HighWater]!;
      for (let row = 0; row < end; row += ROWS_PER_LOOK) {
        this.#count(sessions, this.#seen[worker]!, row, Math.min(end, row + ROWS_PER_LOOK), counts);
        if (this.nowMs() - sliceMs < SLICE_MS) continue;
        await this.rest();
        sliceMs = this.nowMs();
      }
    }
    this.#last = this.#result(atMs, counts);
    return this.#last;
  }

  /**
   * Counts rows `from` to `to`. The atomic loads of the generation on either side say that the row was live and the same
   * while it was read; one that is being written is left out.
   */
  #count(t: Sessions, seen: Uint16Array, from: number, to: number, counts: Int32Array): void {
    const { rows } = t;
    for (let i = from; i < to; i++) {
      const row = i * Session.Words;
      const generation = Atomics.load(rows, row + Session.Generation);
      if ((generation & 1) !== 0) continue;
      const meta = Atomics.load(rows, row + Session.Meta);
      const host = Atomics.load(rows, row + Session.InsideAddress);
      if (!isSession(meta) || Atomics.load(rows, row + Session.Generation) !== generation) continue;
      const protocol = protocolSlot(meta & 0xff);
      const router = generation >>> 16;
      counts[protocol * STATES + ((meta >>> 8) & 7)]!++;
      if ((meta & SessionFlag.Mapped) !== 0) {
        if (standsForMapping(t, row, meta)) {
          counts[MAPPINGS + protocol]!++;
          this.#ports.add(host, router);
        }
      } else if ((meta & SessionFlag.Static) === 0) this.#ports.add(host, router);
      const life = (generation >>> 1) & 0xffff;
      if (seen[i] === life) continue;
      seen[i] = life;
      this.#fresh.add(host, router);
    }
  }

  #result(atMs: number, counts: Int32Array): Census {
    const [ports, fresh] = [this.#ports, this.#fresh];
    const both = (one: HostCount) => ({
      ...one,
      ports: ports.countOf(one.host, one.router),
      fresh: fresh.countOf(one.host, one.router),
    });
    return {
      atMs,
      windowSeconds: (atMs - (this.#last?.atMs ?? this.#startedMs)) / 1000,
      states: protocols.flatMap((protocol, slot) =>
        statesOf[protocol].map((state) => ({
          protocol,
          state: sessionStateNames[state].toLowerCase(),
          count: counts[slot * STATES + state]!,
        })),
      ),
      mappings: mapped.map((protocol, slot) => ({ protocol, count: counts[MAPPINGS + slot]! })),
      byPorts: ports.top(TOP).map(both),
      byNew: fresh.top(TOP).map(both),
      missedAtMost: Math.max(ports.missedAtMost, fresh.missedAtMost),
    };
  }
}

/** Index among `protocols`. */
function protocolSlot(protocol: number): number {
  return protocol === 6 ? 0 : protocol === 17 ? 1 : protocol === 1 ? 2 : 3;
}
