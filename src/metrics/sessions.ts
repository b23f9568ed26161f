import type { Registry } from 'prom-client';
import { portUses } from '../control/show/portUse.js';
import type { Shown } from '../control/show/shown.js';
import { eventTotal, sessionTotal, zoneTotal } from '../control/show/totals.js';
import { CounterEvent, ZoneCounter } from '../shared/counters.js';
import type { PortUses } from '../types/show.js';
import { pulledCounter, pulledGauge } from './pulled.js';

/**
 * Sessions and ports by zone. No scrape walks the session table: every session holds one port of its own, so the sessions of
 * a zone and protocol are the ports in use of the zone's addresses (control/show/portUse). Addresses are no label values
 * (D29); `show zones -o wide` has them.
 */
export function registerSessions(registry: Registry, shown: Pick<Shown, 'built' | 'states' | 'index'>): void {
  const { states, index } = shown;
  const protocols = ['tcp', 'udp', 'icmp'] as const satisfies readonly (keyof PortUses)[];
  const ports = (field: 'used' | 'capacity') => () =>
    shown.built.config.zones.flatMap((zone) => {
      const uses = zone.localAddresses.map((address) => portUses(states, index.addresses().get(address)!));
      return protocols.map(
        (protocol) => [{ zone: zone.name, protocol }, uses.reduce((sum, one) => sum + one[protocol][field], 0)] as const,
      );
    });
  const labels = ['zone', 'protocol'];
  pulledGauge(registry, { name: 'windrose_sessions', help: 'NAT sessions.', labels, samples: ports('used') });
  pulledGauge(registry, {
    name: 'windrose_zone_ports_used',
    help: 'Ports of the local addresses in use; of ICMP, identifiers.',
    labels,
    samples: ports('used'),
  });
  pulledGauge(registry, {
    name: 'windrose_zone_ports_capacity',
    help: 'Ports of the local addresses.',
    labels,
    samples: ports('capacity'),
  });
  pulledGauge(registry, {
    name: 'windrose_session_rows_used',
    help: 'Rows of the session table in use.',
    samples: () => [[{}, sessionTotal(states)]],
  });
  pulledGauge(registry, {
    name: 'windrose_sessions_limit',
    help: 'Most NAT sessions there can be.',
    samples: () => [[{}, states.reduce((sum, { sessions }) => sum + sessions.capacity, 0)]],
  });
  const zoned = (name: string, help: string, counter: ZoneCounter) =>
    pulledCounter(registry, {
      name,
      help,
      labels: ['zone'],
      samples: () =>
        shown.built.config.zones.map((zone) => [{ zone: zone.name }, zoneTotal(states, index.zone(zone.name), counter)] as const),
    });
  zoned('windrose_sessions_created_total', 'NAT sessions created.', ZoneCounter.Created);
  zoned('windrose_sessions_ended_total', 'NAT sessions ended, by their timer or otherwise.', ZoneCounter.Ended);
  zoned('windrose_sessions_refused_total', 'NAT sessions refused: no address, no port, or the table full.', ZoneCounter.Refused);
  pulledCounter(registry, {
    name: 'windrose_zone_address_retries_total',
    help: 'Times a local address had no port left and the next one was tried.',
    samples: () => [[{}, eventTotal(states, CounterEvent.AddressRetries)]],
  });
}
