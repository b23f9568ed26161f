import type { LocalAddressRow, PoolRow, ZoneRow } from '../types/show.js';
import type { PortUse, PortUses, ZoneNat } from '../types/showNat.js';
import { span } from './span.js';
import { type Column, renderTable } from './table.js';

/** Zones and local addresses as text. */

/** A line of the zone listing: the zone itself, or one of its addresses below it, as `ipvsadm -G` lays it out. */
interface Line {
  readonly zone?: ZoneRow;
  readonly address?: LocalAddressRow & { readonly state: string };
}

const zoneLines: readonly Column<Line>[] = [
  { heading: 'ORDER', cell: ({ zone }) => (zone === undefined ? '' : zone.order === 0 ? '-' : String(zone.order)), blank: true },
  { heading: 'ZONE', cell: ({ zone }) => zone?.name ?? '', blank: true },
  { heading: 'MATCH', cell: ({ zone }) => (zone === undefined ? '' : zone.match.join(',') || '-'), blank: true },
  {
    heading: 'TOTAL',
    cell: ({ zone }) => (zone === undefined ? '' : String(zone.localAddresses.length)),
    right: true,
    blank: true,
  },
  { heading: 'POOLING', cell: ({ zone }) => (zone === undefined ? '' : (zone.nat?.pooling ?? '-')), blank: true },
  { heading: 'NAT', cell: ({ zone }) => (zone === undefined ? '' : natText(zone.nat)), blank: true, wide: true },
  { heading: 'ADDRESS', cell: ({ address }) => address?.address ?? '', blank: true },
  { heading: 'STATE', cell: ({ zone, address }) => (address ?? zone!).state },
  { heading: 'SESSIONS', cell: ({ zone, address }) => String((address ?? zone!).sessions), right: true },
  { heading: 'PORTS', cell: ({ address }) => (address === undefined ? '' : fullest(address.ports)), right: true, blank: true },
  { heading: 'REFUSED', cell: ({ zone }) => (zone === undefined ? '' : String(zone.refused)), right: true, blank: true },
  {
    heading: 'BY-PROTOCOL',
    cell: ({ address }) => (address === undefined ? '' : byProtocol(address.ports, ofCapacity)),
    blank: true,
    wide: true,
  },
  ...(['free', 'held', 'shared'] as const).map(
    (field): Column<Line> => ({
      heading: field.toUpperCase(),
      cell: ({ address }) => (address === undefined ? '' : byProtocol(address.ports, (use) => use[field])),
      blank: true,
      wide: true,
    }),
  ),
];

/** A zone a line, its addresses below it in rotation order, those that drain last. */
export function renderZones(rows: readonly ZoneRow[], wide: boolean): string {
  const lines = rows.flatMap((zone): Line[] => [
    { zone },
    ...zone.localAddresses.map((one) => ({ address: { ...one, state: 'active' } })),
    ...zone.leaving.map((one) => ({ address: one })),
  ]);
  return renderTable(lines, zoneLines, wide);
}

const pools: readonly Column<PoolRow>[] = [
  { heading: 'ADDRESS', cell: (row) => row.address },
  { heading: 'ZONE', cell: (row) => row.zone },
  { heading: 'STATE', cell: (row) => row.state },
  { heading: 'SESSIONS', cell: (row) => String(row.sessions), right: true },
  { heading: 'TCP', cell: (row) => percent(row.ports.tcp), right: true },
  { heading: 'UDP', cell: (row) => percent(row.ports.udp), right: true },
  { heading: 'ICMP', cell: (row) => percent(row.ports.icmp), right: true },
  { heading: 'HELD', cell: ({ ports }) => String(ports.tcp.held + ports.udp.held + ports.icmp.held), right: true },
  { heading: 'SHARED', cell: ({ ports }) => String(ports.tcp.shared + ports.udp.shared + ports.icmp.shared), right: true },
  { heading: 'DRAINING', cell: (row) => (row.drainingSeconds === null ? '' : span(row.drainingSeconds)), right: true },
  { heading: 'PORTS', cell: (row) => byProtocol(row.ports, ofCapacity), wide: true },
  { heading: 'FREE', cell: (row) => byProtocol(row.ports, ({ free }) => free), wide: true },
  { heading: 'HELD-PORTS', cell: (row) => byProtocol(row.ports, ({ held }) => held), wide: true },
  { heading: 'SHARED-PORTS', cell: (row) => byProtocol(row.ports, ({ shared }) => shared), wide: true },
];

export function renderPools(rows: readonly PoolRow[], wide: boolean): string {
  return renderTable(rows, pools, wide);
}

/** "12.5%"; a port in use is never 0.0 %, a free one never 100.0 %. */
function percent({ used, capacity }: PortUse): string {
  if (capacity === 0) return '-';
  const tenths = Math.round((used / capacity) * 1000);
  const shown = used > 0 && tenths === 0 ? 1 : used < capacity && tenths === 1000 ? 999 : tenths;
  return `${(shown / 10).toFixed(1)}%`;
}

/** Use of the protocol that is nearest to its end. */
function fullest(ports: PortUses): string {
  const all = Object.values(ports) as PortUse[];
  return percent(all.reduce((most, one) => (one.used * most.capacity > most.used * one.capacity ? one : most)));
}

/** "tcp:12,udp:0,icmp:0" */
function byProtocol(uses: PortUses, of: (use: PortUse) => number | string): string {
  return Object.entries(uses)
    .map(([protocol, use]) => `${protocol}:${of(use)}`)
    .join(',');
}

/** "12/64512" */
function ofCapacity({ used, capacity }: PortUse): string {
  return `${used}/${capacity}`;
}

/** "tcp:apdm/apdf/overload,udp:eim/adf": mapping, filtering, and whether ports are shared when none is free. */
function natText(nat: ZoneNat | null): string {
  const parts = (['tcp', 'udp', 'icmp'] as const).flatMap((protocol) => {
    const one = nat?.[protocol];
    return one === undefined ? [] : [`${protocol}:${one.mapping}/${one.filtering}${one.overload ? '/overload' : ''}`];
  });
  return parts.join(',') || '-';
}
