import { Columns, columnOctets } from '../shared/columns.js';
import { controlOctets, controlRow } from '../shared/control.js';
import { CounterRoom, type Counters, countersOctets, countersRow } from '../shared/counters.js';
import { type ClaimNotes, claimNotesIn, claimNotesOctets } from './claimNotes.js';
import { sessionsHeadIn } from './elsewhere.js';
import { type EventRing, eventRingIn, eventRingOctets } from './eventRing.js';
import { type Handoff, handoffIn, handoffOctets } from './handoffRing.js';
import type { HashKey } from './hash.js';
import { type Hosts, hostsIn, hostsOctets } from './hosts.js';
import { type Neighbors, neighborsIn, neighborsOctets } from './neighbors.js';
import { type PortBlocks, portBlocksIn, portBlocksOctets } from './portBlocks.js';
import { PROBE_ROWS, Probe, probesOctets } from './probes.js';
import { MAX_LPORTS } from './rifs.js';
import { type Sessions, sessionsIn, sessionsOctets } from './sessions.js';
import { BUCKET_WORDS } from './tokenBuckets.js';

/**
 * The memory that outlives a worker (D10): allocated by main, bounded, handed to every worker and to its replacement.
 */
export interface StateSizes {
  readonly workers: number;
  /** Of all workers together. Each has room for all of them: which worker's they will be is not known beforehand. */
  readonly sessions: number;
  /** Per worker: each resolves its own next hops. */
  readonly neighbors: number;
  /** Local addresses of all zones together, draining ones included. */
  readonly addresses: number;
  /** Per worker: inside hosts with sessions. */
  readonly hosts: number;
}

/** What crosses to a worker: buffers and sizes only. */
export interface StateBuffers {
  readonly sizes: StateSizes;
  readonly key: HashKey;
  readonly control: SharedArrayBuffer;
  readonly counters: SharedArrayBuffer;
  /** One per worker. */
  readonly sessions: readonly SharedArrayBuffer[];
  readonly neighbors: readonly SharedArrayBuffer[];
  readonly hosts: readonly SharedArrayBuffer[];
  readonly ports: SharedArrayBuffer;
  readonly cursors: SharedArrayBuffer;
  readonly icmpTokens: SharedArrayBuffer;
  readonly probes: SharedArrayBuffer;
  /** One per worker; memory that no session needs is never touched. */
  readonly acks: readonly SharedArrayBuffer[];
  readonly handoff: SharedArrayBuffer;
  /** One per worker. */
  readonly events: readonly SharedArrayBuffer[];
  readonly claims: readonly SharedArrayBuffer[];
  readonly arrivals: SharedArrayBuffer;
  readonly metadataTokens: SharedArrayBuffer;
}

/** One worker's view. */
export interface State {
  readonly control: Int32Array;
  readonly counters: Counters;
  readonly sessions: Sessions;
  readonly neighbors: Neighbors;
  readonly hosts: Hosts;
  readonly ports: PortBlocks;
  /** One rr cursor per zone state index; one atomic word each, shared by all workers (D4). */
  readonly cursors: Int32Array;
  /** Token buckets of the ICMP error limits, shared by all workers. */
  readonly icmpTokens: Int32Array;
  /** What is known of probed next hops: rows of Probe.Words, the same for all workers. */
  readonly probes: Int32Array;
  /** Last acknowledgement numbers of TCP sessions, two words a row (pipeline/acknowledgements.ts). */
  readonly acks: Int32Array;
  readonly handoff: Handoff;
  /** What happened, for the record; the port blocks have it too. */
  readonly events: EventRing;
  /** What ports say of themselves, for main (networks only). */
  readonly claims: ClaimNotes;
  /** [lport]: number of the migration to this host whose guest was heard here, for main; the same for all workers. */
  readonly arrivals: Int32Array;
  /** A token bucket for each lport: its new connections to the metadata address, shared by all workers. */
  readonly metadataTokens: Int32Array;
  /** SessionsHead of every worker, for the limit on all sessions together. */
  readonly sessionHeads: readonly Int32Array[];
}

export function allocateState(sizes: StateSizes, key: HashKey): StateBuffers {
  return {
    sizes,
    key,
    control: new SharedArrayBuffer(controlOctets(sizes.workers)),
    counters: new SharedArrayBuffer(countersOctets(sizes.workers)),
    sessions: Array.from({ length: sizes.workers }, () => new SharedArrayBuffer(sessionsOctets(sizes.sessions))),
    neighbors: Array.from({ length: sizes.workers }, () => new SharedArrayBuffer(neighborsOctets(sizes.neighbors))),
    hosts: Array.from({ length: sizes.workers }, () => new SharedArrayBuffer(hostsOctets(sizes.hosts))),
    ports: new SharedArrayBuffer(portBlocksOctets(sizes.addresses, sizes.workers)),
    cursors: new SharedArrayBuffer(columnOctets(CounterRoom.Zones * 4)),
    icmpTokens: new SharedArrayBuffer(columnOctets(BUCKET_WORDS * 4)),
    probes: new SharedArrayBuffer(columnOctets(probesOctets())),
    acks: Array.from({ length: sizes.workers }, () => new SharedArrayBuffer(columnOctets(sizes.sessions * 8))),
    handoff: new SharedArrayBuffer(handoffOctets(sizes.workers)),
    events: Array.from({ length: sizes.workers }, () => new SharedArrayBuffer(eventRingOctets())),
    claims: Array.from({ length: sizes.workers }, () => new SharedArrayBuffer(claimNotesOctets())),
    arrivals: new SharedArrayBuffer(columnOctets(MAX_LPORTS * 4)),
    metadataTokens: new SharedArrayBuffer(columnOctets(MAX_LPORTS * 8)),
  };
}

export function stateOf(b: StateBuffers, worker: number): State {
  const control = controlRow(b.control, worker);
  const events = eventRingIn(b.events[worker]!, control);
  return {
    control,
    counters: countersRow(b.counters, worker),
    sessions: sessionsIn(b.sessions[worker]!, b.sizes.sessions, b.key),
    neighbors: neighborsIn(b.neighbors[worker]!, b.sizes.neighbors, b.key),
    ports: portBlocksIn(b.ports, b.sizes.addresses, b.sizes.workers, events),
    hosts: hostsIn(b.hosts[worker]!, b.sizes.hosts, b.key),
    cursors: new Columns(b.cursors).i32(CounterRoom.Zones),
    icmpTokens: new Columns(b.icmpTokens).i32(BUCKET_WORDS),
    probes: new Columns(b.probes).i32(PROBE_ROWS * Probe.Words),
    acks: new Columns(b.acks[worker]!).i32(b.sizes.sessions * 2),
    handoff: handoffIn(b.handoff, b.sizes.workers, worker),
    events,
    claims: claimNotesIn(b.claims[worker]!),
    arrivals: new Columns(b.arrivals).i32(MAX_LPORTS),
    metadataTokens: new Columns(b.metadataTokens).i32(MAX_LPORTS * 2),
    sessionHeads: b.sessions.map((buffer) => sessionsHeadIn(buffer)),
  };
}
