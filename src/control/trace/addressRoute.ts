import { RouteType } from '../../tables/routes.js';
import { formatIpv4, type WireIpv4 } from '../../types/ipv4.js';
import type { BuiltRoute } from '../buildRoutes.js';

/** A route of the table of addresses and connected subnets (tables/routes.ts), as a trace tells it. Empty text: not said. */
export interface AddressRoute {
  /** "default" or a prefix. */
  readonly to: string;
  readonly via: string;
  readonly dev: string;
  readonly type: 'unicast' | 'blackhole' | 'unreachable' | 'prohibit' | 'local' | 'broadcast';
  readonly source: 'connected' | 'static' | 'local' | 'zone' | 'mapping';
}

const types: Readonly<Record<RouteType, AddressRoute['type']>> = {
  [RouteType.Connected]: 'unicast',
  [RouteType.Via]: 'unicast',
  [RouteType.Local]: 'local',
  [RouteType.Zone]: 'local',
  [RouteType.Broadcast]: 'broadcast',
  [RouteType.Unreachable]: 'unreachable',
  [RouteType.Prohibit]: 'prohibit',
  [RouteType.Blackhole]: 'blackhole',
};

export function addressRoute(route: BuiltRoute, device: string): AddressRoute {
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

function source({ type, mapped }: BuiltRoute): AddressRoute['source'] {
  if (type === RouteType.Zone) return mapped ? 'mapping' : 'zone';
  return type === RouteType.Local ? 'local' : 'connected';
}
