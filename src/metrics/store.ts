import type { Registry } from 'prom-client';
import { presenceOf, type ShownLife } from '../control/show/hosts.js';
import type { Shown, ShownStore } from '../control/show/shown.js';
import { SECONDS } from '../types/storeRequests.js';
import { pulledCounter, pulledGauge, type Sample } from './pulled.js';
import { pulledHistogram } from './pulledHistogram.js';

/** The store of the objects; a gateway that is no host of distributed routers has no samples. */
export function registerStore(registry: Registry, shown: Pick<Shown, 'store' | 'life' | 'objects'>): void {
  registerState(registry, shown);
  registerRequests(registry, shown);
}

function registerState(registry: Registry, shown: Pick<Shown, 'store' | 'life' | 'objects'>): void {
  const gauge = (name: string, help: string, value: (store: ShownStore) => number) =>
    pulledGauge(registry, { name, help, samples: () => (shown.store === undefined ? [] : [[{}, value(shown.store)]]) });
  gauge(
    'windrose_store_up',
    '1: the store of the objects answers; 0: it does not, and what was read last stays in use. Only with host.',
    ({ reachable }) => (reachable ? 1 : 0),
  );
  gauge(
    'windrose_store_revision',
    'Revision of the store at which the objects were read last. Only with host.',
    ({ read }) => read,
  );
  gauge(
    'windrose_store_applied_revision',
    'Revision of the store whose objects are in use. Only with host.',
    ({ applied }) => applied,
  );
  gauge(
    'windrose_store_lag_seconds',
    'How long objects that were read have been waiting to be in use; 0: none wait. Only with host.',
    ({ waiting }) => waiting,
  );
  gauge(
    'windrose_store_lease_held',
    '1: the other hosts know that this one lives; 0: its lease is lost. Only with host.',
    ({ held }) => (held ? 1 : 0),
  );
  pulledGauge(registry, {
    name: 'windrose_store_hosts',
    help: 'Hosts of the objects by what is known of their gateways: alive, starting (it does not forward yet), stopped as told, silent, or unknown: the store says nothing. Only with host.',
    labels: ['state'],
    samples: () => (shown.life === undefined ? [] : hostsOf(shown.life, shown.objects)),
  });
}

function registerRequests(registry: Registry, shown: Pick<Shown, 'store'>): void {
  const counter = (
    name: string,
    help: string,
    labels: readonly string[],
    samples: (counts: ShownStore['counts'], store: ShownStore) => Sample[],
  ) =>
    pulledCounter(registry, {
      ...{ name, help, labels },
      samples: () => (shown.store === undefined ? [] : samples(shown.store.counts, shown.store)),
    });
  counter(
    'windrose_store_requests_total',
    'Requests to the store; conflict: somebody else was faster, and it was asked again. Only with host.',
    ['request', 'result'],
    ({ requests }) =>
      Array.from(requests, ([key, count]): Sample => {
        const [request, result] = key.split(' ') as [string, string];
        return [{ request, result }, count];
      }),
  );
  pulledHistogram(registry, {
    name: 'windrose_store_request_seconds',
    help: 'Time from a request to the store to its answer. Only with host.',
    labels: ['request'],
    bounds: SECONDS,
    samples: () =>
      Array.from(shown.store?.counts.buckets ?? [], ([request, counts]) => ({
        ...{ labels: { request }, counts, sum: shown.store!.counts.seconds.get(request)! },
      })),
  });
  counter('windrose_store_events_total', 'Changes of keys that watches have told. Only with host.', [], ({ events }) => [
    [{}, events],
  ]);
  counter(
    'windrose_store_watches_ended_total',
    'Watches that ended by themselves; what they follow is read again. Only with host.',
    ['cause'],
    ({ relists }) => Array.from(relists, ([cause, count]): Sample => [{ cause }, count]),
  );
  counter(
    'windrose_store_audit_differences_total',
    'Keys that audits found to be others than watches had told. Only with host.',
    [],
    (_, { differences }) => [[{}, differences]],
  );
}

/** Of the objects only: one that was removed after it had died is missed by nobody. */
function hostsOf({ others }: ShownLife, shown: Shown['objects']): Sample[] {
  const counts = { alive: 0, starting: 0, stopped: 0, silent: 0, unknown: 0 };
  for (const { name } of shown?.objects.hosts ?? []) {
    const known = others.hosts.get(name);
    if (known !== undefined) counts[presenceOf(known, name === shown!.host, others.lostSince).state]++;
  }
  return Object.entries(counts).map(([state, count]) => [{ state }, count]);
}
