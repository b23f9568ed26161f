import type { PipelineContext } from '../pipeline/context.js';
import { poolOf, swapPort } from '../tables/portBlocks.js';
import { portRelease } from '../tables/portTake.js';
import { poolIndexOf, Session, SessionFlag, scopeOf, zoneOf } from '../tables/sessions.js';
import { Mode } from '../tables/zones.js';
import { Choice } from './choice.js';
import { openSession } from './openSession.js';
import { inwardRow } from './sharePort.js';

/** Sessions of endpoint-independent mappings (tables/mappings.ts), and the port that a session has. */

/** SessionFlag bits of a mapping made under these modes. */
export function mappingFlags(modes: number): number {
  if ((modes & Mode.Eim) === 0) return 0;
  const filtering = (modes & Mode.Eif) !== 0 ? SessionFlag.Eif : (modes & Mode.Adf) !== 0 ? SessionFlag.Adf : 0;
  return SessionFlag.Mapped | filtering;
}

/** True when what goes by the zone in `cx.choice` leaves by another gateway than the mapping is of: there its address is nobody's. */
export function isOfOtherGateway(cx: PipelineContext, mapping: number): boolean {
  const of = cx.zones.gatewayOf;
  return of[zoneOf(cx.sessions.rows[mapping + Session.Meta]!)] !== of[cx.choice[Choice.Zone]!];
}

/** Puts the mapping of a session into `cx.choice`. False when its external port already serves this remote, for another host. */
export function useMapping(cx: PipelineContext, mapping: number, remote: number, remotePort: number): boolean {
  const r = cx.sessions.rows;
  const c = cx.choice;
  const meta = r[mapping + Session.Meta]!;
  const external = r[mapping + Session.ExternalAddress]!;
  const port = r[mapping + Session.InwardPorts]! >>> 16;
  if (inwardRow(cx.sessions, remote, external, remotePort | (port << 16), scopeOf(r, mapping)) >= 0) return false;
  c[Choice.Address] = poolIndexOf(r, mapping);
  c[Choice.External] = external;
  c[Choice.Port] = swapPort(port);
  c[Choice.Flags] = meta & (SessionFlag.Mapped | SessionFlag.Adf | SessionFlag.Eif);
  c[Choice.NewPort] = 0;
  c[Choice.Mapping] = mapping;
  return true;
}

/** Opens the session in `cx.choice`; without a row its port goes back, unless it is its mapping's. */
export function opened(cx: PipelineContext, inside: number, remote: number, ports: number, protocol: number): number {
  const c = cx.choice;
  const row = openSession(cx, inside, remote, ports, protocol);
  if (row >= 0 || c[Choice.NewPort] === 0) return row;
  const pool = poolOf(cx.ports64, protocol, c[Choice.Address]!);
  portRelease(cx.ports64, cx.worker, pool, c[Choice.Port]!);
  // The search took it for given away: towards this remote it is usable as before.
  cx.fullRemotes.freed(pool, remote, ports >>> 16, c[Choice.Port]!);
  return row;
}
