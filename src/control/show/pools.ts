import { formatIpv4 } from '../../types/ipv4.js';
import type { PoolRow } from '../../types/show.js';
import type { Shown } from './shown.js';
import { leavingAddress, localAddress } from './zones.js';

const NO_PORTS = { used: 0, held: 0, free: 0, capacity: 0, sessions: 0, shared: 0 };

/** Every local address with its ports: the zones' in their order, each zone's active ones first; then those of zones that are gone. */
export function showPools(shown: Pick<Shown, 'built' | 'states' | 'index'>): PoolRow[] {
  const { zones, draining } = shown.built;
  const active = zones.flatMap((zone) =>
    zone.localAddresses.map((address): PoolRow => {
      return { ...localAddress(shown, address), zone: zone.name, state: 'active', drainingSeconds: null };
    }),
  );
  const leaving = draining.map((one) => leavingAddress(shown, one));
  const gone = zones.flatMap((zone) =>
    zone.removed
      .filter((address) => !draining.some((one) => one.address === address))
      .map((address): PoolRow => {
        const ports = { tcp: NO_PORTS, udp: NO_PORTS, icmp: NO_PORTS };
        const none = { sessions: 0, portsUsed: 0, portsHeld: 0, portsCapacity: 0, ports };
        return { address: formatIpv4(address), ...none, zone: zone.name, state: 'removed', drainingSeconds: null };
      }),
  );
  const place = new Map(zones.map((zone, i) => [zone.name, i]));
  const placeOf = ({ zone }: PoolRow): number => place.get(zone) ?? zones.length;
  return [...active, ...leaving, ...gone].sort((a, b) => placeOf(a) - placeOf(b));
}
