/** What became of the configuration file since the start; metrics and `show` read it. Times are milliseconds of the wall clock. */
export interface ReloadStatus {
  /** When the file was last taken over or refused; the start counts. */
  readonly lastAtMs: number;
  /** False: the file was faulty or refused, and the configuration before it is in use. */
  readonly lastSuccess: boolean;
  /** When the configuration in use was taken over; the start counts. A file without a difference counts as taken over. */
  readonly lastSuccessAtMs: number;
  /** Reloads asked for, dry runs left out. */
  readonly count: number;
  /** Of these, refused. */
  readonly failures: number;
}

/** The gateway has started with its file. */
export function startedStatus(nowMs: number): ReloadStatus {
  return { lastAtMs: nowMs, lastSuccess: true, lastSuccessAtMs: nowMs, count: 0, failures: 0 };
}

/** After one more reload. */
export function nextStatus(before: ReloadStatus, success: boolean, nowMs: number): ReloadStatus {
  return {
    lastAtMs: nowMs,
    lastSuccess: success,
    lastSuccessAtMs: success ? nowMs : before.lastSuccessAtMs,
    count: before.count + 1,
    failures: before.failures + (success ? 0 : 1),
  };
}
