import { Probe } from '../tables/probes.js';
import type { BuiltProbe } from './buildProbes.js';

/** What main makes of the counts that worker 0 keeps of a probed next hop. A next hop counts as alive until it is found dead. */

/** True as long as routes pass it over. */
export function isDead(rows: Int32Array, { slot, id }: Pick<BuiltProbe, 'slot' | 'id'>): boolean {
  return rows[slot * Probe.Words + Probe.DeadId] === id;
}

/** Looks at the counts; true when it has just died or come back. */
export function judge(rows: Int32Array, probe: BuiltProbe): boolean {
  const row = probe.slot * Probe.Words;
  // Worker 0 has not begun, and what stands there is another's.
  if (Atomics.load(rows, row + Probe.Id) !== probe.id) return false;
  const dead = isDead(rows, probe);
  const { fails, recovers } = probe.config;
  const changes = dead ? Atomics.load(rows, row + Probe.Answered) >= recovers : Atomics.load(rows, row + Probe.Lost) >= fails;
  if (changes) rows[row + Probe.DeadId] = dead ? 0 : probe.id;
  return changes;
}

/** What is known of it. */
export interface ProbeFacts {
  readonly dead: boolean;
  /** Requests in a row without an answer. */
  readonly lost: number;
  /** Of all time. */
  readonly sent: number;
  readonly answers: number;
  /** Undefined: it has never answered. */
  readonly rttMs: number | undefined;
  /** Ticks since it answered last; undefined likewise. */
  readonly sinceAnswer: number | undefined;
}

/** `now`: tick of worker 0. */
export function probeFacts(rows: Int32Array, { slot, id }: BuiltProbe, now: number): ProbeFacts {
  const row = slot * Probe.Words;
  const mine = Atomics.load(rows, row + Probe.Id) === id;
  const word = (which: Probe): number => (mine ? rows[row + which]! >>> 0 : 0);
  const answers = word(Probe.Answers);
  return {
    dead: isDead(rows, { slot, id }),
    lost: word(Probe.Lost),
    sent: word(Probe.Sent),
    answers,
    rttMs: answers === 0 ? undefined : word(Probe.RttMs),
    sinceAnswer: answers === 0 ? undefined : Math.max(0, (now - rows[row + Probe.LastAnswer]!) | 0),
  };
}
