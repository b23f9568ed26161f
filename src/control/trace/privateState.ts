import { Random } from '../../tables/hash.js';
import {
  Adjacency,
  NeighborState,
  type Neighbors,
  NeighborsHead,
  neighborInsert,
  neighborRemove,
} from '../../tables/neighbors.js';
import { type PortBlocks, poolOf } from '../../tables/portBlocks.js';
import { portTake } from '../../tables/portTake.js';
import { Session, type Sessions, SessionsHead, sessionPublish, sessionTake } from '../../tables/sessions.js';
import { allocateState, type State, stateOf } from '../../tables/state.js';
import { wheelLink } from '../../tables/timerWheel.js';

/** Sessions the private table has room for: the one found, and one that may be made. */
const SESSIONS = 2;

/** Pools of the private state: in one every port is taken, in the other one port is free. A packet takes no more than one. */
export const enum Pool {
  Full = 0,
  Free,
  Count,
}
const THE_PORT = 1024;

/** What the packet may find. */
export interface Found {
  /** Words of the session it belongs to; undefined: none. */
  readonly session: Int32Array | undefined;
  readonly protocol: number;
  /** There is no room for another session. */
  readonly isFull: boolean;
}

/**
 * The state of a worker, as far as one packet can see it, in memory that the pipeline may change without anybody noticing (D31).
 * The workers go on meanwhile. So nothing that is linked (chains, free lists) is copied, all of it is built anew from the rows:
 * a look-up in here always ends.
 */
export function privateState(live: State, found: Found, now: number): State {
  const sizes = { workers: 1, sessions: SESSIONS, neighbors: live.neighbors.capacity, addresses: Pool.Count, hosts: 4 };
  const state = stateOf(allocateState(sizes, live.sessions.key), 0);
  fillSessions(state.sessions, found, now);
  copyNeighbors(live.neighbors, state.neighbors, now);
  fillPools(state.ports, found.protocol, new Random(live.sessions.key));
  state.cursors.set(live.cursors);
  return state;
}

function fillSessions(t: Sessions, { session, isFull }: Found, now: number): void {
  t.head[SessionsHead.WheelTick] = now;
  if (session !== undefined) {
    const row = sessionTake(t);
    const generation = t.rows[row + Session.Generation]!;
    t.rows.set(session, row);
    t.rows[row + Session.Generation] = generation;
    sessionPublish(t, row);
    wheelLink(t, row, now, 1);
  }
  if (isFull) for (let room = SESSIONS; room > 0; room--) sessionTake(t);
}

/** Every row at its place, since sessions point to places; the places that were free are given back at the end. */
function copyNeighbors(from: Neighbors, to: Neighbors, now: number): void {
  const rows = from.rows.slice();
  const free: number[] = [];
  const count = from.head[NeighborsHead.HighWater]!;
  for (let i = 0; i < count; i++) {
    const at = i * Adjacency.Words;
    const isFree = rows[at + Adjacency.State] === NeighborState.Free;
    const row = neighborInsert(to, isFree ? -1 : rows[at + Adjacency.Rif]!, isFree ? i : rows[at + Adjacency.Address]!, now);
    if (isFree) free.push(row);
    else for (let word = 0; word < Adjacency.Words; word++) if (word !== Adjacency.Next) to.rows[row + word] = rows[at + word]!;
  }
  for (const row of free) neighborRemove(to, row);
  to.head[NeighborsHead.Hand] = from.head[NeighborsHead.Hand]!;
}

function fillPools(ports: PortBlocks, protocol: number, random: Random): void {
  for (let pool = 0; pool < ports.range.length / 2; pool++) {
    ports.range[pool * 2] = THE_PORT;
    ports.range[pool * 2 + 1] = THE_PORT;
  }
  portTake(ports, 0, poolOf(ports, protocol, Pool.Full), random);
}
