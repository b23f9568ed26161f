import type { ZoneConfig } from '../../../config/config.js';
import type { RouterObject } from '../../../objects/model.js';
import type { ZonesOfGateway } from '../../routerScope.js';

/**
 * Zones of a router that is on this host, and of several gateways which are whose: a packet is translated by those of the gateway
 * it leaves by (dvr.md 2.5, 4.1). Where nothing has said yet which one that is, the gateway that has the source comes before the
 * first, which has all others.
 */
export function zonesOf({ name: router, gateways }: Pick<RouterObject, 'name' | 'gateways'>): {
  readonly zones: readonly ZoneConfig[];
  /** One for each gateway, in their order; none when there is but one. */
  readonly ofGateways: readonly ZonesOfGateway[];
} {
  const [first, ...others] = gateways;
  if (first === undefined) return { zones: [], ofGateways: [] };
  const own = first.zones.map((zone) => ({ ...zone, name: `${router}/${zone.name}` }));
  const rest = others.map(({ network, zones }) => zones.map((zone) => ({ ...zone, name: `${router}/${network}/${zone.name}` })));
  const zones = [...rest.flat(), ...own];
  if (others.length === 0) return { zones, ofGateways: [] };
  const starts = rest.map((_, i) => rest.slice(0, i).flat().length);
  return {
    zones,
    ofGateways: [
      { first: rest.flat().length, count: own.length, sources: undefined },
      ...others.map(({ sources }, i) => ({ first: starts[i]!, count: rest[i]!.length, sources })),
    ],
  };
}
