import { formatIpv4 } from '../../types/ipv4.js';
import type { TopRow } from '../../types/show.js';
import type { TopHost } from '../sessionCensus.js';
import { namesOfServices } from './routerNames.js';
import type { Shown } from './shown.js';

/** The hosts with the most ports, then those that made the most sessions, as the census taken last found them. */
export function showTop({ census, built }: Pick<Shown, 'census' | 'built'>): TopRow[] {
  const routers = namesOfServices(built);
  const { byPorts, byNew, windowSeconds, missedAtMost } = census.latest();
  const rows = (by: TopRow['by'], hosts: readonly TopHost[]): TopRow[] =>
    hosts.map(({ host, router, ports, fresh }, i) => ({
      by,
      rank: i + 1,
      host: formatIpv4(host),
      router: routers.get(router) ?? '',
      ports,
      newSessions: fresh,
      newPerSecond: windowSeconds > 0 ? Math.round((fresh / windowSeconds) * 10) / 10 : 0,
      windowSeconds: Math.round(windowSeconds * 10) / 10,
      missedAtMost,
    }));
  return [...rows('ports', byPorts), ...rows('new', byNew)];
}
