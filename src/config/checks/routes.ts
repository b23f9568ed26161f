import { covers, formatIpv4, formatPrefix, network } from '../../types/ipv4.js';
import type { RouterIfaceConfig } from '../config.js';
import { type Draft, placed } from '../draft.js';
import { formatPath, type Path, type Report } from '../issues.js';
import { nearest } from '../nearest.js';
import { ifaceToward } from '../resolve.js';
import type { RouteEntry } from '../routeSchema.js';
import { edge } from './addresses.js';

/** Static routes: a next hop one can reach, a device that is there, every destination once. */
export function checkRoutes(draft: Draft, report: Report): void {
  const rifs = draft.rifs.map((rif) => rif.value);
  const first = new Map<string, Path>();
  for (const { value: route, path } of placed(draft.entries.routes, 'routes')) {
    const to = network(route.to);
    if (to.address !== route.to.address) {
      report(
        'warning',
        [...path, 'to'],
        `${formatPrefix(route.to)} has host bits set; ${formatPrefix(to)} is used`,
        `Write ${formatPrefix(to)}.`,
      );
    }
    const before = first.get(formatPrefix(to));
    if (before === undefined) first.set(formatPrefix(to), path);
    else
      report(
        'error',
        [...path, 'to'],
        `${formatPrefix(to)} is already the destination of ${formatPath(before)}`,
        'Keep one of the two.',
      );
    if (route.type !== 'unicast') withoutNextHop(route, path, report);
    else if (draft.ifacesComplete) nextHop(route, path, rifs, report);
  }
}

function withoutNextHop(route: RouteEntry, path: Path, report: Report): void {
  for (const key of ['via', 'dev'] as const) {
    if (route[key] !== undefined)
      report('error', [...path, key], `has no meaning in a route of type ${route.type}`, 'Remove the key or the type.');
  }
}

function nextHop(route: RouteEntry, path: Path, rifs: readonly RouterIfaceConfig[], report: Report): void {
  const { via, dev } = route;
  if (via === undefined && dev === undefined) {
    report('error', path, 'has neither via nor dev', 'Write "via ADDRESS", or "dev NAME" for an on-link destination.');
    return;
  }
  const named = dev === undefined ? undefined : rifs.find((rif) => rif.name === dev);
  if (dev !== undefined && named === undefined) {
    unknownDev([...path, 'dev'], dev, rifs, report);
    return;
  }
  if (via === undefined) return;
  const at = [...path, 'via'];
  const hop = formatIpv4(via);
  const candidates = named === undefined ? rifs : [named];
  const rif = ifaceToward(via, candidates);
  if (rif === undefined) {
    const where = named === undefined ? 'any connected subnet' : `a connected subnet of ${named.name}`;
    report(
      'error',
      at,
      `next hop ${hop} is not in ${where}`,
      'Use a next hop of a connected subnet, or give an interface an address there.',
    );
    return;
  }
  if (rifs.some((own) => own.addresses.some((address) => address.address === via))) {
    report('error', at, `next hop ${hop} is an address of this gateway`, 'Use the address of the next router.');
    return;
  }
  const why = edge(rif.addresses.find((own) => covers(own, via))!, via);
  if (why !== undefined) report('error', at, `next hop ${hop} ${why}`, 'Use the address of the next router.');
}

/** Says that no router interface has this name. */
export function unknownDev(path: Path, dev: string, rifs: readonly RouterIfaceConfig[], report: Report): void {
  const names = rifs.map((rif) => rif.name);
  const meant = nearest(dev, names);
  report(
    'error',
    path,
    `there is no interface "${dev}"`,
    meant === undefined ? `Interfaces: ${names.join(', ')}.` : `Did you mean "${meant}"?`,
  );
}
