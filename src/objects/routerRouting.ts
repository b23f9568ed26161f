import { routeKey } from '../config/checks/routes.js';
import type { RouteConfig, RouterIfaceConfig, RuleConfig } from '../config/config.js';
import type { RoutedDraft } from '../config/draft.js';
import type { Path } from '../config/issues.js';
import type { Placed } from '../config/placed.js';
import { routingDraftOf } from '../config/routingDraft.js';
import { SYSTEM_TABLES } from '../config/tableNames.js';
import type { Prefix } from '../types/ipv4.js';
import type { ObjectsDraft } from './draft.js';

/** Rules and routes of one router, as a configuration with its interfaces would have them. */
export type RouterRouting = RoutedDraft;

/** Of every router, by the path it stands at. */
export function routingOfRouters(draft: ObjectsDraft): ReadonlyMap<Path, RouterRouting> {
  const cidrs = new Map(draft.subnets.map(({ value }) => [value.name, value.cidr]));
  const found = new Map<Path, RouterRouting>();
  for (const { value: router, path } of draft.routers) {
    const ofRouter = ({ path: own }: Placed<unknown>): boolean => own[1] === path[1];
    // Their next hops are reached by the service; replicas know neither.
    const gateways = draft.gateways.filter(ofRouter).map((gateway) => asOutside(gateway, cidrs));
    const rifs = [...draft.rifs.filter(ofRouter).map((rif) => asIface(rif, cidrs)), ...gateways];
    const entries = { routes: router.routes, rules: router.rules, defaultRules: undefined };
    const routing = routingDraftOf(
      entries,
      SYSTEM_TABLES,
      rifs.map(({ value }) => value),
    );
    // Without the subnets of all interfaces nobody can say what leads nowhere.
    const ifacesComplete = draft.complete.subnets && rifs.every(({ value }) => value.addresses.length > 0);
    found.set(path, { entries, rifs, routing, ifacesComplete });
  }
  return found;
}

/** All that a replica is built with: what the interfaces' own addresses make is left out. */
export function rulesAndRoutes({ routing, rifs }: RouterRouting): { routes: RouteConfig[]; rules: RuleConfig[] } {
  return {
    routes: routing.routes
      .filter(({ value }) => !routing.madeOfAddresses.has(routeKey(value)))
      .map(({ value }) => (leadsOut(value, rifs) ? withoutDevices(value) : value)),
    rules: routing.rules.map(({ value }) => value),
  };
}

function asIface(rif: ObjectsDraft['rifs'][number], cidrs: ReadonlyMap<string, Prefix>): Placed<RouterIfaceConfig> {
  const { name, mac, address, subnet } = rif.value;
  const cidr = cidrs.get(subnet);
  const addresses = cidr === undefined || address === undefined ? [] : [{ address, mask: cidr.mask, length: cidr.length }];
  return {
    value: { name, mac, addresses, role: 'inside', mtu: undefined, group: 0, reversePath: 'off' },
    path: rif.path,
  };
}

/** A gateway as an interface (Neutron: qg-): what stands behind it is reached there. */
function asOutside(
  { value, path }: ObjectsDraft['gateways'][number],
  cidrs: ReadonlyMap<string, Prefix>,
): Placed<RouterIfaceConfig> {
  const name = `qg-${value.isFirst ? value.router : `${value.router}-${value.network}`}`;
  const { value: iface } = asIface({ value: { ...value, name, subnet: value.subnet ?? '', snat: undefined }, path }, cidrs);
  return { value: { ...iface, role: 'outside' }, path };
}

/** Every way of the route is one by a gateway. */
export function leadsOut({ nexthops }: RouteConfig, rifs: RouterRouting['rifs']): boolean {
  return nexthops.length > 0 && nexthops.every(({ dev }) => isOutside(dev, rifs));
}

export function isOutside(dev: string | undefined, rifs: RouterRouting['rifs']): boolean {
  return rifs.some(({ value }) => value.name === dev && value.role === 'outside');
}

function withoutDevices(route: RouteConfig): RouteConfig {
  return { ...route, nexthops: route.nexthops.map((way) => ({ ...way, dev: undefined })) };
}
