import { ControlWord } from '../../shared/control.js';
import { sessionRow } from '../show/sessions.js';
import type { Shown } from '../show/shown.js';
import type { LiveRow } from './liveRows.js';

/** A session with the words of `show sessions`. */
export function sessionLine({ states, index, built }: Pick<Shown, 'states' | 'index' | 'built'>, found: LiveRow): string {
  const zones = new Map([...index.zoneNames()].map(([name, slot]) => [slot, name]));
  const now = Atomics.load(states[found.worker]!.control, ControlWord.ClockTick);
  const row = sessionRow(found.words, now, built.snapshot.timeouts, zones);
  const { protocol, state, inside, external, remote, zone, idleSeconds, expiresSeconds } = row;
  return `${protocol} ${state} inside ${inside} external ${external} remote ${remote} zone ${zone}, idle ${idleSeconds} s, expires in ${expiresSeconds} s`;
}
