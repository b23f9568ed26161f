import { RouteType } from '../../tables/routes.js';
import { formatIpv4, hostOrder, type WireIpv4 } from '../../types/ipv4.js';
import type { RouteRow } from '../../types/show.js';
import type { BuiltRoute } from '../buildRoutes.js';
import type { Shown } from './shown.js';
import { rifNames } from './totals.js';

const types: Readonly<Record<RouteType, RouteRow['type']>> = {
  [RouteType.Connected]: 'unicast',
  [RouteType.Via]: 'unicast',
  [RouteType.Local]: 'local',
  [RouteType.Zone]: 'local',
  [RouteType.Broadcast]: 'broadcast',
  [RouteType.Unreachable]: 'unreachable',
  [RouteType.Prohibit]: 'prohibit',
  [RouteType.Blackhole]: 'blackhole',
};

/** The routes that decide, by prefix. Of two with one prefix the later one is compiled (buildRoutes), so only that one is shown. */
export function showRoutes({ built }: Pick<Shown, 'built'>): RouteRow[] {
  const names = rifNames(built);
  const effective = new Map<string, RouteRow & { order: number; length: number }>();
  built.routes.forEach((route) => {
    effective.set(`${route.address}/${route.length}`, {
      ...routeRow(route, names.get(route.rif) ?? ''),
      order: hostOrder(route.address as WireIpv4),
      length: route.length,
    });
  });
  return [...effective.values()]
    .sort((a, b) => a.order - b.order || a.length - b.length)
    .map(({ to, via, dev, type, source }) => ({ to, via, dev, type, source }));
}

export function routeRow(route: BuiltRoute, device: string): RouteRow {
  const address = formatIpv4(route.address as WireIpv4);
  const type = types[route.type];
  const refuses = type === 'blackhole' || type === 'unreachable' || type === 'prohibit';
  return {
    to: route.length === 0 ? 'default' : route.length === 32 ? address : `${address}/${route.length}`,
    via: route.type === RouteType.Via ? formatIpv4(route.gateway as WireIpv4) : '',
    dev: refuses ? '' : device,
    type,
    source: route.configured ? 'static' : source(route),
  };
}

function source({ type, mapped }: BuiltRoute): RouteRow['source'] {
  if (type === RouteType.Zone) return mapped ? 'mapping' : 'zone';
  return type === RouteType.Local ? 'local' : 'connected';
}
