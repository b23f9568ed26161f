import type { SessionRow } from '../types/show.js';
import type { InsideHostRow, MappingRow, StaticRow } from '../types/showNat.js';
import { span } from './span.js';
import type { Column } from './table.js';

/** Columns of sessions, hosts and mappings. */

export const sessions: readonly Column<SessionRow>[] = [
  { heading: 'PROTO', cell: (row) => row.protocol },
  { heading: 'STATE', cell: (row) => row.state },
  { heading: 'INSIDE', cell: (row) => row.inside },
  { heading: 'EXTERNAL', cell: (row) => row.external },
  { heading: 'REMOTE', cell: (row) => row.remote },
  { heading: 'FLAGS', cell: flags },
  { heading: 'FILTERING', cell: (row) => row.filtering, wide: true },
  { heading: 'ZONE', cell: (row) => row.zone, wide: true },
  { heading: 'ROUTER', cell: (row) => row.router, wide: true },
  { heading: 'IDLE', cell: (row) => span(row.idleSeconds), right: true },
  { heading: 'EXPIRES', cell: (row) => span(row.expiresSeconds), right: true },
];

/** "MO": M of an endpoint-independent mapping, O shares its port (overlapped), S by a static mapping. */
function flags({ mapped, overlapped, static: isStatic }: SessionRow): string {
  return `${mapped ? 'M' : ''}${overlapped ? 'O' : ''}${isStatic ? 'S' : ''}`;
}

export const hosts: readonly Column<InsideHostRow>[] = [
  { heading: 'HOST', cell: (row) => row.host },
  { heading: 'ZONE', cell: (row) => row.zone },
  { heading: 'SESSIONS', cell: (row) => of(row.sessions, row.limits.sessions), right: true },
  { heading: 'TCP', cell: (row) => of(row.ports.tcp, row.limits.ports), right: true },
  { heading: 'UDP', cell: (row) => of(row.ports.udp, row.limits.ports), right: true },
  { heading: 'ICMP', cell: (row) => of(row.ports.icmp, row.limits.ports), right: true },
  { heading: 'HALF-OPEN', cell: (row) => of(row.halfOpen, row.limits.halfOpen), right: true },
  {
    heading: 'NEW-LEFT',
    cell: (row) => (row.newSessionsLeft === null ? '' : String(row.newSessionsLeft)),
    right: true,
    wide: true,
  },
  { heading: 'NEW/S', cell: (row) => String(row.limits.newPerSecond ?? ''), right: true, wide: true },
  { heading: 'ADDRESS', cell: (row) => row.address, wide: true },
  { heading: 'ROUTER', cell: (row) => row.router, wide: true },
];

/** "12/4096", or "12" when there is no limit. */
function of(used: number, limit: number | null): string {
  return limit === null ? String(used) : `${used}/${limit}`;
}

export const mappings: readonly Column<MappingRow>[] = [
  { heading: 'PROTO', cell: (row) => row.protocol },
  { heading: 'INSIDE', cell: (row) => row.inside },
  { heading: 'EXTERNAL', cell: (row) => row.external },
  { heading: 'FILTERING', cell: (row) => row.filtering },
  { heading: 'SESSIONS', cell: (row) => String(row.sessions), right: true },
  { heading: 'ZONE', cell: (row) => row.zone, wide: true },
  { heading: 'ROUTER', cell: (row) => row.router, wide: true },
];

export const statics: readonly Column<StaticRow>[] = [
  { heading: 'NAME', cell: (row) => row.name },
  { heading: 'PROTO', cell: (row) => row.protocol },
  { heading: 'EXTERNAL', cell: (row) => row.external },
  { heading: 'INSIDE', cell: (row) => row.inside },
  { heading: 'SESSIONS', cell: (row) => String(row.sessions), right: true },
  { heading: 'ROUTER', cell: (row) => row.router, wide: true, blank: true },
];
