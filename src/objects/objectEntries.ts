import { routeText, ruleText } from '../config/routingText.js';
import { listedRules } from '../config/routingTree.js';
import { SYSTEM_TABLES } from '../config/tableNames.js';
import { formatIpv4 } from '../types/ipv4.js';
import { formatMac } from '../types/mac.js';
import { floatingIpEntry, gatewayEntry, type Keys } from './gatewayEntries.js';
import { grouped } from './grouped.js';
import type { KindKey } from './kindNames.js';
import type { HostEntry } from './kinds/host.js';
import type { LportEntry } from './kinds/lport.js';
import type { NetworkEntry } from './kinds/network.js';
import type { RouterEntry } from './kinds/router.js';
import type { SubnetEntry } from './kinds/subnet.js';
import type { HostObject, LportObject, NetworkObject, Objects, RifObject, RouterObject, SubnetObject } from './model.js';
import { lportRecord, subnetRecord } from './records.js';
import { underlayNeed } from './underlayNeed.js';

/** Objects as a file of objects has them: reading it gives the same objects, with the MACs that were drawn. */

export type ObjectEntry = Readonly<Record<string, unknown>>;
export type EntriesByKind = { readonly [K in KindKey]: readonly ObjectEntry[] } & { readonly underlayMtu?: number };

const USUAL_UNDERLAY_MTU = 1500;

export function entriesOf({ hosts, networks, subnets, lports, routers, rifs, floatingIps }: Objects): EntriesByKind {
  const rifsOf = grouped(rifs, ({ router }) => router);
  const underlayMtu = underlayOf(networks);
  return {
    ...(underlayMtu > USUAL_UNDERLAY_MTU ? { underlayMtu } : {}),
    hosts: hosts.map((host) => written(hostEntry(host))),
    networks: networks.map((network) => written(networkEntry(network))),
    subnets: subnets.map((subnet) => written(subnetEntry(subnet))),
    lports: lports.map((port) => written(lportEntry(port))),
    routers: routers.map((router) => written(routerEntry(router, rifsOf.get(router.name) ?? []))),
    floatingIps: floatingIps.map((floating) => written(floatingIpEntry(floating))),
  };
}

/** A floating IP is called by its address where it has no name. */
export function entryName(kind: KindKey, { name, address }: ObjectEntry): unknown {
  return name ?? (kind === 'floatingIps' ? address : undefined);
}

/** Those of one kind, and of these names if any are given, with what reading them takes. `missing`: names that nothing has. */
export function selectEntries(
  all: EntriesByKind,
  kind: KindKey | undefined,
  names: readonly string[],
): { readonly entries: Partial<EntriesByKind>; readonly missing: readonly string[] } {
  if (kind === undefined) return { entries: all, missing: [] };
  const wanted = new Set(names);
  const found = names.length === 0 ? all[kind] : all[kind].filter((entry) => wanted.has(entryName(kind, entry) as string));
  const there = new Set(found.map((entry) => entryName(kind, entry)));
  const mtu = kind === 'networks' && all.underlayMtu !== undefined ? { underlayMtu: all.underlayMtu } : {};
  return { entries: { ...mtu, [kind]: found }, missing: names.filter((name) => !there.has(name)) };
}

/** What the networks need between hosts: it is not kept itself. */
function underlayOf(networks: readonly NetworkObject[]): number {
  return Math.max(USUAL_UNDERLAY_MTU, underlayNeed(networks)?.octets ?? 0);
}

function hostEntry({ name, vtep, mode, mac, physnets, draining, externalAddresses = [] }: HostObject): Keys<HostEntry> {
  return {
    ...{ name, vtep: vtep && formatIpv4(vtep), mode: unless(mode, 'dvr'), mac: mac && formatMac(mac) },
    physnets: unlessEmpty(physnets),
    draining: draining === true ? true : undefined,
    externalAddresses: unlessEmpty(externalAddresses.map(({ network, address }) => ({ network, address: formatIpv4(address) }))),
  };
}

function networkEntry(network: NetworkObject): Keys<NetworkEntry> {
  const { name, type, id, physnet, mtu, unknownUnicast, arp, external, floatingMac } = network;
  const usual = physnet === undefined ? 'drop' : 'flood';
  return {
    ...{ name, type, id: unless(id, 0), physnet, mtu },
    ...{ unknownUnicast: unless(unknownUnicast, usual), arp: unless(arp, 'flood') },
    ...{ external: external === true ? true : undefined, floatingMac: floatingMac && unless(floatingMac, 'perHost') },
  };
}

function subnetEntry(subnet: SubnetObject): Keys<SubnetEntry> {
  const { name, network, cidr, gateway, pools, addressScope } = subnetRecord(subnet);
  return { name, network, cidr, gateway: gateway ?? 'none', pools: pools ?? undefined, addressScope };
}

function lportEntry(port: LportObject): Keys<LportEntry> {
  const { device, host } = port;
  const { name, network, mac, addresses, allowedPairs } = lportRecord(port);
  return {
    ...{ name, network, mac, addresses: unlessEmpty(addresses as string[]), host },
    migratingTo: port.migratingTo,
    migratingNetns: port.migratingNetns,
    tap: device?.kind === 'tap' ? device.name : undefined,
    packet: device?.kind === 'packet' ? device.name : undefined,
    netns: device?.netns,
    portSecurity: unless(port.portSecurity, true),
    allowedPairs: unlessEmpty((allowedPairs as ObjectEntry[]).map(written)),
    owner: unless(port.owner, 'compute'),
    adminUp: unless(port.adminUp, true),
    instance: port.instance,
    project: port.project,
  };
}

function routerEntry(
  { name, distributed, adminUp, routes, rules, gateways }: RouterObject,
  rifs: readonly RifObject[],
): Keys<RouterEntry> {
  const { names } = SYSTEM_TABLES;
  return {
    ...{ name, distributed: unless(distributed, true), adminUp: unless(adminUp, true) },
    interfaces: unlessEmpty(rifs.map((rif) => written(rifEntry(rif)))),
    gateways: unlessEmpty(gateways.map((gateway) => written(gatewayEntry(gateway)))),
    routes: unlessEmpty(routes.map((route) => routeText(route, names))),
    rules: unlessEmpty(listedRules(rules).map((rule) => ruleText(rule, names))),
  };
}

function rifEntry({ name, subnet, address, mac, snat }: RifObject): Keys<RouterEntry['interfaces'][number]> {
  return {
    ...{ name, subnet, address: formatIpv4(address), mac: formatMac(mac) },
    ...{ snat: snat && formatIpv4(snat.address), snatMac: snat && formatMac(snat.mac) },
  };
}

function unless<T>(value: T, usual: T): T | undefined {
  return value === usual ? undefined : value;
}

function unlessEmpty<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length === 0 ? undefined : list;
}

/** Without what is not there. */
function written(entry: object): ObjectEntry {
  return Object.fromEntries(Object.entries(entry).filter(([, value]) => value !== undefined && value !== null));
}
