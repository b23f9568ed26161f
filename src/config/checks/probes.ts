import { formatIpv4 } from '../../types/ipv4.js';
import type { Draft } from '../draft.js';
import type { Report } from '../issues.js';
import { once } from './ifaces.js';

/** Rows that the workers have for probes (tables/probes). */
const MOST_PROBES = 256;

/** Probes of next hops: behind an interface that is there, each once, and of use. */
export function checkProbes(draft: Draft, report: Report): void {
  const { probes } = draft;
  if (probes.length > MOST_PROBES)
    report('error', ['nexthopProbes'], `has more than ${MOST_PROBES} entries`, 'Probe the next hops that have alternatives.');
  once(
    probes.flatMap(({ value, path }) => (value === undefined ? [] : [{ value, path }])),
    (one) => `${formatIpv4(one.address)} dev ${one.dev}`,
    () => 'address',
    'next hop',
    'Keep one of the two.',
    report,
  );
  if (!draft.ifacesComplete) return;
  for (const { path, value, fault, used } of probes) {
    if (fault !== undefined) report('error', [...path, ...fault.key], fault.message, fault.remedy);
    else if (!used)
      report(
        'warning',
        [...path, 'address'],
        `no route goes by ${formatIpv4(value!.address)} dev ${value!.dev}: what the probe finds out changes nothing`,
        'Remove it, or add the route.',
      );
  }
}
