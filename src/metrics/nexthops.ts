import type { Registry } from 'prom-client';
import { probeFacts } from '../control/probeState.js';
import type { Shown } from '../control/show/shown.js';
import { ControlWord } from '../shared/control.js';
import { formatIpv4 } from '../types/ipv4.js';
import { type Labels, pulledGauge } from './pulled.js';

/** Next hops with health probes: as many as the configuration names. */
export function registerNexthops(registry: Registry, shown: Pick<Shown, 'built' | 'states'>): void {
  const labels = ['dev', 'address'];
  const facts = () => {
    const { control, probes } = shown.states[0]!;
    const now = Atomics.load(control, ControlWord.ClockTick);
    return shown.built.probes.map((probe) => {
      const { address, dev } = probe.config;
      return { where: { dev, address: formatIpv4(address) } as Labels, ...probeFacts(probes, probe, now) };
    });
  };
  pulledGauge(registry, {
    name: 'windrose_nexthop_up',
    help: '1: the next hop answers its health probes, or has not been found dead yet; 0: routes pass it over.',
    labels,
    samples: () => facts().map(({ where, dead }) => [where, dead ? 0 : 1] as const),
  });
  pulledGauge(registry, {
    name: 'windrose_nexthop_rtt_seconds',
    help: 'Time the last answer to a health probe took, in whole milliseconds. Absent: there was none.',
    labels,
    samples: () =>
      facts().flatMap(({ where, rttMs }): [Labels, number][] => (rttMs === undefined ? [] : [[where, rttMs / 1000]])),
  });
}
