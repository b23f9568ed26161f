import { CounterEvent, framesReceived } from '../../shared/counters.js';
import { Verdict } from '../../shared/verdict.js';
import { sessionsOfAll } from '../../tables/elsewhere.js';
import { RING_OCTETS, ringFill } from '../../tables/handoffRing.js';
import type { State } from '../../tables/state.js';

/** What one worker does, and what it passes on. Each counter has one writer (K11). */
export interface WorkerLoad {
  /** Frames its devices gave it. */
  readonly received: number;
  /** Frames it gave to other workers, and took from them. */
  readonly handedOver: number;
  readonly taken: number;
  /** Frames it had to drop because another worker's ring was full. */
  readonly handoffFull: number;
  /** Copies of ARP packets for which there was no room. */
  readonly arpCopiesLost: number;
  readonly sessions: number;
  /** Octets that wait in the fullest of the rings to it. */
  readonly ringOctets: number;
}

export function workerLoad({ counters, sessions, handoff }: State): WorkerLoad {
  const { verdicts, events } = counters;
  return {
    received: framesReceived(counters.rifs),
    handedOver: verdicts[Verdict.HandedOff]!,
    taken: events[CounterEvent.HandedIn]!,
    handoffFull: verdicts[Verdict.DropHandoffFull]!,
    arpCopiesLost: events[CounterEvent.ArpCopiesLost]!,
    sessions: Math.max(0, sessionsOfAll([sessions.head])),
    ringOctets: Math.max(0, ...handoff.inbound.map(ringFill)),
  };
}

/** Share of a ring, 0 to 1. */
export function ringShare(octets: number): number {
  return octets / RING_OCTETS;
}
