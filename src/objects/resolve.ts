import type { Path } from '../config/issues.js';
import { network as cleared } from '../types/ipv4.js';
import type { ObjectsDraft } from './draft.js';
import type { FloatingIpDraft } from './floatingDraft.js';
import { zonesOf } from './gatewayDraft.js';
import { grouped } from './grouped.js';
import { ENCAPSULATION } from './kinds/network.js';
import type { FloatingIpObject, GatewayObject, LportObject, NetworkObject, Objects } from './model.js';
import { identity } from './records.js';
import { type RouterRouting, rulesAndRoutes } from './routerRouting.js';

/** A draft without faults -> objects: every default filled in. Pure; says nothing about faults. */
export function resolveObjects(draft: ObjectsDraft, routing: ReadonlyMap<Path, RouterRouting>): Objects {
  const gateways = gatewaysOf(draft);
  return {
    hosts: draft.hosts.map(({ value: { name, vtep, mode, mac, physnets, draining, externalAddresses } }) => ({
      ...{ name, vtep, mode, mac, physnets, draining, externalAddresses },
    })),
    networks: draft.networks.map(({ value }) => resolveNetwork(value, draft.underlayMtu!)),
    subnets: draft.subnets.map(({ value: { name, network, cidr, gateway, pools, addressScope } }) => ({
      ...{ name, network, cidr, gateway, pools, addressScope },
    })),
    lports: draft.lports.map(({ value }) => resolveLport(value)),
    routers: draft.routers.map(({ value: { name, distributed, adminUp }, path }) => ({
      name,
      distributed,
      adminUp,
      ...rulesAndRoutes(routing.get(path)!),
      gateways: gateways.get(name) ?? [],
    })),
    rifs: draft.rifs.map(({ value: { name, router, subnet, address, mac, snat } }) => ({
      ...{ name, router, subnet, address: address!, mac },
      snat: snat && { address: snat.address!, mac: snat.mac },
    })),
    floatingIps: draft.floatingIps.map(({ value }) => resolveFloatingIp(value)),
  };
}

/** By router. */
function gatewaysOf({ gateways }: ObjectsDraft): Map<string, GatewayObject[]> {
  const found = grouped(gateways, ({ value }) => value.router);
  return new Map(
    [...found].map(([router, all]) => [
      router,
      all.map(({ value }) => {
        const { network, subnet, address, mac, enableSnat, sources, hosts } = value;
        return {
          ...{ network, subnet: subnet!, address: address!, mac, enableSnat, hosts },
          sources: sources.map(cleared),
          zones: zonesOf(value),
        };
      }),
    ]),
  );
}

function resolveFloatingIp(draft: FloatingIpDraft): FloatingIpObject {
  const { name, address, network, router, lport, fixed, placement, mac, forwardings } = draft;
  return {
    ...{ name, address: address!, network, router, lport, fixed, placement, mac },
    forwardings: forwardings.map(({ protocol, port, lport: to, fixed: at, toPort }) => ({
      ...{ protocol, port, lport: to, fixed: at!, toPort },
    })),
  };
}

function resolveNetwork(
  { name, type, id, physnet, mtu, unknownUnicast, arp, external, floatingMac }: ObjectsDraft['networks'][number]['value'],
  underlayMtu: number,
): NetworkObject {
  return {
    name,
    type,
    id: id ?? 0,
    physnet,
    mtu: mtu ?? underlayMtu - ENCAPSULATION[type],
    unknownUnicast: unknownUnicast ?? (physnet === undefined ? 'drop' : 'flood'),
    arp: arp ?? 'flood',
    external,
    floatingMac: floatingMac ?? 'perHost',
  };
}

function resolveLport(entry: ObjectsDraft['lports'][number]['value']): LportObject {
  const { name, network, mac, addresses, host, tap, packet, netns, portSecurity, allowedPairs, owner, adminUp } = entry;
  const { migratingTo, migratingNetns = netns, instance, project } = entry;
  const kind = tap === undefined ? 'packet' : 'tap';
  const device = tap ?? packet;
  return {
    ...{ name, network, mac, addresses, host, portSecurity, owner, adminUp },
    device: device === undefined ? undefined : { kind, name: device, netns },
    ...{ migratingTo, migratingNetns: migratingTo === undefined ? undefined : migratingNetns },
    allowedPairs: allowedPairs.map((pair) => ({ prefix: pair.address, mac: pair.mac })),
    ...identity(instance, project),
  };
}
