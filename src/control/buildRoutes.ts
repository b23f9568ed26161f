import type { Config } from '../config/config.js';
import { TABLE_LOCAL } from '../config/routingConfig.js';
import { buildTrie, type TriePrefix } from '../tables/prefixTrie.js';
import { Route, type Routes, RouteType } from '../tables/routes.js';
import { hostOrder, maskOf, type WireIpv4, wireOrder } from '../types/ipv4.js';
import type { BuiltRif } from './buildRifs.js';

/**
 * A local address that takes no new session (zones.md 1.8): the configuration calls it draining, or names it no longer while
 * sessions use it. It is answered for and translated back until the last one ends; one that the configuration does not name is
 * forgotten then. Making it active again keeps its sessions.
 */
export interface DrainingAddress {
  readonly address: WireIpv4;
  /** Zone it belongs to, or belonged to last. */
  readonly zone: string;
  /** `removed`: its sessions are being ended. */
  readonly state: 'draining' | 'removed';
  /** Since when it takes no new session: monotonic milliseconds of this process. */
  readonly sinceMs: number;
}

/** What is said of a prefix, before compilation. */
export interface BuiltRoute {
  readonly address: number;
  readonly length: number;
  readonly type: RouteType;
  readonly rif: number;
  readonly gateway: number;
  /** An external address that only static mappings have. */
  readonly mapped?: true;
}

/**
 * What addresses are to the gateway: connected subnets with their network and broadcast addresses, the router's own addresses, the
 * zones' local addresses and the external ones of static mappings, and what else the file puts into table local. Of two with one
 * prefix the later in this list decides, so own addresses come last. Where packets go is another matter (control/routing).
 */
export function listRoutes(config: Config, rifs: readonly BuiltRif[], draining: readonly DrainingAddress[]): BuiltRoute[] {
  const byName = new Map(rifs.map((rif) => [rif.config.name, rif.index]));
  const routes: BuiltRoute[] = [];
  for (const { table, type, to, nexthops } of config.routes) {
    if (table !== TABLE_LOCAL || (type !== 'local' && type !== 'broadcast')) continue;
    const rif = byName.get(nexthops[0]?.dev ?? '') ?? -1;
    const own = type === 'local' ? RouteType.Local : RouteType.Broadcast;
    routes.push({ address: to.address, length: to.length, type: own, rif, gateway: 0 });
  }
  // Table main, where connected subnets are, is asked after table local: a prefix there that covers one leaves nothing of it.
  const configured = [...routes];
  for (const rif of rifs)
    for (const own of rif.config.addresses)
      for (const route of connected(own.address, own.mask, own.length, rif.index))
        if (route.type !== RouteType.Connected || !configured.some((other) => covers(other, route))) routes.push(route);
  // Addresses that only static mappings have are answered for like those of zones; they have no pool.
  const pooled = new Set([...config.zones.flatMap((zone) => zone.localAddresses), ...draining.map(({ address }) => address)]);
  const mapped = new Set(config.staticMappings.map(({ external }) => external.address));
  const answered = (address: WireIpv4): BuiltRoute => {
    return { address, length: 32, type: RouteType.Zone, rif: rifTowards(rifs, address), gateway: 0 };
  };
  for (const address of pooled) routes.push(answered(address));
  for (const address of mapped) if (!pooled.has(address)) routes.push({ ...answered(address), mapped: true });
  for (const rif of rifs) {
    for (const own of rif.config.addresses)
      routes.push({ address: own.address, length: 32, type: RouteType.Local, rif: rif.index, gateway: 0 });
  }
  return routes;
}

/** `pools`: address index of each local address (StateIndex). Sorts by ascending length, stably, so that the trie's later entries are the more specific ones. */
export function buildRoutes(list: readonly BuiltRoute[], pools: ReadonlyMap<number, number>): Routes {
  const sorted = [...list].sort((a, b) => a.length - b.length);
  const rows = new Int32Array(new SharedArrayBuffer(Math.max(1, sorted.length) * Route.Words * 4));
  const prefixes: TriePrefix[] = sorted.map((route, i) => {
    rows[i * Route.Words + Route.Type] = route.type;
    rows[i * Route.Words + Route.Rif] = route.rif;
    const pooled = route.type === RouteType.Zone || route.type === RouteType.Local;
    rows[i * Route.Words + Route.Gateway] = pooled ? (pools.get(route.address) ?? -1) + 1 : route.gateway;
    return { address: route.address, length: route.length, value: i };
  });
  return { trie: buildTrie(prefixes), rows };
}

function covers(outer: BuiltRoute, inner: BuiltRoute): boolean {
  return outer.length <= inner.length && ((outer.address ^ inner.address) & maskOf(outer.length)) === 0;
}

function connected(address: WireIpv4, mask: WireIpv4, length: number, rif: number): BuiltRoute[] {
  const network = address & mask;
  const routes: BuiltRoute[] = [{ address: network, length, type: RouteType.Connected, rif, gateway: 0 }];
  if (length > 30) return routes;
  const broadcast = wireOrder((hostOrder(network as WireIpv4) | (0xffff_ffff >>> length)) >>> 0);
  for (const edge of [network, broadcast]) routes.push({ address: edge, length: 32, type: RouteType.Broadcast, rif, gateway: 0 });
  return routes;
}

/** The outside interface in whose subnet a local address lies (it answers ARP there); -1: the address is routed to us. */
function rifTowards(rifs: readonly BuiltRif[], address: number): number {
  for (const rif of rifs) {
    if (rif.config.role !== 'outside') continue;
    for (const own of rif.config.addresses) if ((address & own.mask) === (own.address & own.mask)) return rif.index;
  }
  return -1;
}
