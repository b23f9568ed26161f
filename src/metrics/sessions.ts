import type { Registry } from 'prom-client';
import { portUses } from '../control/show/portUse.js';
import type { Shown } from '../control/show/shown.js';
import { eventTotal, sessionLimit, sessionTotal, zoneTotal } from '../control/show/totals.js';
import { CounterEvent, ZoneCounter } from '../shared/counters.js';
import type { WireIpv4 } from '../types/ipv4.js';
import type { PortUses } from '../types/show.js';
import { pulledCounter, pulledGauge } from './pulled.js';

/**
 * Sessions and ports by zone. No scrape walks the session table: every session holds one port of its own, so the sessions of
 * a zone and protocol are the ports in use of the zone's addresses, draining ones included (control/show/portUse). The
 * pool, which may run out, is made of the active ones only. What only the rows know, their states, comes from the census: a
 * walk in slices that a scrape asks for and does not wait for.
 */
export function registerSessions(registry: Registry, shown: Pick<Shown, 'built' | 'states' | 'index' | 'census'>): void {
  const { states, index } = shown;
  const protocols = ['tcp', 'udp', 'icmp'] as const satisfies readonly (keyof PortUses)[];
  const sums = (zone: string, addresses: readonly WireIpv4[], field: 'used' | 'capacity') => {
    const uses = addresses.map((address) => portUses(states, index.addresses().get(address)!));
    return protocols.map((protocol) => [{ zone, protocol }, uses.reduce((sum, one) => sum + one[protocol][field], 0)] as const);
  };
  const ports = (field: 'used' | 'capacity') => () =>
    shown.built.config.zones.flatMap(({ name, localAddresses }) => sums(name, localAddresses, field));
  const sessions = () => {
    const { config, draining } = shown.built;
    // A zone that is gone stays until the last session of its addresses has ended.
    const names = new Set([...config.zones.map(({ name }) => name), ...draining.map(({ zone }) => zone)]);
    return [...names].flatMap((zone) => {
      const active = config.zones.find(({ name }) => name === zone)?.localAddresses ?? [];
      const leaving = draining.filter((one) => one.zone === zone).map(({ address }) => address);
      return sums(zone, [...active, ...leaving], 'used');
    });
  };
  const labels = ['zone', 'protocol'];
  pulledGauge(registry, {
    name: 'windrose_sessions',
    help: 'NAT sessions, those of draining addresses included.',
    labels,
    samples: sessions,
  });
  pulledGauge(registry, {
    name: 'windrose_zone_ports_used',
    help: 'Ports of the active local addresses in use; of ICMP, identifiers.',
    labels,
    samples: ports('used'),
  });
  pulledGauge(registry, {
    name: 'windrose_zone_ports_capacity',
    help: 'Ports of the active local addresses.',
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
    samples: () => [[{}, sessionLimit(states)]],
  });
  const zoned = (name: string, help: string, counter: ZoneCounter) =>
    pulledCounter(registry, {
      name,
      help,
      labels: ['zone'],
      samples: () =>
        // Zones that are gone too: their sessions still end.
        Array.from(index.zoneNames(), ([zone, slot]) => [{ zone }, zoneTotal(states, slot, counter)] as const),
    });
  zoned('windrose_sessions_created_total', 'NAT sessions created.', ZoneCounter.Created);
  zoned('windrose_sessions_ended_total', 'NAT sessions ended, by their timer or otherwise.', ZoneCounter.Ended);
  zoned('windrose_sessions_refused_total', 'NAT sessions refused: no address, no port, or the table full.', ZoneCounter.Refused);
  const event = (name: string, help: string, counter: CounterEvent) =>
    pulledCounter(registry, { name, help, samples: () => [[{}, eventTotal(states, counter)]] });
  event('windrose_sessions_expired_total', 'NAT sessions ended by their timer.', CounterEvent.SessionsExpired);
  event('windrose_sessions_purged_total', 'NAT sessions ended by an operator.', CounterEvent.SessionsPurged);
  event(
    'windrose_zone_address_retries_total',
    'Times a local address had no port left and the next one was tried.',
    CounterEvent.AddressRetries,
  );
  pulledGauge(registry, {
    name: 'windrose_sessions_by_state',
    help: 'NAT sessions by state, as the last walk over them found. A scrape starts one at most every 10 s.',
    labels: ['protocol', 'state'],
    samples: () => shown.census.latest().states.map(({ protocol, state, count }) => [{ protocol, state }, count] as const),
  });
}
