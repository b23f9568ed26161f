import { ControlWord, type WorkerState, workerStateNames } from '../../shared/control.js';
import { CounterEvent } from '../../shared/counters.js';
import type { WorkerRow } from '../../types/show.js';
import type { Shown } from './shown.js';

/** Workers; the generation is that of the snapshot they use, which trails the one published until they adopt it. */
export function showWorkers({ states, pulse }: Pick<Shown, 'states' | 'pulse'>): WorkerRow[] {
  return states.map(({ control, counters }, id) => ({
    id,
    state: workerStateNames[Atomics.load(control, ControlWord.State) as WorkerState],
    heartbeatAgeMs: pulse.heartbeatAgeMs(id),
    busyRatio: Math.round(pulse.busyRatio(id) * 1e4) / 1e4,
    turns: counters.events[CounterEvent.Turns]!,
    generation: Atomics.load(control, ControlWord.Acknowledged),
    restarts: Atomics.load(control, ControlWord.Restarts),
  }));
}
