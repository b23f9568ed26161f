import type { Registry } from 'prom-client';
import type { Shown } from '../control/show/shown.js';
import { ringShare, workerLoad } from '../control/show/workerLoad.js';
import { ControlWord, WorkerState } from '../shared/control.js';
import { CounterEvent } from '../shared/counters.js';
import { SessionsHead } from '../tables/sessions.js';
import type { State } from '../tables/state.js';
import { type PulledMetric, pulledCounter, pulledGauge } from './pulled.js';

const TICK_SECONDS = 0.1;

/** Workers and the configuration they use. */
export function registerWorkers(registry: Registry, shown: Pick<Shown, 'states' | 'pulse'>): void {
  const { states, pulse } = shown;
  const each = (name: string, help: string, value: (state: State, id: number) => number): PulledMetric => ({
    name,
    help,
    labels: ['worker'],
    samples: () => states.map((state, id) => [{ worker: String(id) }, value(state, id)] as const),
  });
  const event = (counter: CounterEvent) => (state: State) => state.counters.events[counter]!;
  const word = (which: ControlWord) => (state: State) => Atomics.load(state.control, which);
  pulledCounter(
    registry,
    each('windrose_worker_busy_seconds_total', 'Time spent with frames in hand.', (s) => event(CounterEvent.BusyMicros)(s) / 1e6),
  );
  pulledCounter(registry, each('windrose_worker_turns_total', 'Turns of the loop.', event(CounterEvent.Turns)));
  pulledCounter(registry, each('windrose_worker_sleeps_total', 'Turns that ended asleep.', event(CounterEvent.Sleeps)));
  pulledCounter(
    registry,
    each(
      'windrose_worker_polled_seconds_total',
      'Time spent polling without frames, before the worker slept or a frame came.',
      (s) => event(CounterEvent.PolledMicros)(s) / 1e6,
    ),
  );
  pulledCounter(
    registry,
    each(
      'windrose_worker_polls_met_total',
      'Times a frame came while the worker polled, which saved a sleep.',
      event(CounterEvent.PollsMet),
    ),
  );
  pulledGauge(
    registry,
    each(
      'windrose_worker_spin_seconds',
      'How long the worker polls at present before it sleeps.',
      (s) => word(ControlWord.SpinMicros)(s) / 1e6,
    ),
  );
  pulledCounter(registry, each('windrose_worker_restarts_total', 'Times the worker was replaced.', word(ControlWord.Restarts)));
  pulledGauge(
    registry,
    each(
      'windrose_worker_heartbeat_age_seconds',
      'Time since the worker began a turn.',
      (_, id) => pulse.heartbeatAgeMs(id) / 1000,
    ),
  );
  pulledGauge(
    registry,
    each('windrose_worker_busy_ratio', 'Share of the last two seconds spent with frames in hand, 0 to 1.', (_, id) =>
      pulse.busyRatio(id),
    ),
  );
  pulledGauge(
    registry,
    each('windrose_worker_expiry_lag_seconds', 'How late sessions are ended: age of the timer slot in work.', expiryLagSeconds),
  );
  pulledGauge(
    registry,
    each('windrose_worker_running', '1: the worker forwards; 0: it starts, recovers, or has stopped.', (state) =>
      word(ControlWord.State)(state) === WorkerState.Running ? 1 : 0,
    ),
  );
  pulledGauge(
    registry,
    each('windrose_worker_config_generation', 'Generation of the configuration the worker uses.', word(ControlWord.Acknowledged)),
  );
  registerLoads(registry, each);
}

/** What each worker does, and how frames change hands between them. */
function registerLoads(
  registry: Registry,
  each: (name: string, help: string, value: (state: State) => number) => PulledMetric,
): void {
  pulledCounter(
    registry,
    each('windrose_worker_receive_frames_total', 'Frames the devices gave to the worker.', (s) => workerLoad(s).received),
  );
  pulledCounter(
    registry,
    each(
      'windrose_worker_handed_over_frames_total',
      'Frames the worker gave to the worker that has the session, or that makes it.',
      (s) => workerLoad(s).handedOver,
    ),
  );
  pulledCounter(
    registry,
    each('windrose_worker_taken_frames_total', 'Frames the worker took from other workers.', (s) => workerLoad(s).taken),
  );
  pulledCounter(
    registry,
    each(
      'windrose_worker_handoff_full_total',
      'Frames the worker dropped because the ring to another worker was full.',
      (s) => workerLoad(s).handoffFull,
    ),
  );
  pulledCounter(
    registry,
    each(
      'windrose_worker_arp_copies_lost_total',
      'ARP packets another worker was not shown because the ring to it was full.',
      (s) => workerLoad(s).arpCopiesLost,
    ),
  );
  pulledGauge(
    registry,
    each('windrose_worker_ring_ratio', 'Share of the fullest ring to the worker that is in use, 0 to 1.', (s) =>
      ringShare(workerLoad(s).ringOctets),
    ),
  );
  pulledGauge(
    registry,
    each('windrose_worker_sessions', 'NAT sessions of the worker.', (s) => workerLoad(s).sessions),
  );
}

/** Ticks are compared by their signed difference (D15). */
function expiryLagSeconds({ control, sessions }: State): number {
  const behind = (Atomics.load(control, ControlWord.ClockTick) - Atomics.load(sessions.head, SessionsHead.WheelTick)) | 0;
  return Math.max(0, behind) * TICK_SECONDS;
}
