import type { ZoneConfig } from '../../config/config.js';
import { ZoneCounter } from '../../shared/counters.js';
import { formatIpv4, formatPrefix, type WireIpv4 } from '../../types/ipv4.js';
import type { LocalAddressRow, PoolRow, ZoneRow } from '../../types/show.js';
import type { PortUse, ZoneNat } from '../../types/showNat.js';
import type { DrainingAddress } from '../buildAddresses.js';
import { portUses } from './portUse.js';
import type { Shown } from './shown.js';
import { zoneTotal } from './totals.js';

type Seen = Pick<Shown, 'built' | 'states' | 'index'>;

/** Zones in matching order, then those that the configuration does not name any more while sessions use their addresses. */
export function showZones(shown: Seen): ZoneRow[] {
  const { built, states, index } = shown;
  const { zones } = built;
  const names = new Set(zones.map((zone) => zone.name));
  const gone = [...new Set(built.draining.map(({ zone }) => zone))].filter((name) => !names.has(name));
  const row = (name: string, part: Pick<ZoneRow, 'order' | 'match' | 'state' | 'localAddresses' | 'nat'>): ZoneRow => {
    const leaving = built.draining.filter(({ zone }) => zone === name).map((one) => leavingAddress(shown, one));
    return {
      ...part,
      name,
      leaving,
      sessions: [...part.localAddresses, ...leaving].reduce((sum, one) => sum + one.sessions, 0),
      refused: zoneTotal(states, index.zone(name), ZoneCounter.Refused),
    };
  };
  return [
    ...zones.map((zone, i) =>
      row(zone.name, {
        order: i + 1,
        match: zone.match.map(formatPrefix),
        state: 'active',
        nat: natOf(zone),
        localAddresses: zone.localAddresses.map((address) => localAddress(shown, address)),
      }),
    ),
    ...gone.map((name) => row(name, { order: 0, match: [], state: 'draining', nat: null, localAddresses: [] })),
  ];
}

/** How the zone translates what it translates. */
function natOf({ pooling, protocols, mapping, filtering, overload }: ZoneConfig): ZoneNat {
  const nat: ZoneNat = { pooling };
  for (const one of protocols) nat[one] = { mapping: mapping[one], filtering: filtering[one], overload: overload[one] };
  return nat;
}

/** Sessions and ports of an address the gateway serves. */
export function localAddress({ built, states, index }: Seen, address: WireIpv4): LocalAddressRow {
  const ports = portUses(states, index.addresses().get(address)!, built);
  const sum = (field: keyof PortUse) => ports.tcp[field] + ports.udp[field] + ports.icmp[field];
  return {
    address: formatIpv4(address),
    sessions: sum('sessions'),
    portsUsed: sum('used'),
    portsHeld: sum('held'),
    portsCapacity: sum('capacity'),
    ports,
  };
}

/** The same of one that takes no new session. */
export function leavingAddress(shown: Seen, { address, zone, state, sinceMs }: DrainingAddress): PoolRow {
  const drainingSeconds = Math.round((performance.now() - sinceMs) / 100) / 10;
  return { ...localAddress(shown, address), zone, state, drainingSeconds };
}
