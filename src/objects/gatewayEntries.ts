import { resolveZone } from '../config/resolveZone.js';
import { zoneTree } from '../config/zoneYaml.js';
import { formatIpv4 } from '../types/ipv4.js';
import { usualZone } from './gatewayDraft.js';
import { floatingIpRecord, gatewayText } from './gatewayRecords.js';
import type { FloatingIpEntry } from './kinds/floatingIp.js';
import type { GatewayEntry } from './kinds/router.js';
import type { FloatingIpObject, GatewayObject, PortForwarding } from './model.js';

/** Gateways and floating IPs as a file of objects has them (objectEntries.ts). */

/** A key of each entry; undefined: it is left out. A key that the schema has and this lacks is an error of types. */
export type Keys<Entry> = { readonly [K in keyof Entry]-?: unknown };

/** Without the zone that nobody wrote. */
export function gatewayEntry(gateway: GatewayObject): Keys<GatewayEntry> {
  const { network, subnet, address, mac, sources, zones } = gatewayText(gateway);
  const usual = zoneTree(resolveZone(usualZone(gateway.address), 'default'));
  return {
    ...{ network, subnet, address, mac, enableSnat: gateway.enableSnat ? undefined : false },
    sources: unlessEmpty(sources as unknown[]),
    zones: JSON.stringify(zones) === JSON.stringify([usual]) ? undefined : zones,
    hosts: unlessEmpty(gateway.hosts),
  };
}

export function floatingIpEntry(floating: FloatingIpObject): Keys<FloatingIpEntry> {
  const { name, address, network, lport, fixed, placement, mac } = floatingIpRecord(floating);
  return {
    ...{ name: name === address ? undefined : name, address, network, lport: lport ?? undefined, fixed: fixed ?? undefined },
    ...{ placement: placement === 'distributed' ? undefined : placement, mac },
    forwardings: unlessEmpty(floating.forwardings.map(forwardingEntry)),
  };
}

function forwardingEntry({ protocol, port, lport, fixed, toPort }: PortForwarding): Record<string, unknown> {
  return { protocol, port, lport, fixed: formatIpv4(fixed), ...(toPort === port ? {} : { toPort }) };
}

function unlessEmpty<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length === 0 ? undefined : list;
}
