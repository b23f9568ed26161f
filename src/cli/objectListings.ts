import type {
  DeviceTraffic,
  FdbRow,
  FloatingIpRow,
  HostMacRow,
  HostRow,
  LportRow,
  MetadataRow,
  NetworkRow,
  ObjectRows,
  PhysnetRow,
  RifRow,
  RouterRow,
  SubnetRow,
  TunnelRow,
} from '../types/showObjects.js';
import { span } from './span.js';
import { type Column, renderTable } from './table.js';

/** Columns of objects of distributed routers. */

const yesNo = (yes: boolean): string => (yes ? 'yes' : 'no');
const state = ({ adminUp }: { readonly adminUp: boolean }): string => (adminUp ? 'UP' : 'DOWN');

/** "2", and while the host is draining "2 draining", at last "drained"; of a silent one "2 kept" (keptText). */
function servicesText({ services, draining, kept }: HostRow): string {
  if (kept > 0) return `${kept === services ? '' : `${services}, `}${kept} kept`;
  if (!draining) return String(services);
  return services === 0 ? 'drained' : `${services} draining`;
}

/** What to do about services of silent hosts that nobody takes; empty when there are none. */
function keptText(rows: readonly HostRow[]): string {
  const lines = rows.flatMap(({ name, kept }) => {
    if (kept === 0) return [];
    const what = kept === 1 ? 'the SNAT service of a router' : `the SNAT services of ${kept} routers`;
    return [
      `${name} is silent and keeps ${what}: no other host was to have ${kept === 1 ? 'it' : 'them'}, and it may serve on unseen.`,
      `Start it again, or when it is certain that it does not run: windrose delete host ${name}`,
    ];
  });
  return lines.length === 0 ? '' : `\n${lines.join('\n')}\n`;
}

const hosts: readonly Column<HostRow>[] = [
  { heading: 'NAME', cell: (row) => row.name },
  { heading: 'VTEP', cell: (row) => (row.named ? row.vtep : '-') },
  { heading: 'MODE', cell: (row) => (row.named ? row.mode : 'no object') },
  { heading: 'MAC', cell: (row) => row.mac },
  { heading: 'PORTS', cell: (row) => String(row.ports), right: true },
  { heading: 'SERVICES', cell: servicesText, right: true },
  { heading: 'SELF', cell: (row) => yesNo(row.self) },
  { heading: 'STATE', cell: (row) => row.state.toUpperCase() },
  { heading: 'FOR', cell: (row) => (row.stateSeconds === null ? '' : span(row.stateSeconds)), right: true },
  { heading: 'BOOT', cell: (row) => row.bootId.slice(0, 8) },
  { heading: 'APPLIED', cell: (row) => countText(row.applied ?? undefined), right: true },
  { heading: 'LAG', cell: (row) => (row.lag === null ? '' : span(row.lag)), right: true },
  { heading: 'BEHIND', cell: (row) => countText(row.behind ?? undefined), right: true, wide: true },
  { heading: 'VERSION', cell: (row) => row.version, wide: true },
  { heading: 'PHYSNETS', cell: (row) => row.physnets.join(','), wide: true },
];

/** Under the names of the reference's table. */
const hostmacs: readonly Column<HostMacRow>[] = [
  { heading: 'host', cell: (row) => row.host },
  { heading: 'mac_address', cell: (row) => row.mac_address },
];

const networks: readonly Column<NetworkRow>[] = [
  { heading: 'NAME', cell: (row) => row.name },
  { heading: 'TYPE', cell: (row) => row.type },
  { heading: 'ID', cell: (row) => (row.id === 0 ? '' : String(row.id)), right: true },
  { heading: 'PHYSNET', cell: (row) => row.physnet },
  { heading: 'MTU', cell: (row) => String(row.mtu), right: true },
  { heading: 'PORTS', cell: (row) => String(row.ports), right: true },
  { heading: 'SUBNETS', cell: (row) => row.subnets.join(',') },
  { heading: 'UNKNOWN', cell: (row) => row.unknownUnicast, wide: true },
  { heading: 'ARP', cell: (row) => row.arp, wide: true },
];

const subnets: readonly Column<SubnetRow>[] = [
  { heading: 'NAME', cell: (row) => row.name },
  { heading: 'NETWORK', cell: (row) => row.network },
  { heading: 'CIDR', cell: (row) => row.cidr },
  { heading: 'GATEWAY', cell: (row) => row.gateway },
  { heading: 'POOLS', cell: (row) => row.pools.join(','), wide: true },
];

/** Empty where another host counts. */
const traffic: readonly Column<{ readonly traffic: DeviceTraffic | null }>[] = [
  { heading: 'RX', cell: (row) => countText(row.traffic?.rxFrames), right: true },
  { heading: 'RX-OCTETS', cell: (row) => countText(row.traffic?.rxOctets), right: true, wide: true },
  { heading: 'RX-DROPPED', cell: (row) => countText(row.traffic?.rxDropped), right: true, wide: true },
  { heading: 'TX', cell: (row) => countText(row.traffic?.txFrames), right: true },
  { heading: 'TX-OCTETS', cell: (row) => countText(row.traffic?.txOctets), right: true, wide: true },
  { heading: 'TX-DROPPED', cell: (row) => countText(row.traffic?.txDropped), right: true, wide: true },
];

function countText(count: number | undefined): string {
  return count === undefined ? '' : String(count);
}

/** As in `show lports`: "h1", and "h1 -> h2" while it is migrating. */
function bindingText({ host, migratingTo }: LportRow): string {
  return migratingTo === '' ? host : `${host} -> ${migratingTo}`;
}

const lports: readonly Column<LportRow>[] = [
  { heading: 'NAME', cell: (row) => row.name },
  { heading: 'NETWORK', cell: (row) => row.network },
  { heading: 'MAC', cell: (row) => row.mac },
  { heading: 'ADDRESSES', cell: (row) => row.addresses.join(',') },
  { heading: 'HOST', cell: bindingText },
  { heading: 'ADMIN', cell: state },
  { heading: 'STATE', cell: (row) => row.state },
  { heading: 'DEVICE', cell: (row) => row.device, wide: true },
  { heading: 'NETNS', cell: (row) => row.netns, wide: true },
  { heading: 'OWNER', cell: (row) => row.owner, wide: true },
  { heading: 'SECURITY', cell: (row) => yesNo(row.portSecurity), wide: true },
  { heading: 'PAIRS', cell: (row) => row.allowedPairs.join(','), wide: true },
  ...traffic.map((column) => ({ ...column, wide: true })),
];

const physnets: readonly Column<PhysnetRow>[] = [
  { heading: 'NAME', cell: (row) => row.name },
  { heading: 'KIND', cell: (row) => row.kind },
  { heading: 'DEVICE', cell: (row) => row.device },
  { heading: 'NETNS', cell: (row) => row.netns, wide: true },
  { heading: 'STATE', cell: (row) => row.state },
  { heading: 'MAC', cell: (row) => row.mac },
  {
    heading: 'RING',
    cell: (row) => (row.ringSlots > 0 ? String(row.ringSlots) : row.kind === 'packet' && row.mac !== '' ? 'queue' : ''),
    wide: true,
  },
  { heading: 'RETURNS', cell: (row) => String(row.returns), right: true, wide: true },
  ...traffic,
];

const tunnels: readonly Column<TunnelRow>[] = [
  { heading: 'NAME', cell: (row) => row.name },
  { heading: 'ADDRESS', cell: (row) => row.address },
  { heading: 'NETNS', cell: (row) => row.netns, wide: true },
  { heading: 'DEVICE', cell: (row) => row.device },
  {
    heading: 'MTU',
    cell: ({ mtu, needs }) => (mtu === 0 ? '' : mtu < needs ? `${mtu} (TOO SMALL: networks need ${needs})` : String(mtu)),
  },
  { heading: 'PEERS', cell: (row) => String(row.peers.length), right: true },
  ...traffic,
];

const routers: readonly Column<RouterRow>[] = [
  { heading: 'NAME', cell: (row) => row.name },
  { heading: 'DISTRIBUTED', cell: (row) => yesNo(row.distributed) },
  { heading: 'STATE', cell: state },
  { heading: 'INTERFACES', cell: (row) => row.interfaces.join(',') },
  { heading: 'GATEWAYS', cell: (row) => row.gateways.map(({ network, address }) => `${network} ${address}`).join(',') },
  { heading: 'SNAT HOST', cell: (row) => (row.leftOut === '' ? row.snatHost : `left out here (${row.leftOut})`) },
  { heading: 'ROUTES', cell: (row) => String(row.routes.length), right: true },
  { heading: 'RULES', cell: (row) => String(row.rules.length), right: true },
  { heading: 'ZONES', cell: (row) => row.gateways.flatMap(({ zones }) => zones).join(','), wide: true },
  { heading: 'SNAT', cell: (row) => row.gateways.map(({ enableSnat }) => yesNo(enableSnat)).join(','), wide: true },
  { heading: 'HOSTS', cell: (row) => [...new Set(row.gateways.flatMap(({ hosts }) => hosts))].join(','), wide: true },
];

/** The first of them, and how many more there are. */
function forwardingsText({ forwardings }: FloatingIpRow): string {
  const [first = '', ...more] = forwardings;
  return more.length === 0 ? first : `${first} +${more.length}`;
}

const floatingIps: readonly Column<FloatingIpRow>[] = [
  { heading: 'ADDRESS', cell: (row) => row.address },
  { heading: 'NETWORK', cell: (row) => row.network },
  { heading: 'ROUTER', cell: (row) => row.router },
  { heading: 'LPORT', cell: (row) => row.lport },
  { heading: 'FIXED', cell: (row) => row.fixed },
  { heading: 'PLACEMENT', cell: (row) => row.placement },
  { heading: 'HOST', cell: (row) => row.host },
  { heading: 'STATUS', cell: (row) => row.status.toUpperCase() },
  { heading: 'NAME', cell: (row) => (row.name === row.address ? '' : row.name) },
  { heading: 'MAC', cell: (row) => row.mac, wide: true },
];

/** All of them in a wide listing. */
function forwardingsColumn(wide: boolean): Column<FloatingIpRow> {
  return { heading: 'FORWARDINGS', cell: wide ? (row) => row.forwardings.join(',') : forwardingsText };
}

const rifs: readonly Column<RifRow>[] = [
  { heading: 'NAME', cell: (row) => row.name },
  { heading: 'KIND', cell: (row) => row.kind },
  { heading: 'ROUTER', cell: (row) => row.router },
  { heading: 'NETWORK', cell: (row) => row.network },
  { heading: 'ADDRESS', cell: (row) => row.address },
  { heading: 'MAC', cell: (row) => row.mac },
  { heading: 'GATEWAY', cell: (row) => yesNo(row.gateway) },
  { heading: 'SUBNET', cell: (row) => row.subnet, wide: true },
  { heading: 'HOST', cell: (row) => row.host, wide: true },
];

const fdb: readonly Column<FdbRow>[] = [
  { heading: 'NETWORK', cell: (row) => row.network },
  { heading: 'MAC', cell: (row) => row.mac },
  { heading: 'KIND', cell: (row) => row.kind },
  { heading: 'TO', cell: (row) => row.to },
  { heading: 'VTEP', cell: (row) => row.vtep },
];

const metadata: readonly Column<MetadataRow>[] = [
  { heading: 'PORT', cell: (row) => row.port },
  { heading: 'NETWORK', cell: (row) => row.network },
  { heading: 'ADDRESS', cell: (row) => row.address },
  { heading: 'INSTANCE', cell: (row) => row.instance },
  { heading: 'OPEN', cell: (row) => String(row.connections), right: true },
  { heading: 'REQUESTS', cell: (row) => String(row.requests), right: true },
  { heading: 'REFUSED', cell: (row) => String(row.refused), right: true },
  { heading: 'STATUS', cell: (row) => countText(row.status ?? undefined), right: true },
  { heading: 'STANDS-IN', cell: (row) => row.standIn, wide: true },
  { heading: 'PROJECT', cell: (row) => row.project, wide: true },
  { heading: 'ROUTER', cell: (row) => row.router, wide: true },
];

const columns: { readonly [N in keyof ObjectRows]: readonly Column<ObjectRows[N]>[] } = {
  ...{ hosts, hostmacs, networks, subnets, lports, routers, rifs, fdb, physnets, tunnels },
  ...{ 'floating-ips': floatingIps, metadata },
};

/** The text of `show <noun>`. */
export function renderObjects<N extends keyof ObjectRows>(noun: N, rows: readonly ObjectRows[N][], wide: boolean): string {
  const own = noun === 'floating-ips' ? [...floatingIps, forwardingsColumn(wide)] : columns[noun];
  const table = renderTable(rows, own as readonly Column<ObjectRows[N]>[], wide);
  return noun === 'hosts' ? `${table}${keptText(rows as readonly HostRow[])}` : table;
}
