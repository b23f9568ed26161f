import type { IfaceConfig, RouterIfaceConfig, ZoneConfig } from './config.js';
import { type Placed, placed } from './placed.js';
import type { PartialEntries } from './readEntries.js';
import { resolveIface } from './resolve.js';
import { resolveZone } from './resolveZone.js';
import { type RoutingDraft, type RoutingEntries, routingDraftOf } from './routingDraft.js';
import { type SettledProbe, settleProbes } from './settleProbes.js';
import type { TableNames } from './tableNames.js';

export { type Placed, placed } from './placed.js';

/**
 * What the checks between items look at: everything that could be read, with the place it came from. `ifacesComplete` says
 * whether a name that is not there is really not there; checks that would accuse a name wait for it.
 */
export interface Draft {
  readonly entries: PartialEntries;
  readonly ifaces: readonly Placed<IfaceConfig>[];
  /** Interfaces and VLANs alike. */
  readonly rifs: readonly Placed<RouterIfaceConfig>[];
  readonly zones: readonly Placed<ZoneConfig>[];
  readonly routing: RoutingDraft;
  /** As far as their interfaces were found. */
  readonly probes: readonly SettledProbe[];
  readonly ifacesComplete: boolean;
  readonly zonesComplete: boolean;
  /** False: there is a host, which could not be read. */
  readonly hostComplete: boolean;
}

/** What the checks of zones look at. */
export type ZonesDraft = Pick<Draft, 'rifs' | 'zones' | 'ifacesComplete'> & { readonly entries: Pick<PartialEntries, 'zones'> };

/** What the checks of rules and routes look at. */
export type RoutedDraft = Pick<Draft, 'rifs' | 'routing' | 'ifacesComplete'> & { readonly entries: RoutingEntries };

/** Collects what could be read. */
export function draftOf(entries: PartialEntries, tables: TableNames, hostComplete: boolean): Draft {
  const ifaces = placed(entries.ifaces, 'ifaces').map(({ value, path }) => ({
    value: resolveIface(value, entries.name ?? 'windrose'),
    path,
  }));
  const rifs = ifaces.flatMap(({ value, path }): Placed<RouterIfaceConfig>[] => [
    { value, path },
    ...value.vlans.map((vlan, i) => ({ value: vlan, path: [...path, 'vlans', i] })),
  ]);
  const zones = placed(entries.zones, 'zones').map(({ value, path }) => ({
    value: resolveZone(value, entries.profile ?? 'default'),
    path,
  }));
  const routing = routingDraftOf(
    entries,
    tables,
    rifs.map(({ value }) => value),
  );
  return {
    entries,
    ifaces,
    rifs,
    zones,
    routing,
    probes: settleProbes(
      placed(entries.nexthopProbes, 'nexthopProbes'),
      rifs.map(({ value }) => value),
      routing,
    ),
    ifacesComplete: ifaces.length > 0 && ifaces.length === entries.ifaces?.length,
    zonesComplete: zones.length === entries.zones?.length,
    hostComplete,
  };
}
