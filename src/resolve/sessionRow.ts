import type { PipelineContext } from '../pipeline/context.js';
import { endHeld } from '../pipeline/heldPorts.js';
import { CounterEvent, countEvent } from '../shared/counters.js';
import { sessionsOfAll, sessionsOfRouter } from '../tables/elsewhere.js';
import { PoolHead, PortSpace, portSpaceOf } from '../tables/portBlocks.js';
import { roomFirst } from '../tables/roomLists.js';
import { mayTakeMore } from '../tables/routerShares.js';
import { SessionsHead, sessionTake } from '../tables/sessions.js';
import { Declined } from './choice.js';

/**
 * A row for a session, or for one that another worker has, with an odd generation. TableFull when all workers together have as many
 * sessions as the table has room for (LIM-3); RouterSessions when the router has its share of it. A held port's row is no reason to
 * refuse anybody: it makes room, that of the session's own pool first.
 */
export function rowFor(cx: PipelineContext, protocol: number, address: number): number {
  const t = cx.sessions;
  const free = t.capacity - sessionsOfAll(cx.sessionHeads);
  if (free <= 0) return Declined.TableFull;
  if (!mayTakeMore(cx.router, sessionsOfRouter(cx.sessionHeads, cx.router), free)) return Declined.RouterSessions;
  const row = sessionTake(t, cx.router);
  if (row >= 0) return row;
  if (t.head[SessionsHead.Held] === 0) return Declined.TableFull;
  endHeld(cx, oldestHeld(cx, protocol, address));
  countEvent(cx.counters, CounterEvent.HeldReused);
  return sessionTake(t, cx.router);
}

/** The row held longest in the pool, or in the next one that has any. There is one. */
function oldestHeld(cx: PipelineContext, protocol: number, address: number): number {
  const p = cx.ports64;
  const pools = PortSpace.Count * p.addresses;
  const first = address < p.addresses ? portSpaceOf(protocol) * p.addresses + address : 0;
  for (let i = 0; i < pools - 1; i++) {
    const row = roomFirst(p, cx.worker, (first + i) % pools, PoolHead.HeldFirst);
    if (row >= 0) return row;
  }
  return roomFirst(p, cx.worker, (first + pools - 1) % pools, PoolHead.HeldFirst);
}
