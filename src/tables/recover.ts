import { isElsewhere } from './elsewhere.js';
import { eventSession, NatEvent } from './eventRing.js';
import { flowHash } from './hash.js';
import { mappingJoinAgain, mappingOfRow } from './mappings.js';
import { Adjacency, NeighborState, type Neighbors, NeighborsHead } from './neighbors.js';
import { countSession, PoolHead, type PortBlocks, poolOf, swapPort } from './portBlocks.js';
import { portForget, portMirror, portRestore, portSettle } from './portRecovery.js';
import { countHeld, roomAppend } from './roomLists.js';
import { By, insertBy } from './sessionIndices.js';
import {
  countOfRouter,
  HELD,
  isOverlapped,
  isSession,
  poolIndexOf,
  Session,
  SessionFlag,
  type Sessions,
  SessionsHead,
  sessionFree,
} from './sessions.js';
import { wheelLink } from './timerWheel.js';

/**
 * Recovery after a worker fault (D10): rows are the truth; indices, free lists, wheel, port bitmaps and references are made
 * from them again. A row whose generation is odd was being written and is dropped; so is one whose port
 * is another worker's by now.
 */
export function recoverSessions(t: Sessions, neighbors: Neighbors, ports: PortBlocks, worker: number, now: number): void {
  t.outward.slots.fill(0);
  t.inward.slots.fill(0);
  t.insides.fill(0);
  t.peers.fill(0);
  t.wheel.fill(0);
  t.ending.fill(0);
  portForget(ports, worker);
  t.head[SessionsHead.Free] = 0;
  t.head[SessionsHead.WheelTick] = now;
  t.head.fill(0, SessionsHead.Routers);
  let live = 0;
  let elsewhere = 0;
  let held = 0;
  for (let i = t.head[SessionsHead.HighWater]! - 1; i >= 0; i--) {
    const row = i * Session.Words;
    const meta = t.rows[row + Session.Meta]!;
    const written = (meta & 0xff) !== 0 && (t.rows[row + Session.Generation]! & 1) === 0;
    if (!written || (!isElsewhere(meta) && !restorePort(t, row, ports, worker))) {
      // It may have been told as begun; an end that was told before is told twice.
      if (ports.events !== undefined && isSession(meta)) eventSession(ports.events, NatEvent.SessionDelete, t.rows, row);
      t.rows[row + Session.Generation] = t.rows[row + Session.Generation]! | 1;
      sessionFree(t, row);
      continue;
    }
    live++;
    // Each is looked at within a second and then linked where it belongs.
    wheelLink(t, row, now, 1 + (i % 10));
    if (!isHeld(meta)) insertBy(t, By.Outward, row);
    if ((meta & SessionFlag.Mapped) !== 0) mappingJoinAgain(t, row);
    if (isElsewhere(meta)) {
      elsewhere++;
      continue;
    }
    insertBy(t, By.Inward, row);
    if (isHeld(meta)) {
      const pool = poolOf(ports, meta & 0xff, poolIndexOf(t.rows, row));
      held++;
      countHeld(ports, worker, pool, 1);
      roomAppend(ports, worker, pool, PoolHead.HeldFirst, t.rows, row);
      continue;
    }
    countOfRouter(t, row, 1);
    if ((meta & SessionFlag.Static) === 0)
      countSession(ports, worker, poolOf(ports, meta & 0xff, poolIndexOf(t.rows, row)), isOverlapped(meta), 1);
    reference(neighbors, t.rows, row + Session.OutwardAdjacency);
    reference(neighbors, t.rows, row + Session.InwardAdjacency);
  }
  portSettle(ports, worker);
  portMirror(ports, worker);
  t.head[SessionsHead.Count] = live;
  t.head[SessionsHead.Elsewhere] = elsewhere;
  t.head[SessionsHead.Held] = held;
}

function isHeld(meta: number): boolean {
  return ((meta >>> 8) & 0xff) === HELD;
}

/** False when the session's port is somebody else's. */
function restorePort(t: Sessions, row: number, ports: PortBlocks, worker: number): boolean {
  const meta = t.rows[row + Session.Meta]!;
  if ((meta & SessionFlag.Static) !== 0) return true;
  if ((meta & SessionFlag.Mapped) !== 0 && hasMapping(t, row)) return true;
  const pool = poolOf(ports, meta & 0xff, poolIndexOf(t.rows, row));
  return portRestore(ports, worker, pool, swapPort(t.rows[row + Session.InwardPorts]! >>> 16));
}

/** True when the port of the row's mapping is restored already. */
function hasMapping(t: Sessions, row: number): boolean {
  const first = mappingOfRow(t, row);
  return first >= 0 && isSession(t.rows[first + Session.Meta]!);
}

/** Chains and free list of the neighbours anew, references at zero. Before recoverSessions. */
export function recoverNeighbors(t: Neighbors): void {
  t.chains.fill(0);
  t.head[NeighborsHead.Free] = 0;
  let live = 0;
  for (let i = t.head[NeighborsHead.HighWater]! - 1; i >= 0; i--) {
    const row = i * Adjacency.Words;
    t.rows[row + Adjacency.References] = 0;
    const state = t.rows[row + Adjacency.State]!;
    if (state === NeighborState.Free) {
      t.rows[row + Adjacency.Next] = t.head[NeighborsHead.Free]!;
      t.head[NeighborsHead.Free] = row + 1;
      continue;
    }
    // Frames that waited are gone with the worker; the next one asks again.
    if (state === NeighborState.Incomplete || state === NeighborState.Failed) t.rows[row + Adjacency.State] = NeighborState.None;
    const chain = flowHash(t.key, t.rows[row + Adjacency.Address]!, t.rows[row + Adjacency.Rif]!, 0, 0) & (t.chains.length - 1);
    t.rows[row + Adjacency.Next] = t.chains[chain]!;
    t.chains[chain] = row + 1;
    live++;
  }
  t.head[NeighborsHead.Count] = live;
}

/** Counts a session's reference; one to a row that is free by now is cut. */
function reference(t: Neighbors, rows: Int32Array, word: number): void {
  const adjacency = rows[word]!;
  if (adjacency < 0) return;
  if (t.rows[adjacency + Adjacency.State] === NeighborState.Free) rows[word] = -1;
  else t.rows[adjacency + Adjacency.References] = t.rows[adjacency + Adjacency.References]! + 1;
}
