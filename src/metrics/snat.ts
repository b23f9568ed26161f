import type { Registry } from 'prom-client';
import type { Shown, ShownSnat } from '../control/show/shown.js';
import { pulledCounter, pulledGauge, type Sample } from './pulled.js';

const KINDS = ['port', 'router', 'service', 'floating IP'] as const;

/** SNAT services and floating IPs of a host of distributed routers; another gateway has no samples. */
export function registerSnat(registry: Registry, shown: Pick<Shown, 'snat'>): void {
  const samples = (of: (snat: ShownSnat) => Sample[]) => (): Sample[] => (shown.snat === undefined ? [] : of(shown.snat));
  pulledGauge(registry, {
    name: 'windrose_snat_active',
    help: '1: this host has the SNAT service of the router at present, or all of one that is not distributed; 0: another one has it, or none. Routers with a gateway and a replica here, and those that it may have as a whole. Only with host.',
    labels: ['router'],
    samples: samples(({ routers }) => routers.map(({ name, here }): Sample => [{ router: name }, here ? 1 : 0])),
  });
  pulledCounter(registry, {
    name: 'windrose_snat_moves_total',
    help: 'SNAT services that came to this host, and that went from it. Only with host, and a store that several hosts share.',
    labels: ['direction'],
    samples: samples(({ moves }) => Object.entries(moves ?? {}).map(([direction, count]): Sample => [{ direction }, count])),
  });
  pulledGauge(registry, {
    name: 'windrose_floating_ips_without_number',
    help: 'Floating IPs of ports of this host that are not served because it has no number left for them. Only with host.',
    samples: samples(({ withoutNumber }) => [[{}, withoutNumber]]),
  });
  pulledGauge(registry, {
    name: 'windrose_objects_without_room',
    help: 'Objects that concern this host and that it has no room for, by kind (service: of a router, its SNAT service); they are left out, and the log names them. Only with host.',
    labels: ['kind'],
    samples: samples(({ withoutRoom }) =>
      KINDS.map((kind): Sample => [{ kind }, withoutRoom.filter((one) => one.kind === kind).length]),
    ),
  });
}
