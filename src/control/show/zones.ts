import { ZoneCounter } from '../../shared/counters.js';
import { formatIpv4, formatPrefix, type WireIpv4 } from '../../types/ipv4.js';
import type { LocalAddressRow, ZoneRow } from '../../types/show.js';
import { portUses } from './portUse.js';
import type { Shown } from './shown.js';
import { zoneTotal } from './totals.js';

/** Zones in matching order. */
export function showZones({ built, states, index }: Pick<Shown, 'built' | 'states' | 'index'>): ZoneRow[] {
  return built.config.zones.map((zone, i) => {
    const localAddresses = zone.localAddresses.map((address) => localAddress(states, address, index.addresses().get(address)!));
    return {
      order: i + 1,
      name: zone.name,
      match: zone.match.map(formatPrefix),
      localAddresses,
      sessions: localAddresses.reduce((sum, one) => sum + one.sessions, 0),
      refused: zoneTotal(states, index.zone(zone.name), ZoneCounter.Refused),
    };
  });
}

function localAddress(states: Shown['states'], address: WireIpv4, slot: number): LocalAddressRow {
  const ports = portUses(states, slot);
  const all = Object.values(ports);
  const portsUsed = all.reduce((sum, { used }) => sum + used, 0);
  return {
    address: formatIpv4(address),
    sessions: portsUsed,
    portsUsed,
    portsCapacity: all.reduce((sum, { capacity }) => sum + capacity, 0),
    ports,
  };
}
