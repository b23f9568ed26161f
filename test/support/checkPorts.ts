import assert from 'node:assert/strict';
import { countedState } from '../../src/pipeline/sessionState.js';
import { SessionState } from '../../src/pipeline/tcpState.js';
import { isElsewhere } from '../../src/tables/elsewhere.js';
import { Host, HostsHead, hostFind } from '../../src/tables/hosts.js';
import { mappingOf } from '../../src/tables/mappings.js';
import { homeOf } from '../../src/tables/ownership.js';
import { headOf, PoolHead, PortSpace, poolOf, portSpaceOf, portsUsed, swapPort } from '../../src/tables/portBlocks.js';
import { roomFirst } from '../../src/tables/roomLists.js';
import {
  HELD,
  isSession,
  poolIndexOf,
  routerOf,
  Session,
  SessionFlag,
  SessionsHead,
  scopeOf,
} from '../../src/tables/sessions.js';
import type { World } from './world.js';

/** Laws of what one worker has: ports and who shares them, mappings, held ports, hosts. */
export function checkPorts(w: World): void {
  checkTuples(w);
  checkUsers(w);
  checkMappings(w);
  checkRoomLists(w);
  checkHosts(w);
}

/** Every row that is in use, sessions or not. */
function rowsOf(w: World, wanted: (meta: number) => boolean): number[] {
  const { sessions } = w;
  return Array.from({ length: sessions.head[SessionsHead.HighWater]! }, (_, i) => i * Session.Words).filter((row) => {
    const meta = sessions.rows[row + Session.Meta]!;
    return (meta & 0xff) !== 0 && wanted(meta);
  });
}

const HALF_OPEN = [SessionState.HalfOpen, SessionState.Unanswered] as number[];
const isHeld = (meta: number): boolean => ((meta >>> 8) & 0xff) === HELD;

/** Names the mapping of a session that has one; no name of a mapping for another row. */
function mappingKey({ sessions }: World, row: number): string {
  const r = sessions.rows;
  const meta = r[row + Session.Meta]!;
  if ((meta & SessionFlag.Mapped) === 0) return `row ${row}`;
  return [r[row + Session.InsideAddress], r[row + Session.OutwardPorts]! & 0xffff, scopeOf(r, row)].join();
}

/** No two sessions of a router have the same flow from inside, and no two rows of any the same from outside. */
function checkTuples(w: World): void {
  const r = w.sessions.rows;
  const word = (row: number, words: readonly Session[]): string => words.map((one) => r[row + one]).join();
  const out = rowsOf(w, (meta) => isSession(meta) || isElsewhere(meta)).map((row) =>
    [word(row, [Session.InsideAddress, Session.RemoteAddress, Session.OutwardPorts]), scopeOf(r, row)].join(),
  );
  assert.equal(new Set(out).size, out.length, 'two rows of the same flow from inside');
  const back = rowsOf(w, (meta) => isSession(meta) || isHeld(meta)).map((row) =>
    [word(row, [Session.RemoteAddress, Session.ExternalAddress, Session.InwardPorts]), r[row + Session.Meta]! & 0xff].join(),
  );
  assert.equal(new Set(back).size, back.length, 'two rows of the same flow from outside');
}

/** A port is in use when a session or a held row has it, and shared by as many as there are beyond the first. */
function checkUsers(w: World): void {
  const { sessions, state } = w;
  const users = new Map<number, number>();
  const hasMapping = new Set<string>();
  for (const row of rowsOf(w, (meta) => (isSession(meta) || isHeld(meta)) && (meta & SessionFlag.Static) === 0)) {
    const pool = poolOf(state.ports, sessions.rows[row + Session.Meta]! & 0xff, poolIndexOf(sessions.rows, row));
    // A mapping has its port as one.
    if (hasMapping.has(mappingKey(w, row))) continue;
    if ((sessions.rows[row + Session.Meta]! & SessionFlag.Mapped) !== 0) hasMapping.add(mappingKey(w, row));
    const at = pool * 65_536 + swapPort(sessions.rows[row + Session.InwardPorts]! >>> 16);
    users.set(at, (users.get(at) ?? 0) + 1);
  }
  for (const [at, count] of users) assert.equal(state.ports.sharers[at], count - 1, 'a port is shared by those who have it');
  let used = 0;
  for (let pool = 0; pool < PortSpace.Count * state.ports.addresses; pool++) used += portsUsed(state.ports, w.cx.worker, pool);
  assert.equal(used, users.size, 'ports in use = ports that sessions or held rows have');
  checkPoolCounts(w);
}

/** What a pool counts of its sessions is what the rows are. */
function checkPoolCounts(w: World): void {
  const { sessions, state } = w;
  const counted = (word: PoolHead): number[] =>
    Array.from(
      { length: PortSpace.Count * state.ports.addresses },
      (_, pool) => state.ports.heads[headOf(state.ports, w.cx.worker, pool) + word]!,
    );
  const there = (wanted: (meta: number) => boolean): number[] => {
    const counts = counted(PoolHead.Sessions).fill(0);
    for (const row of rowsOf(w, (meta) => (meta & SessionFlag.Static) === 0 && wanted(meta)))
      counts[poolOf(state.ports, sessions.rows[row + Session.Meta]! & 0xff, poolIndexOf(sessions.rows, row))]!++;
    return counts;
  };
  assert.deepEqual(counted(PoolHead.Sessions), there(isSession), 'sessions of each pool');
  const isShared = (meta: number): boolean => isSession(meta) && (meta & SessionFlag.Overlapped) !== 0;
  assert.deepEqual(counted(PoolHead.Shared), there(isShared), 'sessions of each pool that share a port');
  assert.deepEqual(counted(PoolHead.Held), there(isHeld), 'held ports of each pool');
}

/** The sessions of a mapping are one ring, with one external endpoint, found by its inside endpoint. */
function checkMappings(w: World): void {
  const { sessions } = w;
  const r = sessions.rows;
  const rings = new Map<string, Set<number>>();
  for (const row of rowsOf(w, (meta) => (meta & SessionFlag.Mapped) !== 0)) {
    const protocol = scopeOf(r, row);
    const key = [r[row + Session.InsideAddress], r[row + Session.OutwardPorts]! & 0xffff, protocol].join();
    rings.set(key, (rings.get(key) ?? new Set()).add(row));
  }
  for (const rows of rings.values()) {
    const first = [...rows][0]!;
    const found = mappingOf(
      sessions,
      r[first + Session.InsideAddress]!,
      r[first + Session.OutwardPorts]! & 0xffff,
      scopeOf(r, first),
    );
    assert.ok(rows.has(found), 'the mapping is found by its inside endpoint');
    const ring = new Set<number>();
    for (let row = first; !ring.has(row); row = r[row + Session.SiblingNext]!) {
      ring.add(row);
      assert.equal(r[r[row + Session.SiblingNext]! + Session.SiblingPrevious], row, 'links of the ring agree');
    }
    assert.deepEqual([...ring].sort(), [...rows].sort(), 'the sessions of a mapping are one ring');
    const externals = [...rows]
      .filter((row) => !isElsewhere(r[row + Session.Meta]!))
      .map((row) => `${r[row + Session.ExternalAddress]}:${r[row + Session.InwardPorts]! >>> 16}`);
    assert.ok(new Set(externals).size <= 1, 'a mapping has one external endpoint');
  }
}

/** Held rows and those that may be ended to make room stand in the lists of their pools, and nobody else. */
function checkRoomLists(w: World): void {
  const { sessions, state } = w;
  const r = sessions.rows;
  const listed = (first: number): Set<number> => {
    const rows = new Set<number>();
    for (let pool = 0; pool < PortSpace.Count * state.ports.addresses; pool++)
      for (let row = roomFirst(state.ports, w.cx.worker, pool, first); row >= 0; row = r[row + Session.SiblingNext]! - 1)
        rows.add(row);
    return rows;
  };
  const held = rowsOf(w, isHeld);
  assert.deepEqual([...listed(PoolHead.HeldFirst)].sort(), held.sort(), 'held rows are listed');
  assert.equal(sessions.head[SessionsHead.Held], held.length);
  const ofRouters = rowsOf(w, isSession).map((row) => routerOf(r, row));
  assert.deepEqual(perRouter(sessions.head.subarray(SessionsHead.Routers)), timesEach(ofRouters), 'sessions of each router');
  const states = [SessionState.HalfOpen, SessionState.Unanswered, SessionState.Closing, SessionState.Reset] as number[];
  const recyclable = rowsOf(w, (meta) => {
    const free = (meta & (SessionFlag.Mapped | SessionFlag.Static)) === 0;
    return (meta & 0xff) === 6 && free && states.includes((meta >>> 8) & 0xff);
  });
  assert.deepEqual([...listed(PoolHead.RecycleFirst)].sort(), recyclable.sort(), 'closing and half-open sessions are listed');
}

/** A home counts its hosts' sessions, here and elsewhere, and their ports. */
function checkHosts(w: World): void {
  const { cx, sessions } = w;
  const r = sessions.rows;
  const counted = new Map<string, { sessions: number; ports: Set<string>[]; halfOpen: number }>();
  for (const row of rowsOf(w, (meta) => isSession(meta) || isElsewhere(meta))) {
    const address = r[row + Session.InsideAddress]!;
    if (homeOf(address, cx.handoff.workers) !== cx.worker) continue;
    const meta = r[row + Session.Meta]!;
    const name = `${address} ${routerOf(r, row)}`;
    const host = counted.get(name) ?? { sessions: 0, ports: [new Set(), new Set(), new Set()], halfOpen: 0 };
    counted.set(name, host);
    host.sessions++;
    const isMapped = (meta & SessionFlag.Mapped) !== 0;
    if ((meta & SessionFlag.Static) === 0)
      host.ports[portSpaceOf(meta & 0xff)]!.add(isMapped ? `port ${r[row + Session.OutwardPorts]! & 0xffff}` : `row ${row}`);
    if ((meta & 0xff) === 6 && HALF_OPEN.includes(countedState(meta))) host.halfOpen++;
  }
  const t = cx.hosts;
  for (const [name, host] of counted) {
    const [address, router] = name.split(' ').map(Number) as [number, number];
    const row = hostFind(t, address, router);
    assert.ok(row >= 0, 'a host with sessions is known to its home');
    const said = [Host.Sessions, Host.Ports, Host.PortsUdp, Host.PortsIcmp, Host.HalfOpen].map((word) => t.rows[row + word]);
    assert.deepEqual(said, [host.sessions, ...host.ports.map((set) => set.size), host.halfOpen], 'what is counted for a host');
  }
  assert.equal(t.head[HostsHead.Active], counted.size, 'hosts with sessions');
  const ofRouters = [...counted.keys()].map((name) => Number(name.split(' ')[1]));
  assert.deepEqual(perRouter(t.head.subarray(HostsHead.Routers)), timesEach(ofRouters), 'hosts with sessions of each router');
}

/** What a table has counted, by router, without those that have nothing. */
function perRouter(counts: Int32Array): Map<number, number> {
  return new Map([...counts.entries()].filter(([, count]) => count !== 0));
}

function timesEach(routers: readonly number[]): Map<number, number> {
  const times = new Map<number, number>();
  for (const router of routers.toSorted((a, b) => a - b)) times.set(router, (times.get(router) ?? 0) + 1);
  return times;
}
