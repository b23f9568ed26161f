import type { Shown } from '../control/show/shown.js';
import { ControlWord, WorkerState, workerStateNames } from '../shared/control.js';

/** A worker turns at least every 100 ms; one that has not for so long hangs. */
const MOST_HEARTBEAT_MS = 5000;
/** Warming up and recovering a full table take seconds; so much is no hang. */
const MOST_START_MS = 60_000;

/** Faults in words; none is the good answer. */
export type Faults = readonly string[];

/** /healthz: a process that should be started anew is not healthy. A worker that is being replaced is not a reason. */
export function healthFaults({ states, pulse }: Pick<Shown, 'states' | 'pulse'>): Faults {
  return states.flatMap(({ control }, id) => {
    const state = Atomics.load(control, ControlWord.State) as WorkerState;
    if (state === WorkerState.Stopped || state === WorkerState.Failed) return [`worker ${id} is ${workerStateNames[state]}`];
    const age = pulse.heartbeatAgeMs(id);
    const most = state === WorkerState.Running ? MOST_HEARTBEAT_MS : MOST_START_MS;
    return age > most ? [`worker ${id} (${workerStateNames[state]}) has not turned for ${Math.round(age / 1000)} s`] : [];
  });
}

/** /readyz: every worker forwards, with the configuration in force, and will go on: who drains gets no new traffic. */
export function readinessFaults({ built, states, draining }: Pick<Shown, 'built' | 'states' | 'draining'>): Faults {
  const leaving = draining === true ? ['draining'] : [];
  const workers = states.flatMap(({ control }, id) => {
    const state = Atomics.load(control, ControlWord.State) as WorkerState;
    if (state !== WorkerState.Running) return [`worker ${id} is ${workerStateNames[state]}`];
    const used = Atomics.load(control, ControlWord.Acknowledged);
    const current = built.snapshot.generation;
    return used === current ? [] : [`worker ${id} uses generation ${used} of the configuration, not ${current}`];
  });
  return [...leaving, ...workers];
}
