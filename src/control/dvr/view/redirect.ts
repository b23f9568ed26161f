import type { RouteConfig, RuleConfig } from '../../../config/config.js';
import { DEFAULT_RULES, TABLE_MAIN } from '../../../config/routingConfig.js';
import type { GatewayObject, Objects, RifObject, RouterObject, SubnetObject } from '../../../objects/model.js';
import { covers, hostOrder, maskOf, type Prefix, type WireIpv4 } from '../../../types/ipv4.js';
import { PROTOCOL_NUMBERS } from '../../buildStatics.js';
import type { Mapped } from '../placement/floatingPlacement.js';

/** Rules and routes that follow from a router's gateways, with the numbers of the reference (dvr.md 4.1). */

const EVERYTHING: Prefix = { address: 0 as WireIpv4, mask: maskOf(0), length: 0 };

/** What a rule has that says nothing but the arguments. */
export function lookupRule(priority: number, from: Prefix | undefined, table: number): RuleConfig {
  return { ...DEFAULT_RULES[0]!, priority, from, action: { type: 'lookup', table } };
}

/** `default via VIA dev DEV table TABLE`. */
export function defaultRoute(via: WireIpv4, dev: string, table: number): RouteConfig {
  return {
    ...{ table, to: EVERYTHING, type: 'unicast', tos: 0, metric: 0, scope: 0, source: undefined, mtu: undefined },
    ...{ protocol: 3, realm: undefined, nexthops: [{ via, dev, weight: 1, onlink: false }] },
  };
}

/** A number of a rule and of a table: the address as an unsigned word, 10.0.0.1 is 167772161. */
export function numberOf(address: WireIpv4): number {
  return hostOrder(address) >>> 0;
}

/** Rules of address scopes, and in an exit the one of what it says itself. */
export const SCOPE_PRIORITY = 80_000;

/**
 * What leads the sources of each interface's subnet to the SNAT service there: `from 10.0.0.1/24 lookup 167772161`, `default via
 * 10.0.0.3`. Addresses of an `untranslated` subnet leave by an exit as they are. Of theirs only packets to an external address of
 * the router itself (`own`) are led there, by rules before that of the scope: their answer would come from inside, and from
 * another address than was asked (dvr.md 2.8).
 */
export function redirectsOf(
  router: RouterObject,
  rifs: readonly RifObject[],
  subnets: ReadonlyMap<string, SubnetObject>,
  untranslated: readonly Prefix[],
  own: readonly WireIpv4[],
): { readonly rules: RuleConfig[]; readonly routes: RouteConfig[] } {
  const led = router.gateways.length === 0 ? [] : rifs.filter(({ snat }) => snat !== undefined);
  const leavesAsIs = ({ subnet }: RifObject): boolean => untranslated.includes(subnets.get(subnet)!.cidr);
  return {
    rules: led.map((rif) => {
      const { address, subnet } = rif;
      const { mask, length } = subnets.get(subnet)!.cidr;
      const priority = leavesAsIs(rif) ? SCOPE_PRIORITY - 1 : numberOf(address);
      return lookupRule(priority, { address, mask, length }, numberOf(address));
    }),
    routes: led.flatMap((rif) => {
      const route = defaultRoute(rif.snat!.address, rif.name, numberOf(rif.address));
      return leavesAsIs(rif) ? own.map((address) => ({ ...route, to: { address, mask: maskOf(32), length: 32 } })) : [route];
    }),
  };
}

/** Addresses of a router on external networks: of its gateways, their zones, and the floating IPs of its guests. */
export function externalAddresses({ name, gateways }: RouterObject, floatingIps: Objects['floatingIps']): WireIpv4[] {
  const zones = gateways.flatMap((gateway) => gateway.zones);
  return [
    ...new Set([
      ...gateways.map(({ address }) => address),
      ...zones.flatMap(({ localAddresses, draining }) => [...localAddresses, ...draining]),
      ...floatingIps.flatMap(({ router, address }) => (router === name ? [address] : [])),
    ]),
  ];
}

/** A gateway with the subnet it is on. */
export interface GatewayOn {
  readonly gateway: GatewayObject;
  readonly subnet: SubnetObject;
}

export function gatewaysOn({ gateways }: RouterObject, subnets: ReadonlyMap<string, SubnetObject>): GatewayOn[] {
  return gateways.map((gateway) => ({ gateway, subnet: subnets.get(gateway.subnet)! }));
}

/**
 * A router's own routes, told apart: those with a next hop on an external network belong to whoever has an interface there, or a default of
 * theirs would take what rules behind table main are for (dvr.md 4.1, derived behaviour 2). The rest is the replica's.
 */
export function routesOf(
  { routes }: RouterObject,
  gateways: readonly GatewayOn[],
): { readonly internal: RouteConfig[]; readonly external: RouteConfig[] } {
  const isExternal = ({ nexthops }: RouteConfig): boolean =>
    nexthops.some(({ via }) => via !== undefined && gateways.some(({ subnet }) => covers(subnet.cidr, via)));
  return { internal: routes.filter((route) => !isExternal(route)), external: routes.filter(isExternal) };
}

/**
 * Rules and routes of what has a way out by each gateway: connected and extra routes first, then the gateway on whose network the inside end has a
 * mapping, then the one whose sources cover the packet's, then the first.
 */
export function waysOut(
  gateways: readonly GatewayOn[],
  devOf: (gateway: GatewayObject) => string,
  mapped: readonly Mapped[] = [],
): { readonly rules: RuleConfig[]; readonly routes: RouteConfig[] } {
  const [first, ...others] = gateways;
  const upstream = ({ gateway, subnet }: GatewayOn, table: number): RouteConfig[] =>
    subnet.gateway === undefined ? [] : [defaultRoute(subnet.gateway, devOf(gateway), table)];
  const routes = first === undefined ? [] : upstream(first, TABLE_MAIN);
  if (others.length === 0) return { rules: [...DEFAULT_RULES], routes };
  const bySource = others.flatMap(({ gateway }) =>
    gateway.sources.map((source) => lookupRule(BY_SOURCE, source, numberOf(gateway.address))),
  );
  const connected = { ...lookupRule(MAIN_FIRST, undefined, TABLE_MAIN), suppressPrefixLength: 0 };
  const byMapping = mapped.flatMap((one) => mappedRule(one, gateways));
  const tables = byMapping.some(({ action }) => action.type === 'lookup' && action.table === numberOf(first!.gateway.address));
  return {
    rules: [...DEFAULT_RULES, connected, ...byMapping, ...bySource].sort((a, b) => a.priority - b.priority),
    routes: [...routes, ...(tables ? gateways : others).flatMap((one) => upstream(one, numberOf(one.gateway.address)))],
  };
}

/** Leads what comes from the inside end of a mapping to the gateway on its network, unless its source does so by itself. */
function mappedRule({ network, mapping: { protocol, inside } }: Mapped, gateways: readonly GatewayOn[]): RuleConfig[] {
  const own = gateways.find(({ gateway }) => gateway.network === network);
  const bySource =
    gateways.find(({ gateway }) => gateway.sources.some((source) => covers(source, inside.address))) ?? gateways[0];
  if (own === undefined || own === bySource) return [];
  const from = { address: inside.address, mask: maskOf(32), length: 32 };
  const rule = lookupRule(MAIN_FIRST, from, numberOf(own.gateway.address));
  if (protocol === undefined) return [rule];
  return [{ ...rule, ipProtocol: PROTOCOL_NUMBERS[protocol], sport: { low: inside.port, high: inside.port } }];
}

/** All of table main but its default, then what mappings and sources say, then the default. */
const MAIN_FIRST = 32_764;
const BY_SOURCE = 32_765;

export type Subnets = ReadonlyMap<string, SubnetObject>;
export function subnetsByName({ subnets }: Pick<Objects, 'subnets'>): Subnets {
  return new Map(subnets.map((subnet) => [subnet.name, subnet]));
}
