import type { PipelineContext } from '../pipeline/context.js';
import { countHost, elsewhereFlags } from '../pipeline/sessionState.js';
import { SessionState, sessionTimeout } from '../pipeline/tcpState.js';
import { publishElsewhere } from '../tables/elsewhere.js';
import { hostSessions } from '../tables/hosts.js';
import { mappingJoin } from '../tables/mappings.js';
import { insideHash } from '../tables/sessionIndices.js';
import { Session, SessionFlag } from '../tables/sessions.js';
import { wheelLink } from '../tables/timerWheel.js';
import { Choice, STATIC_POOL } from './choice.js';
import { rowFor } from './sessionRow.js';

/**
 * A home's row that says that `owner` has the session of this outward tuple, or is asked to have it: published, on the wheel, in its
 * mapping's ring, counted for its host. Of `cx.choice`: zone, state, host, flags and mapping. A Declined: no room.
 */
export function openElsewhere(
  cx: PipelineContext,
  owner: number,
  inside: number,
  remote: number,
  ports: number,
  protocol: number,
): number {
  const t = cx.sessions;
  const r = t.rows;
  const c = cx.choice;
  const row = rowFor(cx, protocol, STATIC_POOL);
  if (row < 0) return row;
  const state = c[Choice.State]!;
  r[row + Session.InsideAddress] = inside;
  r[row + Session.RemoteAddress] = remote;
  r[row + Session.OutwardPorts] = ports;
  r[row + Session.Meta] = protocol | (SessionState.Elsewhere << 8) | (c[Choice.Zone]! << 16) | elsewhereFlags(protocol, state);
  r[row + Session.LastSeen] = cx.now;
  r[row + Session.EpochPool] = cx.epoch | (owner << 16);
  r[row + Session.OutwardAdjacency] = -1;
  r[row + Session.InwardAdjacency] = -1;
  if ((c[Choice.Flags]! & SessionFlag.Mapped) !== 0)
    mappingJoin(
      t,
      row,
      c[Choice.NewPort] === 1 ? -1 : c[Choice.Mapping]!,
      insideHash(t, inside, ports & 0xffff, cx.scope | protocol),
      0,
    );
  publishElsewhere(t, row);
  wheelLink(t, row, cx.now, sessionTimeout(cx.timeouts, r[row + Session.Meta]!));
  hostSessions(cx.hosts, c[Choice.Host]!, 1);
  countHost(cx, c[Choice.Host]!, protocol, state, c[Choice.NewPort]!, 1);
  return row;
}
