import { isElsewhere } from '../../tables/elsewhere.js';
import { flowHash } from '../../tables/hash.js';
import { Host, type Hosts, HostsHead } from '../../tables/hosts.js';
import { mappingFor, mappingOf } from '../../tables/mappings.js';
import { findInward, findOutward } from '../../tables/sessionLookup.js';
import { isSession, poolIndexOf, Session, SessionFlag, type Sessions, SessionsHead, scopeOf } from '../../tables/sessions.js';
import type { State } from '../../tables/state.js';
import { copyAnyRow } from '../show/sessions.js';
import { type Flow, scopeOfFlow } from './flow.js';

/**
 * Rows of the tables that the workers write meanwhile, copied. A row may have changed hands between look-up and copy, so each copy
 * is compared with what was looked for, and looked for again; nothing here follows links of rows without a bound.
 */
export interface LiveRow {
  readonly worker: number;
  readonly row: number;
  readonly words: Int32Array;
}

/** Looks taken at a table: its worker may just be moving an entry from behind the look to before it. */
const LOOKS = 3;
/** Sessions of a mapping that are counted one by one. */
export const MOST_COUNTED = 1000;

/** The session the flow belongs to; `inside`: it comes from there. */
export function findSession(states: readonly State[], flow: Flow, inside: boolean): LiveRow | undefined {
  for (let look = 0; look < LOOKS; look++) {
    for (const worker of states.keys()) {
      const found = rowOf(states, worker, flow, inside);
      if (found === undefined || !isSession(found.words[Session.Meta]!) || !isInward(states[worker]!.sessions, found)) continue;
      const isStatic = (found.words[Session.Meta]! & SessionFlag.Static) !== 0;
      if (isStatic || !flow.onlyStatic) return found;
    }
  }
  return undefined;
}

/** Whatever row of the worker's table has the flow's tuple: a session, one that is over and holds its port, or a note of another worker's. */
export function rowOf(states: readonly State[], worker: number, flow: Flow, inside: boolean): LiveRow | undefined {
  const { sessions } = states[worker]!;
  const { source, destination, ports } = flow;
  const scope = scopeOfFlow(flow);
  const hash = flowHash(sessions.key, source, destination, ports, scope);
  const [a, b, c] = inside
    ? [Session.InsideAddress, Session.RemoteAddress, Session.OutwardPorts]
    : [Session.RemoteAddress, Session.ExternalAddress, Session.InwardPorts];
  return looked(states, worker, (words) => {
    const row = (inside ? findOutward : findInward)(sessions, hash, source, destination, ports, scope);
    if (row < 0 || !copyAnyRow(sessions, row, words)) return -1;
    return words[a!] === source && words[b!] === destination && words[c!] === ports ? row : -1;
  });
}

/** A session of the mapping that an inside endpoint has, wherever it is. `port` as loaded. */
export function mappingOfInside(
  states: readonly State[],
  home: number,
  inside: number,
  port: number,
  scope: number,
): LiveRow | undefined {
  const at = (worker: number): LiveRow | undefined =>
    looked(states, worker, (words) => {
      const { sessions } = states[worker]!;
      const row = mappingOf(sessions, inside, port, scope);
      if (row < 0 || !copyAnyRow(sessions, row, words)) return -1;
      return words[Session.InsideAddress] === inside && (words[Session.OutwardPorts]! & 0xffff) === port ? row : -1;
    });
  const found = at(home);
  if (found === undefined || !isElsewhere(found.words[Session.Meta]!)) return found;
  const owner = poolIndexOf(found.words, 0);
  const there = owner < states.length ? at(owner) : undefined;
  return there !== undefined && isSession(there.words[Session.Meta]!) ? there : undefined;
}

/** A session of the mapping that lets the sender of an inward flow in. */
export function mappingOfPeer(states: readonly State[], worker: number, flow: Flow): LiveRow | undefined {
  const { destination, ports, source } = flow;
  return looked(states, worker, (words) => {
    const { sessions } = states[worker]!;
    const row = mappingFor(sessions, destination, ports >>> 16, scopeOfFlow(flow), source);
    if (row < 0 || !copyAnyRow(sessions, row, words) || !isSession(words[Session.Meta]!)) return -1;
    return words[Session.ExternalAddress] === destination && words[Session.InwardPorts]! >>> 16 === ports >>> 16 ? row : -1;
  });
}

/** Sessions of a mapping; MOST_COUNTED: as many, or more. */
export function sessionsOfMapping(states: readonly State[], { worker, row }: LiveRow): number {
  const { rows } = states[worker]!.sessions;
  let count = 1;
  for (let at = rows[row + Session.SiblingNext]!; at !== row && count < MOST_COUNTED; count++) {
    if (!(at >= 0) || at >= rows.length) break;
    at = rows[at + Session.SiblingNext]!;
  }
  return count;
}

/** Any session with this external endpoint. Looks at every row: for telling only. `port` as loaded. */
export function holderOf(states: readonly State[], external: number, port: number, scope: number): LiveRow | undefined {
  for (const [worker, { sessions }] of states.entries()) {
    const { rows } = sessions;
    const words = new Int32Array(Session.Words);
    const end = sessions.head[SessionsHead.HighWater]! * Session.Words;
    for (let row = 0; row < end; row += Session.Words) {
      if (rows[row + Session.ExternalAddress] !== external || rows[row + Session.InwardPorts]! >>> 16 !== port) continue;
      const meta = rows[row + Session.Meta]!;
      if (scopeOf(rows, row) === scope && isSession(meta) && copyAnyRow(sessions, row, words)) return { worker, row, words };
    }
  }
  return undefined;
}

/** Words of a host's row. Looks at every row instead of following chains, which may be relinked meanwhile. */
export function hostWords(t: Hosts, address: number, router: number): Int32Array | undefined {
  const end = t.head[HostsHead.HighWater]! * Host.Words;
  for (let row = 0; row < end; row += Host.Words)
    if (t.rows[row + Host.Address] === address && t.rows[row + Host.Router] === router)
      return t.rows.slice(row, row + Host.Words);
  return undefined;
}

function looked(states: readonly State[], worker: number, look: (words: Int32Array) => number): LiveRow | undefined {
  if (states[worker] === undefined) return undefined;
  const words = new Int32Array(Session.Words);
  for (let i = 0; i < LOOKS; i++) {
    const row = look(words);
    if (row >= 0) return { worker, row, words };
  }
  return undefined;
}

/** A session is found in both directions; a row that is found in one only is on its way in or out, or points elsewhere. */
function isInward(t: Sessions, { words, row }: LiveRow): boolean {
  const [remote, external] = [words[Session.RemoteAddress]!, words[Session.ExternalAddress]!];
  const ports = words[Session.InwardPorts]!;
  const scope = scopeOf(words, 0);
  return findInward(t, flowHash(t.key, remote, external, ports, scope), remote, external, ports, scope) === row;
}
