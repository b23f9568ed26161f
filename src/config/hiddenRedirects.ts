import type { Draft } from './draft.js';
import { formatPath, type Report } from './issues.js';
import { type RuleConfig, TABLE_MAIN } from './routingConfig.js';
import { tableText } from './tableNames.js';

/**
 * A default route in main takes everything that comes to it: rules behind the one that looks at main, as redirects to a central
 * SNAT are, never see a packet (dvr.md 4.1, 2).
 */
export function warnOfHiddenRedirects({ routing }: Draft, report: Report): void {
  const first = routing.routes.find(({ value: { table, to, tos, type } }) => {
    return table === TABLE_MAIN && to.length === 0 && tos === 0 && type !== 'throw';
  });
  const main = routing.rules.findIndex(({ value }) => takesAll(value));
  if (first === undefined || main < 0) return;
  const hidden = routing.rules.slice(main + 1).find(({ value: { action, from } }) => {
    return from !== undefined && action.type === 'lookup' && action.table !== TABLE_MAIN;
  });
  if (hidden === undefined || hidden.value.action.type !== 'lookup') return;
  report(
    'warning',
    [...first.path, 'to'],
    `takes all that ${formatPath(hidden.path)} would send to table ${tableText(routing.names.names, hidden.value.action.table)}`,
    'Give that rule a priority below 32766, or put the default route into a table of a later rule.',
  );
}

/** A rule that looks at main for every packet. */
function takesAll({ action, not, suppressPrefixLength, suppressGroup, ...selectors }: RuleConfig): boolean {
  const { from, to, tos, dscp, iif, oif, mark, ipProtocol, sport, dport, uids, tunnelId } = selectors;
  const selected = [from, to, tos, dscp, iif, oif, mark, ipProtocol, sport, dport, uids, tunnelId];
  if (action.type !== 'lookup' || action.table !== TABLE_MAIN || not) return false;
  return selected.every((one) => one === undefined) && suppressPrefixLength === undefined && suppressGroup === undefined;
}
