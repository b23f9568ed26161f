import type { Draft } from './draft.js';
import type { Report } from './issues.js';

/** Rules that the kernel takes and that do nothing here, because no packet has what they select, or nothing is where they lead. */
export function warnOfIdleRules({ routing }: Draft, report: Report): void {
  const priorities = new Set(routing.rules.map(({ value }) => value.priority));
  for (const { value, path } of routing.rules) {
    const { action, mark, tunnelId, not } = value;
    if (action.type === 'goto' && !priorities.has(action.priority))
      report(
        'warning',
        [...path, 'goto'],
        `there is no rule of priority ${action.priority}: this one does nothing`,
        `Write the priority of a rule behind it, or add that rule with "pref ${action.priority}".`,
      );
    // With `not` such a rule matches everything, which may be meant.
    if (not) continue;
    const matchesNothing = (key: string, why: string): void =>
      report('warning', [...path, key], `${why}: the rule matches nothing`, 'Remove it, or select by something else.');
    if (mark !== undefined && (mark.value & mark.mask) !== 0)
      matchesNothing('fwmark', 'every packet has the mark 0, nothing sets another');
    if (tunnelId !== undefined) matchesNothing('tun_id', 'no packet comes out of a tunnel of the kernel');
  }
}
