/** Milliseconds of a tick (D15). */
export const TICK_MS = 100;

/**
 * Words that main and one worker share. Everything here is read and written with Atomics, and nothing else is (K11).
 * One row of ControlWord.Count int32 words per worker.
 */
export const enum ControlWord {
  /** Main writes: number of the snapshot the worker should have. */
  Generation = 0,
  /** Worker writes: number of the snapshot it has. */
  Acknowledged,
  /** Worker writes: rises by one each turn. */
  Heartbeat,
  /** Main writes 1: end the loop. */
  Stop,
  /** Worker writes: see WorkerState. */
  State,
  /** Worker writes: monotonic milliseconds, wrapping. */
  ClockMs,
  /** Worker writes: ticks of 100 ms since the first start; a replacement goes on from here (D15). */
  ClockTick,
  /** Worker writes: milliseconds past the tick. */
  ClockRest,
  /** Worker writes 1: its descriptor table is its own, new descriptors must be lent to it. */
  PrivateFiles,
  /** Worker writes 1: the scheduler has it run soon after it is woken, although others want its CPU. */
  ShortTurns,
  /** Main writes: how often this worker was replaced. */
  Restarts,
  /** Worker writes, each 100 ms: how long it polls before it sleeps, in microseconds. */
  SpinMicros,
  /**
   * Main writes: monotonic milliseconds, wrapping, from which on SNAT services that another host may have (RifFlag.Leased) are
   * not served; 0: no limit. It is moved forward as long as the lease of this host is renewed, so that they end in time even when
   * main hangs.
   */
  ServeUntil,
  Count = 16,
}

export const enum WorkerState {
  Starting = 0,
  WarmingUp,
  Recovering,
  Running,
  Stopped,
  Failed,
}

export const workerStateNames: Readonly<Record<WorkerState, string>> = {
  [WorkerState.Starting]: 'starting',
  [WorkerState.WarmingUp]: 'warming-up',
  [WorkerState.Recovering]: 'recovering',
  [WorkerState.Running]: 'running',
  [WorkerState.Stopped]: 'stopped',
  [WorkerState.Failed]: 'failed',
};

export function controlRow(buffer: SharedArrayBuffer, worker: number): Int32Array {
  return new Int32Array(buffer, worker * ControlWord.Count * 4, ControlWord.Count);
}

export function controlOctets(workers: number): number {
  return workers * ControlWord.Count * 4;
}
