import type { PipelineContext } from '../pipeline/context.js';
import { countedState, countHost, listRecyclable } from '../pipeline/sessionState.js';
import { isElsewhere } from '../tables/elsewhere.js';
import { hostSessions, hostsForget, hostTake } from '../tables/hosts.js';
import { mappingOfRow } from '../tables/mappings.js';
import { homeOf } from '../tables/ownership.js';
import { isSession, routerOf, Session, SessionFlag, SessionsHead } from '../tables/sessions.js';

/** Counts what the hosts have, and lists the sessions that may make room, from the rows that were recovered (D10). */
export function recoverHosts(cx: PipelineContext): void {
  const t = cx.sessions;
  hostsForget(cx.hosts);
  for (let i = 0; i < t.head[SessionsHead.HighWater]!; i++) {
    const row = i * Session.Words;
    const meta = t.rows[row + Session.Meta]!;
    if (!isSession(meta) && !isElsewhere(meta)) continue;
    if (isSession(meta)) listRecyclable(cx, row);
    const inside = t.rows[row + Session.InsideAddress]!;
    if (homeOf(inside, cx.handoff.workers) !== cx.worker) continue;
    const host = hostTake(cx.hosts, inside, routerOf(t.rows, row));
    if (host < 0) continue;
    hostSessions(cx.hosts, host, 1);
    countHost(cx, host, meta & 0xff, countedState(meta), hasPort(cx, row, meta) ? 1 : 0, 1);
  }
}

/** A mapping's port is counted with one of its sessions. */
function hasPort(cx: PipelineContext, row: number, meta: number): boolean {
  if ((meta & SessionFlag.Static) !== 0) return false;
  if ((meta & SessionFlag.Mapped) === 0) return true;
  return mappingOfRow(cx.sessions, row) === row;
}
