import { formatIpv4 } from '../../types/ipv4.js';
import type { TopRow } from '../../types/show.js';
import type { TopHost } from '../sessionCensus.js';
import type { Shown } from './shown.js';

/** The hosts with the most ports, then those that made the most sessions, as the census taken last found them. */
export function showTop({ census }: Pick<Shown, 'census'>): TopRow[] {
  const { byPorts, byNew, windowSeconds, missedAtMost } = census.latest();
  const rows = (by: TopRow['by'], hosts: readonly TopHost[]): TopRow[] =>
    hosts.map(({ host, ports, fresh }, i) => ({
      by,
      rank: i + 1,
      host: formatIpv4(host),
      ports,
      newSessions: fresh,
      newPerSecond: windowSeconds > 0 ? Math.round((fresh / windowSeconds) * 10) / 10 : 0,
      windowSeconds: Math.round(windowSeconds * 10) / 10,
      missedAtMost,
    }));
  return [...rows('ports', byPorts), ...rows('new', byNew)];
}
