import type { PipelineContext } from '../../pipeline/context.js';
import { listRecyclable } from '../../pipeline/sessionState.js';
import { Host, type Hosts, hostSessions, hostTake } from '../../tables/hosts.js';
import { mappingJoinAgain } from '../../tables/mappings.js';
import {
  Adjacency,
  NeighborState,
  type Neighbors,
  NeighborsHead,
  neighborInsert,
  neighborRemove,
} from '../../tables/neighbors.js';
import { BLOCKS, type PortBlocks, PortSpace } from '../../tables/portBlocks.js';
import { GATEWAY_ROUTER } from '../../tables/rifs.js';
import { By, insertBy, sessionPublish } from '../../tables/sessionIndices.js';
import { HELD, isSession, routerOf, Session, SessionFlag, SessionsHead, sessionTake } from '../../tables/sessions.js';
import { allocateState, type State, stateOf } from '../../tables/state.js';
import { wheelLink } from '../../tables/timerWheel.js';
import type { LiveRow } from './liveRows.js';
import type { Target } from './prospects.js';

/** Rows the private table has room for, for each router with sessions: those that were found, and two sessions that may be made. */
const SESSIONS = 16;
const HOSTS = 8;

/**
 * Local addresses of the private state: one without ports; and for each router with sessions one with a free port, and the one a packet from outside
 * is addressed to.
 */
export const enum Pool {
  Full = 0,
  OfVisit = 2,
}

export function freePool(visit: number): number {
  return 1 + visit * Pool.OfVisit;
}

export function targetPool(visit: number): number {
  return freePool(visit) + 1;
}

/** What the packet may find. */
export interface Found {
  readonly rows: readonly LiveRow[];
  readonly hosts: readonly Int32Array[];
  readonly hostsFull: boolean;
  /** More sessions that there is room for. */
  readonly room: number;
  /** Port that is free, host order. */
  readonly port: number;
  readonly target: Target | undefined;
}

/**
 * The state of a worker, as far as one packet can see it, in memory that the pipeline may change without anybody noticing (D31).
 * The workers go on meanwhile. So nothing that is linked (chains, free lists) is copied, all of it is built anew from the rows:
 * a look-up in here always ends.
 */
export function privateState(live: State, found: readonly Found[], now: number): State {
  const sizes = {
    workers: 1,
    sessions: SESSIONS * Math.max(1, found.length),
    neighbors: live.neighbors.capacity,
    addresses: freePool(Math.max(1, found.length)),
    hosts: HOSTS * Math.max(1, found.length),
  };
  const state = stateOf(allocateState(sizes, live.sessions.key), 0);
  copyNeighbors(live.neighbors, state.neighbors, now);
  found.forEach((one, i) => {
    fillPools(state.ports, one, i);
  });
  fillHosts(state.hosts, found, HOSTS * Math.max(1, found.length));
  state.cursors.set(live.cursors);
  state.probes.set(live.probes);
  return state;
}

/** Puts the rows that were found into the private table, and leaves room for as many more as there is. `from`: whose neighbours they know. */
export function fillSessions(cx: PipelineContext, found: readonly Found[], from: number): void {
  const t = cx.sessions;
  const rows = found.flatMap((one) => one.rows);
  const room = found.reduce((sum, one) => sum + one.room, 0);
  t.head[SessionsHead.WheelTick] = cx.now;
  const seen = new Set<string>();
  for (const one of rows) {
    const name = `${one.worker}.${one.row}`;
    if (!seen.has(name)) put(cx, one, from);
    seen.add(name);
  }
  const count = t.head[SessionsHead.Count]!;
  for (let i = count + room; i < t.capacity; i++) sessionTake(t, GATEWAY_ROUTER);
}

function put(cx: PipelineContext, { words, worker }: LiveRow, from: number): void {
  const t = cx.sessions;
  const r = t.rows;
  const row = sessionTake(t, routerOf(words, 0));
  const generation = r[row + Session.Generation]!;
  r.set(words, row);
  r[row + Session.Generation] = generation;
  r[row + Session.SiblingNext] = 0;
  r[row + Session.SiblingPrevious] = 0;
  if (worker !== from) {
    r[row + Session.OutwardAdjacency] = -1;
    r[row + Session.InwardAdjacency] = -1;
  }
  const meta = words[Session.Meta]!;
  const pool = (meta & SessionFlag.Static) !== 0 ? words[Session.EpochPool]! & ~0xffff : Pool.Full << 16;
  r[row + Session.EpochPool] = (words[Session.EpochPool]! & 0xffff) | pool;
  if (((meta >>> 8) & 0xff) === HELD) {
    insertBy(t, By.Inward, row);
    r[row + Session.Generation] = generation + 1;
    return;
  }
  if (!isSession(meta)) return;
  if ((meta & SessionFlag.Mapped) !== 0) mappingJoinAgain(t, row);
  sessionPublish(t, row);
  listRecyclable(cx, row);
  wheelLink(t, row, cx.now, 1);
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

function fillPools(p: PortBlocks, { port, target }: Found, visit: number): void {
  const range = (address: number, low: number, high: number): void => {
    for (let space = 0; space < PortSpace.Count; space++) {
      p.range[(space * p.addresses + address) * 2] = low;
      p.range[(space * p.addresses + address) * 2 + 1] = high;
    }
  };
  // From above to below there is none.
  range(Pool.Full, 1, 0);
  range(freePool(visit), port, port);
  if (target === undefined) return;
  range(targetPool(visit), target.low, target.high);
  if (!target.isTaken) return;
  for (let space = 0; space < PortSpace.Count; space++) {
    const pool = space * p.addresses + targetPool(visit);
    p.owner[pool * BLOCKS + (target.port >> 6)] = 1;
    p.taken[pool * BLOCKS * 2 + (target.port >> 5)] = 1 << (target.port & 31);
  }
}

/** Every host as it is; when no row is left, strangers have them. */
function fillHosts(t: Hosts, found: readonly Found[], most: number): void {
  for (const words of found.flatMap(({ hosts }) => hosts)) {
    const row = hostTake(t, words[Host.Address]!, words[Host.Router]!);
    const sessions = words[Host.Sessions]!;
    if (sessions > 0 && t.rows[row + Host.Sessions] === 0) hostSessions(t, row, 1);
    for (let word = 0; word < Host.Words; word++)
      if (word !== Host.Next && word < Host.IdleNext) t.rows[row + word] = words[word]!;
  }
  if (!found.some(({ hostsFull }) => hostsFull)) return;
  // Addresses in 0/8, which no packet has that gets this far.
  for (let i = 1; i <= most; i++) {
    const row = hostTake(t, i << 8, GATEWAY_ROUTER);
    if (row >= 0 && t.rows[row + Host.Sessions] === 0) hostSessions(t, row, 1);
  }
}
