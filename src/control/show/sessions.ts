import { setImmediate as nextRound } from 'node:timers/promises';
import { anySession, type SessionFilter, sessionMatches } from '../../pipeline/sessionSweep.js';
import { sessionStateNames, sessionTimeout } from '../../pipeline/tcpState.js';
import { ControlWord } from '../../shared/control.js';
import { STATIC_ZONE } from '../../shared/counters.js';
import { swapPort } from '../../tables/portBlocks.js';
import { isSession, routerOf, Session, SessionFlag, type Sessions, SessionsHead, zoneOf } from '../../tables/sessions.js';
import { formatIpv4, type WireIpv4 } from '../../types/ipv4.js';
import { protocolText } from '../../types/protocols.js';
import type { SessionRow } from '../../types/show.js';
import type { Filtering } from '../../types/showNat.js';
import { namesOfServices } from './routerNames.js';
import type { Shown } from './shown.js';

const TICK_SECONDS = 0.1;

/** Rows looked at before the process turns to something else. */
const ROWS_PER_ROUND = 65_536;

/** A place in the tables of the workers; `worker` is their number behind the last. */
export interface TablePlace {
  worker: number;
  row: number;
}

/** Zone of sessions by static mappings. An operator may have a zone of that name: the row tells them apart. */
export const STATIC_NAME = 'static';

/** Names of the zones by their state index. */
export function zoneNamesOf(index: Shown['index']): Map<number, string> {
  return new Map([...[...index.zoneNames()].map(([name, slot]) => [slot, name] as const), [STATIC_ZONE, STATIC_NAME]]);
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
  place: TablePlace = { worker: 0, row: 0 },
): Generator<SessionRow> {
  const zones = zoneNamesOf(index);
  const routers = namesOfServices(built);
  const words = new Int32Array(Session.Words);
  let left = limit;
  for (; place.worker < states.length; place.worker++, place.row = 0) {
    const { sessions, control } = states[place.worker]!;
    while (place.row < sessions.head[SessionsHead.HighWater]!) {
      if (left === 0) return;
      const row = place.row++ * Session.Words;
      if (!copyRow(sessions, row, words) || !sessionMatches(words, 0, filter)) continue;
      left--;
      yield sessionRow(words, Atomics.load(control, ControlWord.ClockTick), built.snapshot.timeouts, zones, routers);
    }
  }
}

/** Copies the row of a session; false when there is none, or it only says which worker has the session, or that its port is held. */
export function copyRow(t: Sessions, row: number, words: Int32Array): boolean {
  return copyAnyRow(t, row, words) && isSession(words[Session.Meta]!);
}

/**
 * Copies a row of the table of sessions, whatever its role; false when it is free, being written, or was used anew meanwhile.
 * Atomic loads, because only they keep the two looks at the generation on either side of the copy. The writer orders nothing
 * (D5), so on machines that reorder stores a row taken in the very moment of its reuse may be mixed: good enough to look at, and
 * nothing else reads this copy.
 */
export function copyAnyRow({ rows }: Sessions, row: number, words: Int32Array): boolean {
  const generation = Atomics.load(rows, row + Session.Generation);
  if ((generation & 1) !== 0) return false;
  for (let i = 0; i < Session.Words; i++) words[i] = Atomics.load(rows, row + i);
  return (words[Session.Meta]! & 0xff) !== 0 && Atomics.load(rows, row + Session.Generation) === generation;
}

export function sessionRow(
  words: Int32Array,
  now: number,
  timeouts: Int32Array,
  zones: ReadonlyMap<number, string>,
  routers: ReadonlyMap<number, string>,
): SessionRow {
  const meta = words[Session.Meta]!;
  const protocol = meta & 0xff;
  const state = (meta >>> 8) & 0xff;
  const outward = words[Session.OutwardPorts]!;
  const external = swapPort(words[Session.InwardPorts]! >>> 16);
  const idle = Math.max(0, (now - words[Session.LastSeen]!) | 0);
  const end = (address: number, port: number): string =>
    hasPorts(protocol) ? endpoint(address, port) : formatIpv4(address as WireIpv4);
  return {
    protocol: protocolText(protocol),
    state: sessionStateNames[state as keyof typeof sessionStateNames] ?? String(state),
    inside: end(words[Session.InsideAddress]!, swapPort(outward & 0xffff)),
    external: end(words[Session.ExternalAddress]!, external),
    // An echoing host sees, and sends back, the identifier outside.
    remote: end(words[Session.RemoteAddress]!, protocol === 1 ? external : swapPort(outward >>> 16)),
    zone: (meta & SessionFlag.Static) !== 0 ? STATIC_NAME : (zones.get(zoneOf(meta)) ?? ''),
    router: routers.get(routerOf(words, 0)) ?? '',
    filtering: filteringOf(meta),
    mapped: (meta & SessionFlag.Mapped) !== 0,
    overlapped: (meta & SessionFlag.Overlapped) !== 0,
    static: (meta & SessionFlag.Static) !== 0,
    idleSeconds: seconds(idle),
    expiresSeconds: seconds(Math.max(0, sessionTimeout(timeouts, meta) - idle)),
  };
}

/** Who may open a session from outside by what this one has: a static mapping takes everybody. */
export function filteringOf(meta: number): Filtering {
  if ((meta & (SessionFlag.Eif | SessionFlag.Static)) !== 0) return 'eif';
  return (meta & SessionFlag.Adf) !== 0 ? 'adf' : 'apdf';
}

/** ICMP identifiers count as ports. */
function hasPorts(protocol: number): boolean {
  return protocol === 6 || protocol === 17 || protocol === 1;
}

export function endpoint(address: number, port: number): string {
  return `${formatIpv4(address as WireIpv4)}:${port}`;
}

function seconds(ticks: number): number {
  return Math.round(ticks * TICK_SECONDS * 10) / 10;
}
