import { setImmediate as nextRound } from 'node:timers/promises';
import { anySession, type SessionFilter, sessionMatches } from '../../pipeline/sessionSweep.js';
import { sessionStateNames, sessionTimeout } from '../../pipeline/tcpState.js';
import { ControlWord } from '../../shared/control.js';
import { swapPort } from '../../tables/portBlocks.js';
import { isSession, Session, type Sessions, SessionsHead, zoneOf } from '../../tables/sessions.js';
import { formatIpv4, type WireIpv4 } from '../../types/ipv4.js';
import type { SessionRow } from '../../types/show.js';
import type { Shown } from './shown.js';

const TICK_SECONDS = 0.1;
const protocols: Readonly<Record<number, SessionRow['protocol']>> = { 1: 'icmp', 6: 'tcp', 17: 'udp' };

/** Rows looked at before the process turns to something else. */
const ROWS_PER_ROUND = 65_536;

/** A place in the tables of the workers; `worker` is their number behind the last. */
export interface SessionPlace {
  worker: number;
  row: number;
}

/** How many sessions the filter means. The workers go on meanwhile. */
export async function countSessions({ states }: Pick<Shown, 'states'>, filter: SessionFilter): Promise<number> {
  const words = new Int32Array(Session.Words);
  let count = 0;
  for (const { sessions } of states) {
    for (let i = 0; i < sessions.head[SessionsHead.HighWater]!; i++) {
      if (i % ROWS_PER_ROUND === ROWS_PER_ROUND - 1) await nextRound();
      if (copyRow(sessions, i * Session.Words, words) && sessionMatches(words, 0, filter)) count++;
    }
  }
  return count;
}

/**
 * Up to `limit` NAT sessions that the filter means, in the order of the tables, which is no order. The workers go on: a row that is being written, or
 * that changed hands while it was read, is left out. `place` says where to begin and moves along: behind the last session it is
 * where the next page begins. A session keeps its row, so pages neither leave out nor repeat one that lives throughout.
 */
export function* showSessions(
  { built, states, index }: Pick<Shown, 'built' | 'states' | 'index'>,
  limit: number,
  filter: SessionFilter = anySession,
  place: SessionPlace = { worker: 0, row: 0 },
): Generator<SessionRow> {
  const zones = new Map([...index.zoneNames()].map(([name, slot]) => [slot, name]));
  const words = new Int32Array(Session.Words);
  let left = limit;
  for (; place.worker < states.length; place.worker++, place.row = 0) {
    const { sessions, control } = states[place.worker]!;
    while (place.row < sessions.head[SessionsHead.HighWater]!) {
      if (left === 0) return;
      const row = place.row++ * Session.Words;
      if (!copyRow(sessions, row, words) || !sessionMatches(words, 0, filter)) continue;
      left--;
      yield sessionRow(words, Atomics.load(control, ControlWord.ClockTick), built.snapshot.timeouts, zones);
    }
  }
}

/**
 * Copies the row of a session; false when there is none, or it only says which worker has the session. Atomic loads, because only they keep the two looks at the generation on either
 * side of the copy. The writer orders nothing (D5), so on machines that reorder stores a row taken in the very moment of its
 * reuse may be mixed: good enough to look at, and nothing else reads this copy.
 */
export function copyRow({ rows }: Sessions, row: number, words: Int32Array): boolean {
  const generation = Atomics.load(rows, row + Session.Generation);
  if ((generation & 1) !== 0) return false;
  for (let i = 0; i < Session.Words; i++) words[i] = Atomics.load(rows, row + i);
  const meta = words[Session.Meta]!;
  return isSession(meta) && Atomics.load(rows, row + Session.Generation) === generation;
}

export function sessionRow(words: Int32Array, now: number, timeouts: Int32Array, zones: ReadonlyMap<number, string>): SessionRow {
  const meta = words[Session.Meta]!;
  const protocol = meta & 0xff;
  const state = (meta >>> 8) & 0xff;
  const outward = words[Session.OutwardPorts]!;
  const external = swapPort(words[Session.InwardPorts]! >>> 16);
  const idle = Math.max(0, (now - words[Session.LastSeen]!) | 0);
  return {
    protocol: protocols[protocol]!,
    state: sessionStateNames[state as keyof typeof sessionStateNames] ?? String(state),
    inside: endpoint(words[Session.InsideAddress]!, swapPort(outward & 0xffff)),
    external: endpoint(words[Session.ExternalAddress]!, external),
    // An echoing host sees, and sends back, the identifier outside.
    remote: endpoint(words[Session.RemoteAddress]!, protocol === 1 ? external : swapPort(outward >>> 16)),
    zone: zones.get(zoneOf(meta)) ?? '',
    idleSeconds: seconds(idle),
    expiresSeconds: seconds(Math.max(0, sessionTimeout(timeouts, meta) - idle)),
  };
}

function endpoint(address: number, port: number): string {
  return `${formatIpv4(address as WireIpv4)}:${port}`;
}

function seconds(ticks: number): number {
  return Math.round(ticks * TICK_SECONDS * 10) / 10;
}
