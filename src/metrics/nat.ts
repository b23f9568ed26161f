import type { Registry } from 'prom-client';
import type { Shown } from '../control/show/shown.js';
import { sessionTotal } from '../control/show/totals.js';
import { CounterEvent } from '../shared/counters.js';
import { HostsHead } from '../tables/hosts.js';
import { headOf, PoolHead, PortSpace } from '../tables/portBlocks.js';
import type { State } from '../tables/state.js';
import { eventCounters } from './eventCounters.js';
import { pulledGauge } from './pulled.js';

/** Mappings, inside hosts, and what is done when ports run short. */
export function registerNat(registry: Registry, shown: Pick<Shown, 'states' | 'index' | 'census'>): void {
  const { states } = shown;
  pulledGauge(registry, {
    name: 'windrose_mappings',
    help: 'Endpoint-independent mappings, as the last walk over the sessions found them. A scrape starts one at most every 10 s.',
    labels: ['protocol'],
    samples: () => shown.census.latest().mappings.map(({ protocol, count }) => [{ protocol }, count] as const),
  });
  pulledGauge(registry, {
    name: 'windrose_sessions_static',
    help: 'NAT sessions by static mappings.',
    samples: () => [[{}, Math.max(0, sessionTotal(states) - pooledSessions(shown))]],
  });
  const hosts = (name: string, help: string, value: (state: State) => number) =>
    pulledGauge(registry, {
      name,
      help,
      labels: ['worker'],
      samples: () => states.map((state, id) => [{ worker: String(id) }, value(state)] as const),
    });
  hosts(
    'windrose_hosts',
    'Inside hosts with sessions, by the worker that is their home.',
    ({ hosts: t }) => t.head[HostsHead.Active]!,
  );
  hosts('windrose_hosts_limit', 'Most inside hosts with sessions the worker has room for.', ({ hosts: t }) => t.capacity);
  const event = eventCounters(registry, states);
  event(
    'windrose_sessions_overlapped_total',
    'NAT sessions created on a port that another session had, because none was free.',
    CounterEvent.SessionsOverlapped,
  );
  event(
    'windrose_sessions_recycled_total',
    'Closing or half-open NAT sessions ended early, because another session needed their port.',
    CounterEvent.SessionsRecycled,
  );
  event(
    'windrose_held_ports_reused_total',
    'Held ports given out before their time, because none was free.',
    CounterEvent.HeldReused,
  );
}

/** Sessions of zones: each counts in the pool its port is of. */
function pooledSessions({ states, index }: Pick<Shown, 'states' | 'index'>): number {
  const { ports } = states[0]!;
  let sum = 0;
  for (const slot of index.addresses().values())
    for (let worker = 0; worker < states.length; worker++)
      for (let space = 0; space < PortSpace.Count; space++)
        sum += ports.heads[headOf(ports, worker, space * ports.addresses + slot) + PoolHead.Sessions]!;
  return sum;
}
