/**
 * Health probes of next hops: ICMP echo requests that worker 0 sends, and what became of them. What is to be probed stands in the
 * snapshot (ProbeSpec), what is known of it in shared memory (Probe), where it outlives reloads and workers.
 */

/** Next hops that can be probed; the check of the configuration refuses more. */
export const MOST_PROBES = 256;

/** A next hop that is new gets a row that nobody had in the configuration before: a worker may still go by that one. */
export const PROBE_ROWS: number = MOST_PROBES * 2;

/** Rows of 8 int32 in Snapshot.probes. */
export const enum ProbeSpec {
  /** Its row in the state, counted in Probe.Words. */
  Slot = 0,
  /** Generation of the configuration that brought it: a row of another id is one that was used before. Never 0. */
  Id,
  Rif,
  /** As loaded. */
  Gateway,
  /** Ticks between two requests. */
  Interval,
  Words = 8,
}

/** Rows of 16 int32 in the state. Worker 0 writes them, but for what is said to be another's. */
export const enum Probe {
  /** ProbeSpec.Id of whom the rest is about. */
  Id = 0,
  /** Identifier and sequence number of the request that is under way, as loaded; 0 = none. Drawn at random for each. */
  Token,
  /** Where that one came from. */
  Source,
  /** Milliseconds of the clock when it was sent. */
  SentMs,
  /** Tick of the next request. */
  Due,
  /** Requests in a row without an answer, and with one. */
  Lost,
  Answered,
  /** Of all time, unsigned. */
  Sent,
  Answers,
  /** Time the last answer took; -1 = there was none yet. */
  RttMs,
  /** Tick of the last answer. */
  LastAnswer,
  /** Token that was answered last, and when: whichever worker the answer comes to. */
  AnsweredToken,
  AnsweredMs,
  /** Main: Id, as long as the next hop counts as dead. */
  DeadId,
  Words = 16,
}

export function probesOctets(): number {
  return PROBE_ROWS * Probe.Words * 4;
}
