import { routeText, ruleText } from '../../config/routingText.js';
import { SYSTEM_TABLES } from '../../config/tableNames.js';
import { grouped } from '../../objects/grouped.js';
import type { GatewayObject, Objects, SubnetObject } from '../../objects/model.js';
import { formatIpv4, formatPrefix, type Prefix, type WireIpv4 } from '../../types/ipv4.js';
import { formatMac } from '../../types/mac.js';
import type { GatewayRow, RifRow, RouterRow } from '../../types/showObjects.js';
import type { SnatHosts } from '../dvr/placement/snatPlacement.js';
import type { TurnedAway } from '../dvr/view/fitView.js';
import type { ExitView, HostView } from '../dvr/view/hostView.js';
import { TABLES } from '../dvr/view/roomBook.js';
import { gatewayRifName, snatRifName } from '../dvr/view/servicesOf.js';

type ExitsHere = Pick<HostView, 'host' | 'exits'>;

/** Rows of `show routers`. */
export function routerRows({ routers, rifs }: Objects, snatHosts: SnatHosts, leftOut: readonly TurnedAway[]): RouterRow[] {
  const ofRouter = grouped(rifs, ({ router }) => router);
  return routers.map(({ name, distributed, adminUp, routes, rules, gateways }) => ({
    ...{ name, distributed, adminUp },
    interfaces: (ofRouter.get(name) ?? []).map((rif) => rif.name),
    gateways: gateways.map(gatewayRow),
    snatHost: snatHosts.get(name) ?? '',
    leftOut: leftOutText(leftOut.find((one) => one.name === name && (one.kind === 'router' || one.kind === 'service'))),
    routes: routes.map((route) => routeText(route, SYSTEM_TABLES.names)),
    rules: rules.map((rule) => ruleText(rule, SYSTEM_TABLES.names)),
  }));
}

/** "router interfaces: 8192" */
function leftOutText(left: TurnedAway | undefined): string {
  return left === undefined ? '' : `${TABLES[left.table]}: ${left.limit}`;
}

function gatewayRow({ network, subnet, address, mac, enableSnat, sources, zones, hosts }: GatewayObject): GatewayRow {
  return {
    ...{ network, subnet, address: formatIpv4(address), mac: formatMac(mac), enableSnat, hosts: [...hosts] },
    sources: sources.map(formatPrefix),
    zones: zones.map(({ name }) => name),
  };
}

/**
 * Rows of `show rifs`: those that every replica has, behind each what its SNAT service has there, and gateways; then those of this host's exits.
 */
export function rifRows({ routers, rifs, subnets }: Objects, { host, exits }: ExitsHere, snatHosts: SnatHosts): RifRow[] {
  const known = new Map<string, SubnetObject>(subnets.map((subnet) => [subnet.name, subnet]));
  const serviced = new Set(routers.flatMap(({ name, gateways }) => (gateways.length === 0 ? [] : [name])));
  return [
    ...rifs.flatMap((rif): RifRow[] => {
      const { name, router, subnet, address, mac, snat } = rif;
      const { network, cidr, gateway } = known.get(subnet)!;
      const at = { router, subnet, network };
      const own: RifRow = {
        name,
        kind: 'replica',
        ...at,
        ...addressed(address, cidr, mac),
        gateway: address === gateway,
        host: '',
      };
      if (snat === undefined || !serviced.has(router)) return [own];
      const service = { ...at, ...addressed(snat.address, cidr, snat.mac), gateway: false, host: snatHosts.get(router) ?? '' };
      return [own, { name: snatRifName(rif), kind: 'snat', ...service }];
    }),
    ...routers.flatMap(({ name: router, gateways }) =>
      gateways.map((gateway): RifRow => {
        const { network, subnet, address, mac } = gateway;
        const own = addressed(address, known.get(subnet)!.cidr, mac);
        return {
          name: gatewayRifName(router, gateways, gateway),
          kind: 'gateway',
          router,
          subnet,
          network,
          ...own,
          gateway: false,
          host: snatHosts.get(router) ?? '',
        };
      }),
    ),
    ...exits.flatMap((exit) => exitRows(exit, host)),
  ];
}

function exitRows({ name: exit, network, rif, pairs, floating }: ExitView, host: string): RifRow[] {
  const at = { network, subnet: '', gateway: false, host };
  const none = { address: '', mac: '' };
  const own = rif.address === undefined ? none : addressed(rif.address.address, rif.address, rif.mac);
  return [
    { name: rif.name, kind: 'exit', router: exit, ...at, ...own, mac: formatMac(rif.mac) },
    ...floating.flatMap(({ own: of }): RifRow[] =>
      of === undefined ? [] : [{ name: of.name, kind: 'exit', router: exit, ...at, ...none, mac: formatMac(of.mac) }],
    ),
    ...pairs.flatMap(({ router, routerSide, exitSide }): RifRow[] => [
      { name: routerSide.name, kind: 'pair', router, ...at, mac: '', address: formatPrefix(routerSide.address) },
      { name: exitSide.name, kind: 'pair', router: exit, ...at, mac: '', address: formatPrefix(exitSide.address) },
    ]),
  ];
}

function addressed(address: WireIpv4, { length }: Prefix, mac: Uint8Array): Pick<RifRow, 'address' | 'mac'> {
  return { address: `${formatIpv4(address)}/${length}`, mac: formatMac(mac) };
}
