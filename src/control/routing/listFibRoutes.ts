import type { RouteConfig } from '../../config/config.js';
import { TABLE_LOCAL, TABLE_MAIN } from '../../config/routingConfig.js';
import { FibFlag, FibType } from '../../tables/fib.js';
import { hostOrder, maskOf, type WireIpv4, wireOrder } from '../../types/ipv4.js';
import { type DrainingAddress, rifTowards } from '../buildAddresses.js';
import type { BuiltRif } from '../buildRifs.js';
import type { RouterScope } from '../routerScope.js';
import { type FibRouteSpec, type FibWay, Scope } from './routeSpec.js';

const types: Readonly<Record<RouteConfig['type'], FibType>> = {
  unicast: FibType.Unicast,
  local: FibType.Local,
  broadcast: FibType.Broadcast,
  multicast: FibType.Multicast,
  blackhole: FibType.Blackhole,
  unreachable: FibType.Unreachable,
  prohibit: FibType.Prohibit,
  throw: FibType.Throw,
};

/**
 * Every route of a configuration: those of the interfaces' addresses as the kernel makes them (fib_add_ifaddr of Linux 6.18), those
 * of the zones' and static mappings' external addresses, and the configured ones. `pools`: address index of each local address.
 */
export function listFibRoutes(
  config: RouterScope,
  rifs: readonly BuiltRif[],
  draining: readonly DrainingAddress[],
  pools: ReadonlyMap<number, number>,
): FibRouteSpec[] {
  const poolOf = (address: number): number => (pools.get(address) ?? -1) + 1;
  const own = new Set(rifs.flatMap((rif) => rif.config.addresses.map(({ address }) => address)));
  const answered = new Set([
    ...config.zones.flatMap((zone) => zone.localAddresses),
    ...draining.map(({ address }) => address),
    ...config.staticMappings.map(({ external }) => external.address),
  ]);
  const zones = [...answered]
    .filter((address) => !own.has(address))
    .map((address) => local(address, address, rifTowards(rifs, address), FibFlag.Zone, poolOf(address)));
  const byName = new Map(rifs.map((rif) => [rif.config.name, rif.index]));
  // Own addresses and zones' before broadcasts: an address that is both is answered for.
  return [
    ...rifs.flatMap((rif) => ownAddresses(rif, poolOf)),
    ...zones,
    ...rifs.flatMap(subnets),
    ...config.routes.map((route) => configured(route, byName)),
  ];
}

function ownAddresses(rif: BuiltRif, poolOf: (address: number) => number): FibRouteSpec[] {
  return rif.config.addresses.map(({ address }, i) => {
    const primary = primaryOf(rif, i) ?? i;
    return local(address, rif.config.addresses[primary]!.address, rif.index, FibFlag.Kernel, poolOf(address));
  });
}

/** Connected subnets and their broadcast addresses. Linux 6.18 has no route for the all-zeros address. */
function subnets(rif: BuiltRif): FibRouteSpec[] {
  return rif.config.addresses.flatMap((own, i) => {
    if (own.length === 32 || primaryOf(rif, i) !== undefined) return [];
    const network = (own.address & own.mask) as WireIpv4;
    const way = { rif: rif.index, gateway: 0, weight: 1, onlink: false, scope: Scope.Host };
    const common = { ...plain, scope: Scope.Link, source: own.address, flags: FibFlag.Kernel, ways: [way] };
    const connected = { ...common, table: TABLE_MAIN, destination: network, length: own.length, type: FibType.Unicast };
    if (own.length === 31) return [connected];
    const last = wireOrder((hostOrder(network) | hostOrder(~maskOf(own.length) as WireIpv4)) >>> 0);
    return [connected, { ...common, table: TABLE_LOCAL, destination: last, length: 32, type: FibType.Broadcast }];
  });
}

/** Index of the interface's first address of the same subnet; undefined when it is this one. */
function primaryOf(rif: BuiltRif, i: number): number | undefined {
  const { addresses } = rif.config;
  const { address, mask } = addresses[i]!;
  const first = addresses.findIndex((other) => other.mask === mask && (other.address & mask) === (address & mask));
  return first === i ? undefined : first;
}

const plain = { tos: 0, metric: 0, mtu: 0, mtuLocked: false, pool: 0 } as const;

function local(address: number, source: number, rif: number, flags: FibFlag, pool: number): FibRouteSpec {
  return {
    ...plain,
    table: TABLE_LOCAL,
    destination: address,
    length: 32,
    type: FibType.Local,
    scope: Scope.Host,
    source,
    flags,
    pool,
    ways: [{ rif, gateway: 0, weight: 1, onlink: false, scope: Scope.Nowhere }],
  };
}

/** A configured route. Interfaces of it that nobody has, and `lo`, are -1. */
export function configured(route: RouteConfig, rifs: ReadonlyMap<string, number>): FibRouteSpec {
  return {
    table: route.table,
    destination: route.to.address & route.to.mask,
    length: route.to.length,
    type: types[route.type],
    tos: route.tos,
    metric: route.metric,
    scope: route.scope,
    source: route.source ?? 0,
    mtu: route.mtu?.octets ?? 0,
    mtuLocked: route.mtu?.lock ?? false,
    flags: 0,
    pool: 0,
    ways: route.nexthops.map((way): FibWay => {
      return {
        rif: way.dev === undefined ? -1 : (rifs.get(way.dev) ?? -1),
        gateway: way.via ?? 0,
        weight: way.weight,
        onlink: way.onlink,
        scope: way.via === undefined ? (route.scope === Scope.Host ? Scope.Nowhere : Scope.Host) : Scope.Link,
      };
    }),
  };
}
