import type { Path } from '../config/issues.js';
import type { ObjectsDraft } from './draft.js';
import { ENCAPSULATION } from './kinds/network.js';
import type { LportObject, NetworkObject, Objects } from './model.js';
import { type RouterRouting, rulesAndRoutes } from './routerRouting.js';

/** A draft without faults -> objects: every default filled in. Pure; says nothing about faults. */
export function resolveObjects(draft: ObjectsDraft, routing: ReadonlyMap<Path, RouterRouting>): Objects {
  return {
    hosts: draft.hosts.map(({ value: { name, vtep, mode, mac, physnets } }) => ({ name, vtep, mode, mac, physnets })),
    networks: draft.networks.map(({ value }) => resolveNetwork(value, draft.underlayMtu!)),
    subnets: draft.subnets.map(({ value: { name, network, cidr, gateway, pools } }) => ({ name, network, cidr, gateway, pools })),
    lports: draft.lports.map(({ value }) => resolveLport(value)),
    routers: draft.routers.map(({ value: { name, distributed, adminUp }, path }) => ({
      name,
      distributed,
      adminUp,
      ...rulesAndRoutes(routing.get(path)!),
      gateways: [],
    })),
    rifs: draft.rifs.map(({ value: { name, router, subnet, address, mac } }) => ({
      name,
      router,
      subnet,
      address: address!,
      mac,
    })),
    floatingIps: [],
  };
}

function resolveNetwork(
  { name, type, id, physnet, mtu, unknownUnicast, arp }: ObjectsDraft['networks'][number]['value'],
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
  };
}

function resolveLport(entry: ObjectsDraft['lports'][number]['value']): LportObject {
  const { name, network, mac, addresses, host, tap, packet, netns, portSecurity, allowedPairs, owner, adminUp } = entry;
  const { migratingTo, migratingNetns = netns } = entry;
  const kind = tap === undefined ? 'packet' : 'tap';
  const device = tap ?? packet;
  return {
    ...{ name, network, mac, addresses, host, portSecurity, owner, adminUp },
    device: device === undefined ? undefined : { kind, name: device, netns },
    ...{ migratingTo, migratingNetns: migratingTo === undefined ? undefined : migratingNetns },
    allowedPairs: allowedPairs.map((pair) => ({ prefix: pair.address, mac: pair.mac })),
  };
}
