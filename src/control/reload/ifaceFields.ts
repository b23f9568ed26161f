import type { Config, IfaceConfig, NeighborConfig, RouterIfaceConfig } from '../../config/config.js';
import { formatIpv4, formatPrefix } from '../../types/ipv4.js';
import { formatMac } from '../../types/mac.js';
import type { Fields } from './changeFields.js';

/** Router interfaces by name: each device's own, then its VLANs, in the order of the file. */
export function ifaceFields({ ifaces }: Config): ReadonlyMap<string, Fields> {
  return new Map(
    ifaces.flatMap((iface) => [
      [iface.name, { device: deviceText(iface), ...optionFields(iface), ...rifFields(iface) }] as const,
      ...iface.vlans.map((vlan) => [vlan.name, { device: `${deviceText(iface)} vlan ${vlan.id}`, ...rifFields(vlan) }] as const),
    ]),
  );
}

/** As ip-neighbour(8) takes it. */
export function neighborText({ address, mac, dev }: NeighborConfig): string {
  return `${formatIpv4(address)} lladdr ${formatMac(mac)} dev ${dev}`;
}

function deviceText({ kind, device, netns }: IfaceConfig): string {
  return `${kind} ${device}${netns === undefined ? '' : ` in ${netns}`}`;
}

function optionFields({ kind, offloads, sendOffloads, coalesce, txQueueLength, promiscuous, exclusive }: IfaceConfig): Fields {
  const opened =
    kind === 'tap'
      ? { offloads: String(offloads), txQueueLength: String(txQueueLength) }
      : { promiscuous: String(promiscuous), exclusive: String(exclusive) };
  return { ...opened, sendOffloads: String(sendOffloads), coalesce: String(coalesce) };
}

function rifFields({ role, mac, mtu, addresses, group, reversePath }: RouterIfaceConfig): Fields {
  return {
    role,
    mac: formatMac(mac),
    mtu: mtu === undefined ? "the device's" : String(mtu),
    addresses: addresses.map(formatPrefix),
    group: String(group),
    reversePath,
  };
}
