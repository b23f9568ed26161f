import type { Logger } from 'pino';
import { ControlWord, WorkerState, workerStateNames } from '../shared/control.js';
import type { Shown } from './show/shown.js';

/** A running worker begins a turn at least each 100 ms; one that has not for this long is stuck. */
const STUCK_MS = 2000;

/** Workers that reach another state, and such as no longer turn. That one failed and was replaced, the supervisor says. */
export function logWorkers({ states, pulse }: Pick<Shown, 'states' | 'pulse'>, log: Logger): () => void {
  const before = states.map(() => ({ state: WorkerState.Starting, stuck: false }));
  return () => {
    states.forEach(({ control }, worker) => {
      const seen = before[worker]!;
      const state = Atomics.load(control, ControlWord.State) as WorkerState;
      if (state !== seen.state) {
        log.debug({ worker, state: workerStateNames[state] }, 'worker is in another state');
        seen.state = state;
      }
      const age = pulse.heartbeatAgeMs(worker);
      const stuck = state === WorkerState.Running && age > STUCK_MS;
      if (stuck === seen.stuck) return;
      seen.stuck = stuck;
      if (stuck) log.error({ worker, silentMs: age }, 'worker does not turn');
      else log.warn({ worker }, 'worker turns again');
    });
  };
}
