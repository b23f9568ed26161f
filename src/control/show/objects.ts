import type { Claim } from '../../objects/claims.js';
import type { Objects } from '../../objects/model.js';
import { formatIpv4, formatPrefix, type WireIpv4, wireOrder } from '../../types/ipv4.js';
import { formatAnyPrefix } from '../../types/ipv6.js';
import { formatMac } from '../../types/mac.js';
import type { LportRow, ObjectRows } from '../../types/showObjects.js';
import { NO_SNAT_HOSTS, type SnatHosts } from '../dvr/placement/snatPlacement.js';
import type { TurnedAway } from '../dvr/view/fitView.js';
import type { HostView } from '../dvr/view/hostView.js';
import { floatingIpRows } from './floatingIps.js';
import { rifRows, routerRows } from './routers.js';
import type { Shown } from './shown.js';

/** The objects a host goes by, and what it is called among them. */
export interface ShownObjects {
  readonly objects: Objects;
  /** Those of all hosts, where they are more. */
  readonly all?: () => Promise<Objects>;
  readonly host: string;
  /** What follows for it. */
  readonly view: HostView;
  /** Who has announced which address. */
  readonly claims?: readonly Claim[];
  /** Where SNAT services are. */
  readonly snatHosts?: SnatHosts;
  /** Routers whose service has a record that does not end with the lease of its host. */
  readonly lasting?: ReadonlySet<string>;
  /** What this host has no room for. */
  readonly leftOut?: readonly TurnedAway[];
}

/** What is not in the objects alone. */
type NotOfObjects = 'fdb' | 'hosts' | 'lports' | 'physnets' | 'tunnels' | 'metadata';

/** Rows of objects; none in a gateway that is no host of distributed routers. */
export const showObjects: {
  readonly [N in Exclude<keyof ObjectRows, NotOfObjects>]: (shown: Pick<Shown, 'objects'>) => ObjectRows[N][];
} & {
  /** Ports without their devices (netDevices.ts). */
  readonly lports: (shown: Pick<Shown, 'objects'>) => Omit<LportRow, 'state' | 'traffic'>[];
} = {
  hostmacs: rowsOf(({ objects: { hosts } }) =>
    hosts.flatMap(({ name, mac }) => (mac === undefined ? [] : [{ host: name, mac_address: formatMac(mac) }])),
  ),
  networks: rowsOf(({ objects: { networks, subnets, lports } }) => {
    const ports = countsOf(lports.map(({ network }) => network));
    return networks.map(({ name, type, id, physnet = '', mtu, unknownUnicast, arp }) => ({
      ...{ name, type, id, physnet, mtu, unknownUnicast, arp },
      subnets: subnets.filter(({ network }) => network === name).map(({ cidr }) => formatPrefix(cidr)),
      ports: ports.get(name) ?? 0,
    }));
  }),
  subnets: rowsOf(({ objects: { subnets } }) =>
    subnets.map(({ name, network, cidr, gateway, pools = [] }) => ({
      ...{ name, network, cidr: formatPrefix(cidr), gateway: addressText(gateway) },
      pools: pools.map(({ low, high }) => `${formatIpv4(wireOrder(low))}-${formatIpv4(wireOrder(high))}`),
    })),
  ),
  lports: rowsOf(({ objects: { lports } }) =>
    lports.map(({ name, network, mac, addresses, host = '', migratingTo = '', device, owner, allowedPairs, ...port }) => ({
      ...{ name, network, mac: formatMac(mac), addresses: addresses.map(formatIpv4), host, migratingTo, owner },
      ...{ portSecurity: port.portSecurity, adminUp: port.adminUp },
      device: device === undefined ? '' : `${device.kind} ${device.name}`,
      netns: device?.netns ?? '',
      allowedPairs: allowedPairs.map((pair) =>
        [formatAnyPrefix(pair.prefix), ...(pair.mac ? [formatMac(pair.mac)] : [])].join(' '),
      ),
    })),
  ),
  routers: rowsOf(({ objects, snatHosts = NO_SNAT_HOSTS, leftOut = [] }) => routerRows(objects, snatHosts, leftOut)),
  rifs: rowsOf(({ objects, view, snatHosts = NO_SNAT_HOSTS }) => rifRows(objects, view, snatHosts)),
  'floating-ips': rowsOf(({ objects, claims = [], snatHosts = NO_SNAT_HOSTS }) => floatingIpRows(objects, claims, snatHosts)),
};

/** The same with the objects of all hosts: a host keeps only ports of networks it needs. */
export async function withAll<S extends Pick<Shown, 'objects'>>(shown: S): Promise<S> {
  const { objects } = shown;
  if (objects?.all === undefined) return shown;
  return Object.create(shown, { objects: { value: { ...objects, objects: await objects.all() } } }) as S;
}

function rowsOf<Row>(rows: (of: ShownObjects) => Row[]): (shown: Pick<Shown, 'objects'>) => Row[] {
  return ({ objects }) => (objects === undefined ? [] : rows(objects));
}

function countsOf<T>(all: readonly T[]): Map<T, number> {
  const counts = new Map<T, number>();
  for (const one of all) counts.set(one, (counts.get(one) ?? 0) + 1);
  return counts;
}

function addressText(address: WireIpv4 | undefined): string {
  return address === undefined ? '' : formatIpv4(address);
}
