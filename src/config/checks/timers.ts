import type { Draft } from '../draft.js';
import type { Report } from '../issues.js';
import { floorOf, type Timer, timerNames, timerProfile, timerRules } from '../timers.js';
import { durationText } from '../words.js';

/** Shorter than usual is allowed, and cuts the sessions of slow peers. */
const MAY_CUT: readonly Timer[] = ['tcpHalfOpen', 'tcpClosing', 'tcpReset'];

/** Timers under the floor of their RFC (TIM-8), timers that are shorter than asked for, and a scale outside of a lab. */
export function checkTimers(draft: Draft, report: Report): void {
  const timers = draft.entries.timers;
  if (timers === undefined || timers.allowShort) return;
  const profile = timerProfile(timers, draft.entries.profile ?? 'default');
  for (const timer of timerNames) {
    const value = timers[timer];
    if (value === undefined) continue;
    const floor = floorOf(timer, profile);
    const { source } = timerRules[timer];
    const usual = timerRules[timer][profile];
    if (value < floor) {
      const message = `${durationText(value)} is under the floor of ${durationText(floor)} (${source})`;
      const denser = profile !== 'dense' && value >= floorOf(timer, 'dense');
      const profileToo = denser ? ', write "timers: { profile: dense }", which has shorter timers and floors,' : ',';
      report('error', ['timers', timer], message, `Raise it${profileToo} or set timers.allowShort: true in a test or lab.`);
    } else if (value < usual && MAY_CUT.includes(timer)) {
      report(
        'warning',
        ['timers', timer],
        `${durationText(value)} is shorter than the ${durationText(usual)} of ${source}`,
        'Sessions of slow peers may be cut.',
      );
    }
  }
  if (timers.scale !== 1)
    report('error', ['timers', 'scale'], 'a scale is only for tests', 'Set timers.allowShort: true as well, or remove it.');
}
