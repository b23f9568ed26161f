import { ControlWord } from '../../shared/control.js';
import { namesOfServices } from '../show/routerNames.js';
import { sessionRow } from '../show/sessions.js';
import type { Shown } from '../show/shown.js';
import type { LiveRow } from './liveRows.js';

/** A session with the words of `show sessions`. */
export function sessionLine({ states, index, built }: Pick<Shown, 'states' | 'index' | 'built'>, found: LiveRow): string {
  const zones = new Map([...index.zoneNames()].map(([name, slot]) => [slot, name]));
  const now = Atomics.load(states[found.worker]!.control, ControlWord.ClockTick);
  const row = sessionRow(found.words, now, built.snapshot.timeouts, zones, namesOfServices(built));
  const { protocol, state, inside, external, remote, zone, router, idleSeconds, expiresSeconds } = row;
  const of = router === '' ? '' : ` router ${router}`;
  return `${protocol} ${state} inside ${inside} external ${external} remote ${remote} zone ${zone}${of}, idle ${idleSeconds} s, expires in ${expiresSeconds} s`;
}
