import { formatPrefix, network } from '../../types/ipv4.js';
import type { RouteConfig } from '../config.js';
import type { RoutedDraft } from '../draft.js';
import { formatPath, type Path, type Report } from '../issues.js';
import { nearest } from '../nearest.js';
import { isRefusal } from '../resolveRouting.js';
import type { RouteEntry } from '../routeSchema.js';
import { showValue } from '../scalar.js';

/** A kernel's message holds no more either: 64 KiB of next hops of 16 octets. */
const MOST_NEXTHOPS = 256;

/** Routes of the file: a way that can be gone, every prefix, tos and metric once in a table. */
export function checkRoutes(draft: RoutedDraft, report: Report): void {
  const { routes, names } = draft.routing;
  const first = new Map<string, Path>();
  for (const { value: route, path, faults } of routes) {
    const entry = draft.entries.routes![Number(path[1])]!;
    checkEntry(entry, path, report);
    const key = routeKey(route);
    const before = first.get(key);
    const to = formatPrefix(route.to);
    if (before === undefined) first.set(key, path);
    else
      report(
        'error',
        [...path, 'to'],
        `${to} is already the destination of ${formatPath(before)}`,
        'Keep one of the two, or give them different metrics.',
        before,
      );
    if (!draft.ifacesComplete) continue;
    if (draft.routing.madeOfAddresses.has(key))
      report(
        'warning',
        [...path, 'to'],
        `${to} is routed by an address of an interface already; this route is not used`,
        'Remove it.',
      );
    for (const { key: below, message, remedy } of faults) report('error', [...path, ...below], message, remedy);
  }
  for (const [key, entries] of [
    ['routes', draft.entries.routes],
    ['rules', draft.entries.rules],
  ] as const)
    for (const [i, entry] of (entries ?? []).entries()) {
      const table = entry?.table;
      if (typeof table !== 'string' || names.numbers.has(table) || !names.complete) continue;
      const meant = nearest(table, [...names.numbers.keys()]);
      const remedy = meant === undefined ? `Write "tables: { ${table}: NUMBER }", or its number.` : `Did you mean "${meant}"?`;
      report('error', [key, i, 'table'], `there is no table ${showValue(table)}`, remedy);
    }
}

/** What two routes of one table cannot share: fib_table_insert answers EEXIST. */
export function routeKey({ table, to, tos, metric }: Pick<RouteConfig, 'table' | 'to' | 'tos' | 'metric'>): string {
  return `${table} ${to.address}/${to.length} ${tos} ${metric}`;
}

function checkEntry(entry: RouteEntry, path: Path, report: Report): void {
  const to = network(entry.to);
  if (to.address !== entry.to.address) {
    report(
      'warning',
      [...path, 'to'],
      `${formatPrefix(entry.to)} has host bits set; ${formatPrefix(to)} is used`,
      `Write ${formatPrefix(to)}.`,
    );
  }
  const given = (['via', 'dev', 'nexthops', 'onlink'] as const).filter((key) => entry[key] !== undefined && entry[key] !== false);
  if (isRefusal(entry.type)) {
    for (const key of given)
      report('error', [...path, key], `has no meaning in a route of type ${entry.type}`, 'Remove the key or the type.');
  } else if (entry.nexthops !== undefined) {
    for (const key of given.filter((one) => one !== 'nexthops'))
      report('error', [...path, key], 'stands beside nexthops', `Move ${key} into each of the nexthops.`);
    if (entry.nexthops.length > MOST_NEXTHOPS)
      report(
        'error',
        [...path, 'nexthops'],
        `has more than ${MOST_NEXTHOPS} ways`,
        'Divide the destination into several prefixes.',
      );
  }
}
