import { anySession, type SessionFilter } from '../../pipeline/sessionSweep.js';
import { ControlWord } from '../../shared/control.js';
import { STATIC_ZONE } from '../../shared/counters.js';
import { Host, type Hosts, HostsHead, hostTokensLeft } from '../../tables/hosts.js';
import { trieLookup } from '../../tables/prefixTrie.js';
import { staticOfInside } from '../../tables/statics.js';
import { Zone } from '../../tables/zones.js';
import { formatIpv4, type WireIpv4 } from '../../types/ipv4.js';
import type { InsideHostRow } from '../../types/showNat.js';
import { namesOfServices } from './routerNames.js';
import { STATIC_NAME, type TablePlace } from './sessions.js';
import type { Shown } from './shown.js';

/**
 * Up to `limit` inside hosts with sessions, in the order of the tables, which is no order. Of the filter its inside address and its
 * zone count. A host stands in the table of one worker, its home, which counts its sessions wherever they are. A host that has
 * sessions keeps its row, so pages neither leave out nor repeat one that has some throughout.
 */
export function* showInsideHosts(
  { built, states, index }: Pick<Shown, 'built' | 'states' | 'index'>,
  limit: number,
  filter: SessionFilter = anySession,
  place: TablePlace = { worker: 0, row: 0 },
): Generator<InsideHostRow> {
  const seen: Seen = {
    built,
    routers: namesOfServices(built),
    pools: new Map([...index.addresses()].map(([address, slot]) => [slot, address])),
  };
  let left = limit;
  for (; place.worker < states.length; place.worker++, place.row = 0) {
    const { hosts, control } = states[place.worker]!;
    while (place.row < hosts.head[HostsHead.HighWater]!) {
      if (left === 0) return;
      const row = place.row++ * Host.Words;
      const address = hosts.rows[row + Host.Address]!;
      if (hosts.rows[row + Host.Sessions]! <= 0 || (address & filter.insideMask) !== filter.inside) continue;
      const router = hosts.rows[row + Host.Router]!;
      if (filter.router >= 0 && router !== filter.router) continue;
      const zone = zoneOf(seen, router, address);
      if (filter.zone >= 0 && counterOf(seen, zone) !== filter.zone) continue;
      const shown = hostRow(seen, hosts, row, zone, Atomics.load(control, ControlWord.ClockTick));
      // The row went to another host while it was read.
      if (hosts.rows[row + Host.Address] !== address) continue;
      left--;
      yield shown;
    }
  }
}

interface Seen {
  readonly built: Shown['built'];
  readonly routers: ReadonlyMap<number, string>;
  /** Local addresses by their index among the port pools. */
  readonly pools: ReadonlyMap<number, number>;
}

/** All of the host has an external address of its own, before any zone: a static mapping, or a floating IP that is centralized. */
const WHOLLY_STATIC = -2;

/** Number of the zone the host falls into, -1, or WHOLLY_STATIC. */
function zoneOf({ built: { snapshot } }: Seen, router: number, address: number): number {
  const statics = snapshot.routers.statics[router];
  if (statics !== undefined && staticOfInside(statics, address, 0, 0) >= 0) return WHOLLY_STATIC;
  return trieLookup((snapshot.routers.zones[router] ?? snapshot.zones).trie, address);
}

/** What sessions of such a zone are marked with; -1: none is. */
function counterOf({ built: { snapshot } }: Seen, zone: number): number {
  if (zone === WHOLLY_STATIC) return STATIC_ZONE;
  return zone < 0 ? -1 : snapshot.zones.rows[zone * Zone.Words + Zone.State]!;
}

/** `zone`: as zoneOf gives it. */
function hostRow({ built, routers, pools }: Seen, t: Hosts, row: number, zone: number, now: number): InsideHostRow {
  const r = t.rows;
  const limits = built.snapshot.zones.rows;
  const limit = (word: Zone): number | null => (zone < 0 ? null : limits[zone * Zone.Words + word]! || null);
  const rate = limit(Zone.HostRate);
  const sticky = pools.get(r[row + Host.Sticky]! - 1);
  return {
    host: formatIpv4(r[row + Host.Address]! as WireIpv4),
    zone: zone === WHOLLY_STATIC ? STATIC_NAME : (built.zones[zone]?.name ?? ''),
    router: routers.get(r[row + Host.Router]!) ?? '',
    sessions: r[row + Host.Sessions]!,
    ports: { tcp: r[row + Host.Ports]!, udp: r[row + Host.PortsUdp]!, icmp: r[row + Host.PortsIcmp]! },
    halfOpen: r[row + Host.HalfOpen]!,
    newSessionsLeft: rate === null ? null : hostTokensLeft(t, row, now, rate, limit(Zone.HostBurst) ?? 0),
    address: built.zones[zone]?.pooling !== 'rr-host' || sticky === undefined ? '' : formatIpv4(sticky as WireIpv4),
    limits: {
      sessions: limit(Zone.HostSessions),
      ports: limit(Zone.HostPorts),
      halfOpen: limit(Zone.HostHalfOpen),
      newPerSecond: rate,
    },
  };
}
