import type { RouteConfig, RuleConfig } from '../../../config/config.js';
import { DEFAULT_RULES } from '../../../config/routingConfig.js';
import { derived } from '../../../objects/derivedNames.js';
import { grouped } from '../../../objects/grouped.js';
import type { GatewayObject, Objects, RifObject } from '../../../objects/model.js';
import { covers, type WireIpv4 } from '../../../types/ipv4.js';
import type { Mac } from '../../../types/mac.js';
import type { Mapped } from '../placement/floatingPlacement.js';
import { hasOneHost } from '../placement/snatPlacement.js';
import { zonesOf } from './gatewayZones.js';
import type { ServiceRifView, ServiceView } from './hostView.js';
import { type GatewayOn, gatewaysOn, routesOf, type Subnets, waysOut } from './redirect.js';

/** `sg-` interface of a router interface: `qr-blue` -> `sg-blue`. */
export function snatRifName({ name }: Pick<RifObject, 'name'>): string {
  return derived.snatRif(name);
}

/** `qg-` interface: the first gateway's is called after the router alone. */
export function gatewayRifName(router: string, gateways: readonly GatewayObject[], gateway: GatewayObject): string {
  return derived.gatewayRif(router, gateway.network, gateway === gateways[0]);
}

/**
 * What `host` has at present of routers that are on one host (dvr.md 2.5): SNAT services, and routers that are not distributed as a whole.
 * `snatHosts` says of each router which host that is; `mapped`: floating addresses and ports that are served there.
 */
export function servicesOf(
  objects: Objects,
  host: string,
  snatHosts: ReadonlyMap<string, string>,
  subnets: Subnets,
  mapped: (router: string) => readonly Mapped[],
): ServiceView[] {
  const here = objects.routers.filter((router) => hasOneHost(router) && snatHosts.get(router.name) === host);
  const ofRouter = grouped(objects.rifs, (rif) => rif.router);
  return here.map((router) => {
    const { name, distributed } = router;
    const gateways = gatewaysOn(router, subnets);
    const rifs = (ofRouter.get(name) ?? []).filter((rif) => !distributed || rif.snat !== undefined);
    const devOf = (gateway: GatewayObject): string => gatewayRifName(name, router.gateways, gateway);
    const mappings = mapped(name);
    const ways = waysOut(gateways, devOf, mappings);
    const own = routesOf(router, gateways);
    return {
      name: distributed ? derived.service(name) : name,
      router: name,
      rifs: [
        ...rifs.map((rif) => (distributed ? serviceRif(rif, subnets) : ownRif(rif, subnets))),
        ...gateways.map((one) => outsideRif(devOf(one.gateway), one)),
      ],
      routes: [
        ...ways.routes,
        ...own.internal.map((route) => (distributed ? inService(route, rifs) : route)),
        ...own.external.map((route) => outside(route, gateways, devOf)),
      ],
      // Of a distributed router its own rules are the replicas'.
      rules: distributed ? ways.rules : withRules(router.rules, ways.rules),
      ...zonesOf(router),
      reject: 'port-unreach',
      staticMappings: mappings.map(({ mapping }) => mapping),
    };
  });
}

/** Rules of a router that is not distributed, and those that its gateways add to the default ones. */
function withRules(own: readonly RuleConfig[], ways: readonly RuleConfig[]): RuleConfig[] {
  return [...own, ...ways.filter((rule) => !DEFAULT_RULES.includes(rule))].sort((a, b) => a.priority - b.priority);
}

function serviceRif(rif: RifObject, subnets: Subnets): ServiceRifView {
  return { ...insideRif(rif, rif.snat!, subnets), name: snatRifName(rif) };
}

function ownRif(rif: RifObject, subnets: Subnets): ServiceRifView {
  return { ...insideRif(rif, rif, subnets), isGateway: rif.address === subnets.get(rif.subnet)!.gateway };
}

function insideRif(
  { name, subnet }: RifObject,
  { address, mac }: { readonly address: WireIpv4; readonly mac: Mac },
  subnets: Subnets,
): ServiceRifView {
  const { network, cidr } = subnets.get(subnet)!;
  return {
    ...{ name, network, mac, role: 'inside', translates: true, isGateway: false },
    address: { address, mask: cidr.mask, length: cidr.length },
  };
}

function outsideRif(name: string, { gateway, subnet }: GatewayOn): ServiceRifView {
  const { address, mac, network, enableSnat } = gateway;
  return {
    ...{ name, network, mac, role: 'outside', translates: enableSnat, isGateway: false },
    address: { address, mask: subnet.cidr.mask, length: subnet.cidr.length },
  };
}

/** A route of the replica's, by the interface that the service has on the same subnet. */
function inService(route: RouteConfig, rifs: readonly RifObject[]): RouteConfig {
  const devs = new Map(rifs.map((rif) => [rif.name, snatRifName(rif)]));
  const nexthops = route.nexthops.map((hop) => ({ ...hop, dev: hop.dev && (devs.get(hop.dev) ?? hop.dev) }));
  return { ...route, nexthops };
}

function outside(route: RouteConfig, gateways: readonly GatewayOn[], devOf: (gateway: GatewayObject) => string): RouteConfig {
  const nexthops = route.nexthops.map((hop) => {
    const on = gateways.find(({ subnet }) => hop.via !== undefined && covers(subnet.cidr, hop.via));
    return on === undefined ? hop : { ...hop, dev: devOf(on.gateway) };
  });
  return { ...route, nexthops };
}

/** An address of the SNAT service of a router, and the host that has it at present; undefined: none has. */
export interface UniqueAddress {
  readonly network: string;
  readonly address: WireIpv4;
  readonly mac: Mac;
  readonly host: string | undefined;
  readonly router: string;
}

/**
 * Inside addresses of what is on one host, which guests and replicas know whoever has them (dvr.md 1.2, I5): sg- of distributed
 * routers, all interfaces of others. Those of external networks are asked for.
 */
export function uniqueAddresses({ routers, rifs, subnets }: Objects, snatHosts: ReadonlyMap<string, string>): UniqueAddress[] {
  const onOne = new Map(routers.flatMap((router) => (hasOneHost(router) ? [[router.name, router.distributed] as const] : [])));
  const networks = new Map(subnets.map(({ name, network }) => [name, network]));
  return rifs.flatMap((rif) => {
    const distributed = onOne.get(rif.router);
    const own = distributed ? rif.snat : rif;
    // A router without a host is not there; a service whose host is not known yet is waited for.
    if (distributed === undefined || own === undefined || (!distributed && !snatHosts.has(rif.router))) return [];
    return [
      {
        network: networks.get(rif.subnet)!,
        address: own.address,
        mac: own.mac,
        host: snatHosts.get(rif.router),
        router: rif.router,
      },
    ];
  });
}
