import { ControlWord, type WorkerState, workerStateNames } from '../../shared/control.js';
import { CounterEvent } from '../../shared/counters.js';
import type { WorkerRow } from '../../types/show.js';
import type { Shown } from './shown.js';
import { ringShare, workerLoad } from './workerLoad.js';

/** Workers; the generation is that of the snapshot they use, which trails the one published until they adopt it. */
export function showWorkers({ built, states, pulse }: Pick<Shown, 'built' | 'states' | 'pulse'>): WorkerRow[] {
  return states.map((state, id) => {
    const { control, counters } = state;
    const { received, handedOver, taken, handoffFull, sessions, ringOctets } = workerLoad(state);
    return {
      id,
      state: workerStateNames[Atomics.load(control, ControlWord.State) as WorkerState],
      heartbeatAgeMs: pulse.heartbeatAgeMs(id),
      busyRatio: Math.round(pulse.busyRatio(id) * 1e4) / 1e4,
      polledRatio: Math.round(pulse.polledRatio(id) * 1e4) / 1e4,
      spinMicros: Atomics.load(control, ControlWord.SpinMicros),
      cpu: built.config.cpus[id] ?? null,
      sessions,
      rxFrames: received,
      handedOver,
      taken,
      handoffFull,
      ringOctets,
      ringRatio: Math.round(ringShare(ringOctets) * 1e4) / 1e4,
      turns: counters.events[CounterEvent.Turns]!,
      generation: Atomics.load(control, ControlWord.Acknowledged),
      restarts: Atomics.load(control, ControlWord.Restarts),
    };
  });
}
