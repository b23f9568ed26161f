import type { Logger } from 'pino';
import { ControlWord, WorkerState, workerStateNames } from '../shared/control.js';
import type { Shown } from './show/shown.js';

/** Workers that reach another state. That one failed, or no longer turned, and was replaced, the supervisor says. */
export function logWorkers({ states }: Pick<Shown, 'states'>, log: Logger): () => void {
  const before = states.map(() => WorkerState.Starting);
  return () => {
    states.forEach(({ control }, worker) => {
      const state = Atomics.load(control, ControlWord.State) as WorkerState;
      if (state === before[worker]) return;
      log.debug({ worker, state: workerStateNames[state] }, 'worker is in another state');
      before[worker] = state;
    });
  };
}
