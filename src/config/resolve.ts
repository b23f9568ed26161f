import { covers, network, type WireIpv4, wireOrder } from '../types/ipv4.js';
import type { AddressRange, IfaceConfig, RouteConfig, RouterIfaceConfig, VlanConfig } from './config.js';
import { defaultMac } from './defaultMac.js';
import type { IfaceEntry } from './ifaceSchema.js';
import type { RouteEntry } from './routeSchema.js';
import { TABLE_MAIN } from './routingConfig.js';

/** Entries of the file -> configured objects: names, MACs and ranges filled in. Pure; says nothing about faults. */

/** An interface with its VLANs. An entry without device (a fault reported elsewhere) gets an empty device name. */
export function resolveIface(entry: IfaceEntry, gateway: string): IfaceConfig {
  const device = entry.tap ?? entry.packet ?? '';
  const name = entry.name ?? device;
  const mac = entry.mac ?? defaultMac(gateway, name);
  return {
    name,
    kind: entry.tap === undefined ? 'packet' : 'tap',
    device,
    netns: entry.netns,
    role: entry.role,
    mac,
    mtu: entry.mtu,
    addresses: entry.addresses,
    group: 0,
    reversePath: 'off',
    offloads: entry.offloads ?? true,
    txQueueLength: entry.txQueueLength ?? 16384,
    promiscuous: entry.promiscuous ?? true,
    vlans: entry.vlans.map(
      (vlan): VlanConfig => ({
        id: vlan.id,
        name: vlan.name ?? `${name}.${vlan.id}`,
        role: vlan.role ?? entry.role,
        mac: vlan.mac ?? mac,
        mtu: vlan.mtu ?? entry.mtu,
        addresses: vlan.addresses,
        group: 0,
        reversePath: 'off',
      }),
    ),
  };
}

/** The router interface whose connected subnet holds the address. */
export function ifaceToward(address: WireIpv4, rifs: readonly RouterIfaceConfig[]): RouterIfaceConfig | undefined {
  return rifs.find((rif) => rif.addresses.some((own) => covers(own, address)));
}

/** A route with its device; the device is found from the next hop when the file does not say. */
export function resolveRoute(entry: RouteEntry, rifs: readonly RouterIfaceConfig[]): RouteConfig {
  const dev = entry.dev ?? (entry.via === undefined ? undefined : ifaceToward(entry.via, rifs)?.name);
  const { type, via } = entry;
  return {
    table: TABLE_MAIN,
    to: network(entry.to),
    type,
    tos: 0,
    metric: 0,
    scope: via === undefined && type === 'unicast' ? 253 : 0,
    source: undefined,
    mtu: undefined,
    protocol: 3,
    realm: undefined,
    nexthops: type === 'unicast' ? [{ via, dev, weight: 1, onlink: false }] : [],
  };
}

/** Every address of a range, lowest first. */
export function expand(range: AddressRange): WireIpv4[] {
  const addresses: WireIpv4[] = [];
  for (let host: number = range.low; host <= range.high; host++) addresses.push(wireOrder(host));
  return addresses;
}
