import { CounterRoom, IfaceCounter, ZoneCounter } from '../../shared/counters.js';
import type { State } from '../../tables/state.js';

/**
 * What the counters of a slot stood at when it was given to its present holder. Workers only ever add (K11), so a new holder
 * begins at 0 because this is taken off wherever main sums up; a recovery, which balances a worker's whole row, sees none of it.
 */
interface Baselines {
  readonly rifs: Float64Array;
  readonly zones: Float64Array;
}

const kept = new WeakMap<object, Baselines>();

/** Of the counters these states have in common. */
export function baselinesOf(states: readonly State[]): Baselines {
  const { buffer } = states[0]!.counters.rifs;
  let found = kept.get(buffer);
  if (found === undefined) {
    found = {
      rifs: new Float64Array(CounterRoom.Rifs * IfaceCounter.Count),
      zones: new Float64Array(CounterRoom.Zones * ZoneCounter.Count),
    };
    kept.set(buffer, found);
  }
  return found;
}

/** The slot is nobody's any more: who gets it next begins at 0. */
export function beginAnew(states: readonly State[], table: keyof Baselines, slot: number): void {
  const words = table === 'rifs' ? IfaceCounter.Count : ZoneCounter.Count;
  const baseline = baselinesOf(states)[table];
  for (let at = slot * words; at < (slot + 1) * words; at++) {
    baseline[at] = states.reduce((sum, { counters }) => sum + counters[table][at]!, 0);
  }
}
