import { Session, type Sessions, SessionsHead, WHEEL_SLOTS } from './sessions.js';

/**
 * Coarse expiry (TIM-4): a wheel of 65,536 slots of one tick (100 ms). A frame only writes the row's LastSeen; the row stays
 * in its slot, and when the slot comes up it is either over or linked again where it now belongs. So refreshing costs
 * nothing and expiry is never early and at most a tick and the turn's budget late.
 */

/**
 * Links `row` into the slot that comes up `ticks` from now (at least 1); a longer time is cut to one turn of the wheel. That turn
 * ends before the slot at work, which may lie behind `now`: a row linked there would come up again at once, and for ever.
 */
export function wheelLink(t: Sessions, row: number, now: number, ticks: number): void {
  const most = WHEEL_SLOTS - 1 - ((now - t.head[SessionsHead.WheelTick]!) | 0);
  const ahead = Math.max(1, Math.min(ticks, most));
  const slot = (now + ahead) & (WHEEL_SLOTS - 1);
  const first = t.wheel[slot]!;
  t.rows[row + Session.WheelNext] = first;
  t.rows[row + Session.WheelPrevious] = -1 - slot;
  if (first !== 0) t.rows[first - 1 + Session.WheelPrevious] = row + 1;
  t.wheel[slot] = row + 1;
}

export function wheelUnlink(t: Sessions, row: number): void {
  const next = t.rows[row + Session.WheelNext]!;
  const previous = t.rows[row + Session.WheelPrevious]!;
  if (next !== 0) t.rows[next - 1 + Session.WheelPrevious] = previous;
  if (previous > 0) t.rows[previous - 1 + Session.WheelNext] = next;
  else t.wheel[-1 - previous] = next;
}

/** The next row whose slot has come up at tick `now`, unlinked; -1 when there is none. Advances over empty slots. */
export function wheelNext(t: Sessions, now: number): number {
  let tick = t.head[SessionsHead.WheelTick]!;
  for (;;) {
    const first = t.wheel[tick & (WHEEL_SLOTS - 1)]!;
    if (first !== 0) {
      const row = first - 1;
      wheelUnlink(t, row);
      return row;
    }
    if (((now - tick) | 0) <= 0) return -1;
    tick = (tick + 1) | 0;
    t.head[SessionsHead.WheelTick] = tick;
  }
}
