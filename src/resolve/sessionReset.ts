import { ackWord } from '../pipeline/acknowledgements.js';
import type { PipelineContext } from '../pipeline/context.js';
import { SessionState } from '../pipeline/tcpState.js';
import { Adjacency } from '../tables/neighbors.js';
import { Rif, RifRole } from '../tables/rifs.js';
import { hasRouter } from '../tables/routers.js';
import { routerOf, Session } from '../tables/sessions.js';
import { Limit } from '../tables/snapshot.js';
import { Protocol } from '../wire/ipv4.js';
import { swap32 } from '../wire/memory.js';
import { sendBy } from './sendMade.js';
import { RESET_L2, RESET_OCTETS, swapPorts, writeReset } from './tcpReset.js';
import { adjacencyOfWay, wayOfOwn } from './way.js';

/**
 * The session in `row` is about to end while both its ends still believe in the connection: each is sent an RST with the sequence
 * number that it expects, so that its application notices (TIM-6). Only with Limit.ResetOnExpiry, only for connections that were
 * established and not closed by both ends: nothing is sent about a half-open one. Returns the number of RSTs.
 */
export function resetEnds(cx: PipelineContext, row: number): number {
  const r = cx.sessions.rows;
  const meta = r[row + Session.Meta]!;
  if (cx.limits[Limit.ResetOnExpiry] === 0 || (meta & 0xff) !== Protocol.Tcp) return 0;
  const state = (meta >>> 8) & 0xff;
  if (state !== SessionState.Established && state !== SessionState.FinOutward && state !== SessionState.FinInward) return 0;
  const router = routerOf(r, row);
  if (!hasRouter(cx.routers, router)) return 0;
  if (cx.router !== router) cx.enterRouter(router);
  const inside = r[row + Session.InsideAddress]!;
  const remote = r[row + Session.RemoteAddress]!;
  const inward = swapPorts(r[row + Session.OutwardPorts]!);
  const outward = swapPorts(r[row + Session.InwardPorts]!);
  const expectedInside = cx.acks[ackWord(row, true)]!;
  const expectedOutside = cx.acks[ackWord(row, false)]!;
  return (
    reset(cx, remote, inside, inward, expectedInside, RifRole.Inside) +
    reset(cx, r[row + Session.ExternalAddress]!, remote, outward, expectedOutside, RifRole.Outside)
  );
}

/** One RST, if it is known what its receiver expects and a route leads there on its own side of the border (GEN-7). */
function reset(cx: PipelineContext, source: number, target: number, ports: number, expected: number, side: RifRole): number {
  if (expected === 0) return 0;
  const adjacency = adjacencyOfWay(cx, wayOfOwn(cx, source, target, 0, ports, Protocol.Tcp), target);
  if (adjacency < 0) return 0;
  if (cx.rifs.rows[cx.neighbors.rows[adjacency + Adjacency.Rif]! * Rif.Words + Rif.Role] !== side) return 0;
  const ip = writeReset(cx, source, target, ports, swap32(expected), 0, 0);
  if (ip < 0) return 0;
  sendBy(cx, adjacency, ip, RESET_OCTETS, RESET_L2);
  return 1;
}
