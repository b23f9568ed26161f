import type { Addon } from '../io/addon.js';
import { ControlWord, WorkerState } from '../shared/control.js';
import type { BorrowedIface } from '../worker/protocol.js';
import type { WorkerThread } from './workerThread.js';

/** A worker's place as the supervisor keeps it: who sits there, the words shared with it, the ways to it. */
export interface Seat {
  thread: WorkerThread | undefined;
  readonly control: Int32Array;
  readonly wakeFd: number;
  /** [0] main's end, [1] the worker's; a new pair for every thread. */
  channel: readonly [number, number];
  readonly failures: number[];
}

export function stateIs(seat: Seat, state: WorkerState): boolean {
  return Atomics.load(seat.control, ControlWord.State) === state;
}

/** It has frames in hand, or had: such a worker ends by itself when it is told to. */
export function hasBegun({ control }: Seat): boolean {
  return Atomics.load(control, ControlWord.State) >= WorkerState.Running;
}

/** Resolves to true as soon as `done`, to false when the worker has failed or the time is over. */
export async function until(seat: Seat, done: () => boolean, withinMs: number): Promise<boolean> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    if (done()) return true;
    if (stateIs(seat, WorkerState.Failed) || performance.now() > deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** A worker with a descriptor table of its own gets copies of what was opened since. */
export function lendNew(addon: Addon, seat: Seat, before: readonly BorrowedIface[], after: readonly BorrowedIface[]): void {
  if (Atomics.load(seat.control, ControlWord.PrivateFiles) === 0) return;
  for (const { fd } of after) if (fd >= 0 && !before.some((old) => old.fd === fd)) addon.lend(seat.channel[0], fd);
}
