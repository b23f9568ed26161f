import type { Registry } from 'prom-client';
import { portUse } from '../control/show/portUse.js';
import type { Shown } from '../control/show/shown.js';
import { sessionLimit, sessionTotal, zoneTotal } from '../control/show/totals.js';
import { CounterEvent, ZoneCounter } from '../shared/counters.js';
import { PortSpace } from '../tables/portBlocks.js';
import type { WireIpv4 } from '../types/ipv4.js';
import type { PortUse, PortUses } from '../types/showNat.js';
import { eventCounters } from './eventCounters.js';
import { pulledCounter, pulledGauge, type Sample } from './pulled.js';
import { zoneAddresses } from './zoneAddresses.js';

/**
 * Sessions and ports by zone. No scrape walks the session table: the port pools count their sessions, and those of a zone and
 * protocol are those of the zone's addresses, draining ones included (control/show/portUse). The pool, which may run out, is made
 * of the active ones only. What only the rows know, their states, comes from the census: a walk in slices that a scrape asks for
 * and does not wait for.
 */
export function registerSessions(registry: Registry, shown: Pick<Shown, 'built' | 'states' | 'index' | 'census'>): void {
  const { states, index } = shown;
  const protocols = [
    ['tcp', PortSpace.Tcp],
    ['udp', PortSpace.Udp],
    ['icmp', PortSpace.Icmp],
  ] as const satisfies readonly (readonly [keyof PortUses, PortSpace])[];
  const sum = (addresses: readonly WireIpv4[], space: PortSpace, field: keyof PortUse): number => {
    let total = 0;
    for (const address of addresses) total += portUse(states, space, index.addresses().get(address)!, shown.built)[field];
    return total;
  };
  const samples = (field: keyof PortUse, draining: boolean) =>
    function* (): Generator<Sample> {
      for (const { zone, active, leaving, configured } of zoneAddresses(shown.built)) {
        // A zone that is gone stays until the last session of its addresses has ended; it has no ports to hand out.
        if (!configured && !draining) continue;
        for (const [protocol, space] of protocols) {
          const left = draining ? sum(leaving, space, field) : 0;
          yield [{ zone, protocol }, sum(active, space, field) + left];
        }
      }
    };
  const labels = ['zone', 'protocol'];
  pulledGauge(registry, {
    name: 'windrose_sessions',
    help: 'NAT sessions of zones, those of draining addresses included.',
    labels,
    samples: samples('sessions', true),
  });
  pulledGauge(registry, {
    name: 'windrose_zone_ports_used',
    help: 'Ports of the active local addresses in use; of ICMP, identifiers.',
    labels,
    samples: samples('used', false),
  });
  pulledGauge(registry, {
    name: 'windrose_zone_ports_held',
    help: 'Ports of the active local addresses held back after their session; they are in use too.',
    labels,
    samples: samples('held', false),
  });
  pulledGauge(registry, {
    name: 'windrose_sessions_shared',
    help: 'NAT sessions of zones that share their port with another, those of draining addresses included.',
    labels,
    samples: samples('shared', true),
  });
  pulledGauge(registry, {
    name: 'windrose_zone_ports_capacity',
    help: 'Ports of the active local addresses, without those of static mappings.',
    labels,
    samples: samples('capacity', false),
  });
  pulledGauge(registry, {
    name: 'windrose_session_rows_used',
    help: 'NAT sessions, by static mappings too.',
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
  zoned(
    'windrose_sessions_refused_total',
    'NAT sessions refused, for whatever reason; windrose_frames_dropped_total says how many for which.',
    ZoneCounter.Refused,
  );
  const event = eventCounters(registry, states);
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
