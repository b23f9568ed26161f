import type { Registry } from 'prom-client';
import { portUse } from '../control/show/portUse.js';
import type { Shown } from '../control/show/shown.js';
import { blocksHeld, PortSpace } from '../tables/portBlocks.js';
import { formatIpv4, type WireIpv4 } from '../types/ipv4.js';
import type { PortUses } from '../types/showNat.js';
import { type Labels, type PulledMetric, pulledGauge, type Sample } from './pulled.js';
import { zoneAddresses } from './zoneAddresses.js';

/** Addresses with samples of their own at most; a scrape with more would take longer than it should (MET-3). */
const MOST_ADDRESSES = 256;

const spaces = { tcp: PortSpace.Tcp, udp: PortSpace.Udp, icmp: PortSpace.Icmp } as const satisfies Record<
  keyof PortUses,
  PortSpace
>;
const protocols = Object.keys(spaces) as (keyof typeof spaces)[];

/**
 * Ports by local address (MET-1). The addresses come from the configuration, at most limits.localAddresses, so they are a
 * closed set and may be label values; hosts and remotes never are.
 */
export function registerAddresses(registry: Registry, shown: Pick<Shown, 'built' | 'states' | 'index'>): void {
  const { states, index } = shown;
  const metric = (name: string, help: string, value: (slot: number, space: PortSpace) => number): PulledMetric => ({
    name,
    help: `${help} At most ${MOST_ADDRESSES} addresses have samples: in the order of the zones, then those that drain.`,
    labels: ['address', 'protocol'],
    samples: () =>
      localAddresses(shown).flatMap((address) => {
        const slot = index.addresses().get(address)!;
        return protocols.map((protocol): [Labels, number] => [
          { address: formatIpv4(address), protocol },
          value(slot, spaces[protocol]),
        ]);
      }),
  });
  pulledGauge(
    registry,
    metric('windrose_address_ports_used', 'Ports of a local address in use.', (slot, space) => portUse(states, space, slot).used),
  );
  pulledGauge(
    registry,
    metric(
      'windrose_address_ports_capacity',
      'Ports of a local address, without those of static mappings.',
      (slot, space) => portUse(states, space, slot, shown.built).capacity,
    ),
  );
  pulledGauge(
    registry,
    metric(
      'windrose_address_ports_held',
      'Ports of a local address held back after their session; they are in use too.',
      (slot, space) => portUse(states, space, slot).held,
    ),
  );
  pulledGauge(
    registry,
    metric(
      'windrose_address_sessions',
      'NAT sessions of a local address.',
      (slot, space) => portUse(states, space, slot).sessions,
    ),
  );
  pulledGauge(
    registry,
    metric(
      'windrose_address_sessions_shared',
      'NAT sessions of a local address that share their port with another.',
      (slot, space) => portUse(states, space, slot).shared,
    ),
  );
  pulledGauge(
    registry,
    metric('windrose_address_port_blocks_held', 'Blocks of 64 ports of a local address that workers hold.', (slot, space) => {
      const { ports } = states[0]!;
      return states.reduce((sum, _, worker) => sum + blocksHeld(ports, worker, space * ports.addresses + slot), 0);
    }),
  );
  pulledGauge(registry, {
    name: 'windrose_zone_addresses',
    help: 'Local addresses of a zone; draining: takes no new session and is there until its last one ends.',
    labels: ['zone', 'state'],
    samples: () =>
      zoneAddresses(shown.built).flatMap(({ zone, active, leaving }): Sample[] => [
        [{ zone, state: 'active' }, active.length],
        [{ zone, state: 'draining' }, leaving.length],
      ]),
  });
}

function localAddresses({ built }: Pick<Shown, 'built'>): WireIpv4[] {
  const all = [...built.zones.flatMap((zone) => zone.localAddresses), ...built.draining.map(({ address }) => address)];
  return [...new Set(all)].slice(0, MOST_ADDRESSES);
}
