import { routeListing, ruleListing } from '../config/routingText.js';
import type {
  ConfigRow,
  DropRow,
  IfaceRow,
  NeighborRow,
  PoolRow,
  SessionRow,
  ShowNoun,
  ShowRows,
  TopRow,
  WorkerRow,
  ZoneRow,
} from '../types/show.js';
import type { InsideHostRow, MappingRow, StaticRow } from '../types/showNat.js';
import type { ProbeRow, RouteRow, RuleRow } from '../types/showRouting.js';
import { renderDrops } from './dropsListings.js';
import { hosts, mappings, sessions, statics } from './natListings.js';
import { renderObjects } from './objectListings.js';
import { span } from './span.js';
import { type Column, renderTable } from './table.js';
import { renderPools, renderZones } from './zoneListings.js';

/** How each noun's rows look as text. */

const text = <R>(heading: string, cell: (row: R) => string): Column<R> => ({ heading, cell });
const count = <R>(heading: string, cell: (row: R) => number): Column<R> => ({
  heading,
  cell: (row) => String(cell(row)),
  right: true,
});
const wide = <R>(column: Column<R>): Column<R> => ({ ...column, wide: true });

/** What a packet interface asks of its device; empty for a TAP, which is the gateway's alone. */
function takes({ kind, promiscuous, accepts, exclusive }: IfaceRow): string {
  if (kind === 'tap') return '';
  return [promiscuous ? 'all' : accepts.length > 0 ? 'macs' : 'own', ...(exclusive ? ['exclusive'] : [])].join(',');
}

/** How frames come in from a packet socket: slots of each ring, or "queue"; empty for a TAP, which has no choice. */
function ringText({ kind, ringSlots }: IfaceRow): string {
  if (ringSlots > 0) return String(ringSlots);
  return kind === 'packet' ? 'queue' : '';
}

/** "rx csum,tso,uso tx csum,tso coalesce" */
function offloadsText({ offloads: { rx, tx, coalesce } }: IfaceRow): string {
  const words = (kinds: readonly string[]): string => (kinds.length === 0 ? 'none' : kinds.join(','));
  return `rx ${words(rx)} tx ${words(tx)}${coalesce ? ' coalesce' : ''}`;
}

const ifaces: readonly Column<IfaceRow>[] = [
  text('NAME', (row) => row.name),
  text('KIND', (row) => row.kind),
  text('DEVICE', (row) => row.device),
  wide(text('NETNS', (row) => row.netns)),
  text('ROLE', (row) => row.role),
  text('STATE', (row) => row.state),
  text('MAC', (row) => row.mac),
  count('MTU', (row) => row.mtu),
  wide(text('VLAN', (row) => (row.vlan === 0 ? '' : String(row.vlan)))),
  text('ADDRESSES', (row) => row.addresses.join(',')),
  wide(text('STEERED-BY', (row) => row.steeredBy)),
  wide(text('TAKES', takes)),
  wide(text('RING', ringText)),
  wide(text('OFFLOADS', offloadsText)),
  count('RX', (row) => row.rxFrames),
  wide(count('RX-OCTETS', (row) => row.rxOctets)),
  wide(count('RX-DROPPED', (row) => row.rxDropped)),
  count('TX', (row) => row.txFrames),
  wide(count('TX-OCTETS', (row) => row.txOctets)),
  wide(count('TX-DROPPED', (row) => row.txDropped)),
];

const neighbors: readonly Column<NeighborRow>[] = [
  text('ADDRESS', (row) => row.address),
  text('DEV', (row) => row.dev),
  text('LLADDR', (row) => row.mac),
  text('STATE', (row) => row.state),
  { ...text<NeighborRow>('AGE', (row) => span(row.ageSeconds)), right: true },
  wide({ ...text<NeighborRow>('QUEUED', (row) => String(row.queued ?? '')), right: true }),
];

const probes: readonly Column<ProbeRow>[] = [
  text('ADDRESS', (row) => row.address),
  text('DEV', (row) => row.dev),
  text('STATE', (row) => row.state),
  { ...text<ProbeRow>('RTT', (row) => (row.rttMs === null ? '' : row.rttMs === 0 ? '<1ms' : `${row.rttMs}ms`)), right: true },
  { ...text<ProbeRow>('ANSWERED', (row) => (row.answerSeconds === null ? 'never' : span(row.answerSeconds))), right: true },
  count('LOST', (row) => row.lost),
  wide({ ...text<ProbeRow>('EVERY', (row) => `${row.intervalMs / 1000}s`), right: true }),
  wide(count('FAILS', (row) => row.fails)),
  wide(count('RECOVERS', (row) => row.recovers)),
  wide(count('SENT', (row) => row.sent)),
  wide(count('ANSWERS', (row) => row.answers)),
];

const workers: readonly Column<WorkerRow>[] = [
  count('ID', (row) => row.id),
  text('STATE', (row) => row.state),
  count('HEARTBEAT-MS', (row) => row.heartbeatAgeMs),
  { heading: 'BUSY', cell: (row) => `${(row.busyRatio * 100).toFixed(1)}%`, right: true },
  { heading: 'POLLING', cell: (row) => `${(row.polledRatio * 100).toFixed(1)}%`, right: true },
  wide(count('SPIN-US', (row) => row.spinMicros)),
  text('CPU', (row) => (row.cpu === null ? 'any' : String(row.cpu))),
  count('SESSIONS', (row) => row.sessions),
  count('RECEIVED', (row) => row.rxFrames),
  count('HANDED-OVER', (row) => row.handedOver),
  count('TAKEN', (row) => row.taken),
  { heading: 'RING', cell: (row) => `${(row.ringRatio * 100).toFixed(1)}%`, right: true },
  wide(count('RING-OCTETS', (row) => row.ringOctets)),
  wide(count('RING-FULL', (row) => row.handoffFull)),
  wide(count('TURNS', (row) => row.turns)),
  count('GENERATION', (row) => row.generation),
  count('RESTARTS', (row) => row.restarts),
];

const top: readonly Column<TopRow>[] = [
  text('BY', (row) => row.by),
  count('RANK', (row) => row.rank),
  text('HOST', (row) => row.host),
  { ...text<TopRow>('ROUTER', (row) => row.router), blank: true },
  count('PORTS', (row) => row.ports),
  count('NEW', (row) => row.newSessions),
  { heading: 'NEW/S', cell: (row) => row.newPerSecond.toFixed(1), right: true },
  wide({ ...text<TopRow>('WITHIN', (row) => span(row.windowSeconds)), right: true }),
  wide(count('MISSED-AT-MOST', (row) => row.missedAtMost)),
];

/** A file the gateway would start with. */
function configText({ generation, configFile, takenOverAt, yaml }: ConfigRow): string {
  return `# Generation ${generation}, taken over ${takenOverAt} from ${configFile}\n${yaml}`;
}

/** The text of `show <noun>`. Drops that never happened are left out. `tables`: each route says its table. */
export function renderListing(noun: ShowNoun, rows: readonly ShowRows[ShowNoun][], wideRows: boolean, tables = false): string {
  switch (noun) {
    case 'ifaces':
      return renderTable(rows as IfaceRow[], ifaces, wideRows);
    case 'neighbors':
      return renderTable(rows as NeighborRow[], neighbors, wideRows);
    case 'routes':
      return (rows as RouteRow[]).map((row) => `${routeListing(row, tables)}\n`).join('');
    case 'rules':
      return (rows as RuleRow[]).map((row) => `${ruleListing(row)}\n`).join('');
    case 'probes':
      return renderTable(rows as ProbeRow[], probes, wideRows);
    case 'zones':
      return renderZones(rows as ZoneRow[], wideRows);
    case 'pools':
      return renderPools(rows as PoolRow[], wideRows);
    case 'sessions':
      return renderTable(rows as SessionRow[], sessions, wideRows);
    case 'workers':
      return renderTable(rows as WorkerRow[], workers, wideRows);
    case 'drops':
      return renderDrops(rows as DropRow[], wideRows);
    case 'top':
      return renderTable(rows as TopRow[], top, wideRows);
    case 'inside-hosts':
      return renderTable(rows as InsideHostRow[], hosts, wideRows);
    case 'mappings':
      return renderTable(rows as MappingRow[], mappings, wideRows);
    case 'statics':
      return renderTable(rows as StaticRow[], statics, wideRows);
    case 'config':
      return (rows as ConfigRow[]).map(configText).join('');
    default:
      return renderObjects(noun, rows as never, wideRows);
  }
}
