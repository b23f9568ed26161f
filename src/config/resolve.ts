import { type WireIpv4, wireOrder } from '../types/ipv4.js';
import type { AddressRange, IfaceConfig, VlanConfig } from './config.js';
import { defaultMac } from './defaultMac.js';
import type { IfaceEntry } from './ifaceSchema.js';

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
    group: entry.group,
    reversePath: entry.reversePath,
    offloads: entry.offloads ?? true,
    sendOffloads: entry.sendOffloads ?? true,
    coalesce: entry.coalesce ?? true,
    txQueueLength: entry.txQueueLength ?? 16384,
    promiscuous: entry.promiscuous ?? 'auto',
    exclusive: entry.exclusive ?? false,
    vlans: entry.vlans.map(
      (vlan): VlanConfig => ({
        id: vlan.id,
        name: vlan.name ?? `${name}.${vlan.id}`,
        role: vlan.role ?? entry.role,
        mac: vlan.mac ?? mac,
        mtu: vlan.mtu ?? entry.mtu,
        addresses: vlan.addresses,
        group: vlan.group ?? entry.group,
        reversePath: vlan.reversePath ?? entry.reversePath,
      }),
    ),
  };
}

/** Every address of a range, lowest first. */
export function expand(range: AddressRange): WireIpv4[] {
  const addresses: WireIpv4[] = [];
  for (let host: number = range.low; host <= range.high; host++) addresses.push(wireOrder(host));
  return addresses;
}
