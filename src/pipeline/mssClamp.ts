import { mtuOfWay, rifOfWay, wayOfSession } from '../resolve/way.js';
import { Adjacency } from '../tables/neighbors.js';
import { Rif } from '../tables/rifs.js';
import { Session } from '../tables/sessions.js';
import { Limit } from '../tables/snapshot.js';
import { lowerMss } from '../wire/mss.js';
import type { PipelineContext } from './context.js';

/** IPv4 and TCP header without options: what an MSS leaves out of an MTU (RFC 9293 3.7.1). */
const HEADERS = 40;
const LARGEST_MTU = 65_535;

/**
 * A SYN of the session in `row`, or the answer to one, announces no larger segments than configured (Limit.Mss, which is set), or
 * than fit the smallest MTU of the interfaces it comes in and goes out by and of the routes there and back (TCP-13). `l4`: its TCP
 * header. One that turns back to another inside host is clamped in its second half: until then it may still be quoted to its sender.
 */
export function clampMss(cx: PipelineContext, f: number, row: number, outward: boolean, l4: number, partial: boolean): void {
  const adjacency = cx.sessions.rows[row + (outward ? Session.OutwardAdjacency : Session.InwardAdjacency)]!;
  if (outward && adjacency < 0 && cx.wayMtu === 0) return;
  const limit = cx.limits[Limit.Mss]!;
  if (limit > 0) {
    lowerMss(cx.memory, l4, limit, partial);
    return;
  }
  const before = Math.min(cx.rifs.rows[cx.rif[f]! * Rif.Words + Rif.Mtu]!, mtuBack(cx, row, outward));
  const kept = adjacency < 0 ? before : cx.neighbors.rows[adjacency + Adjacency.Mtu]!;
  const behind = cx.wayMtu === 0 ? kept : cx.wayMtu;
  lowerMss(cx.memory, l4, Math.min(before, behind) - HEADERS, partial);
}

/** What the way back carries, which is where the segments go that the frame asks for. A way that is kept has its interface's MTU. */
function mtuBack(cx: PipelineContext, row: number, outward: boolean): number {
  const kept = cx.sessions.rows[row + (outward ? Session.InwardAdjacency : Session.OutwardAdjacency)]!;
  if (kept >= 0) return cx.rifs.rows[cx.neighbors.rows[kept + Adjacency.Rif]! * Rif.Words + Rif.Mtu]!;
  const found = wayOfSession(cx, row, !outward, -1);
  return rifOfWay(cx, found) < 0 ? LARGEST_MTU : mtuOfWay(cx, found);
}
