import type { Objects } from '../../src/objects/model.js';
import type { ObjectsAt } from '../../src/store/objectStore.js';
import { formatIpv4 } from '../../src/types/ipv4.js';
import { isIpv6Prefix } from '../../src/types/ipv6.js';
import { formatMac } from '../../src/types/mac.js';
import type { Plan, PlanPort } from '../property/eastWestPlan.js';

/** What a store holds, as the model of the property tests reads it (test/property/eastWestModel.ts). Subnets are of 24 bits. */
export function storedPlan({ objects, claims }: ObjectsAt): Plan {
  const names = new Set(objects.lports.map(({ name }) => name));
  return {
    hosts: objects.hosts.map(({ name, vtep, mac }) => ({ name, vtep: formatIpv4(vtep!), mac: formatMac(mac!) })),
    networks: objects.networks.map(({ name, type, id, unknownUnicast, arp }) => {
      return { name, type, id, flood: unknownUnicast === 'flood', strict: arp === 'strict' };
    }),
    subnets: objects.subnets.map(({ name, network, cidr, gateway }) => ({
      ...{ name, network, stem: stemOf(formatIpv4(cidr.address)) },
      gateway: gateway === undefined ? undefined : formatIpv4(gateway),
    })),
    ports: objects.lports.map(planPort),
    routers: objects.routers.map(({ name, adminUp, distributed, routes }) => ({
      ...{ name, up: adminUp, distributed },
      routes: routes.map(({ to, nexthops: [hop] }) => {
        return { stem: stemOf(formatIpv4(to.address)), via: formatIpv4(hop!.via!), dev: hop!.dev! };
      }),
    })),
    rifs: objects.rifs.map(({ name, router, subnet, address, mac }) => {
      return { name, router, subnet, address: formatIpv4(address), mac: formatMac(mac) };
    }),
    claims: [...claims]
      .sort((a, b) => a.revision - b.revision)
      .filter(({ port }) => names.has(port))
      .map(({ network, address, mac, port, host }) => {
        return { network, address: formatIpv4(address), mac: formatMac(mac), port, host };
      }),
  };
}

function planPort(port: Objects['lports'][number]): PlanPort {
  const { name, network, mac, addresses, host, migratingTo, portSecurity, adminUp, owner, allowedPairs } = port;
  return {
    ...{ name, network, mac: formatMac(mac), addresses: addresses.map(formatIpv4), host, migratingTo },
    ...{ secure: portSecurity, up: adminUp, owner: owner === 'dhcp' || owner === 'router' ? owner : 'compute' },
    pairs: allowedPairs.flatMap(({ prefix, mac: by }) =>
      isIpv6Prefix(prefix)
        ? []
        : [{ address: formatIpv4(prefix.address), length: prefix.length, mac: by === undefined ? undefined : formatMac(by) }],
    ),
  };
}

function stemOf(address: string): string {
  return address.replace(/\d+$/, '');
}
