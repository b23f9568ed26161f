import { anySession, type SessionFilter, sessionMatches } from '../../pipeline/sessionSweep.js';
import { mappingOfRow } from '../../tables/mappings.js';
import { swapPort } from '../../tables/portBlocks.js';
import { routerOf, Session, SessionFlag, type Sessions, SessionsHead, zoneOf } from '../../tables/sessions.js';
import { protocolText } from '../../types/protocols.js';
import type { MappingRow } from '../../types/showNat.js';
import { namesOfServices } from './routerNames.js';
import { copyRow, endpoint, filteringOf, type TablePlace, zoneNamesOf } from './sessions.js';
import type { Shown } from './shown.js';

/** Sessions of one mapping that are counted; more than one port can have remotes in a table is no ring but a torn one. */
const MOST_OF_RING = 1_048_576;

/**
 * Up to `limit` endpoint-independent mappings that the filter means, as showSessions lists sessions. A mapping has no row: it is
 * listed where the session stands by which its index knows it. While its sessions end and others begin, that may be another
 * one, so of a mapping that changes in this way between two pages it is not certain that it is in exactly one of them.
 */
export function* showMappings(
  { built, states, index }: Pick<Shown, 'built' | 'states' | 'index'>,
  limit: number,
  filter: SessionFilter = anySession,
  place: TablePlace = { worker: 0, row: 0 },
): Generator<MappingRow> {
  const zones = zoneNamesOf(index);
  const routers = namesOfServices(built);
  const words = new Int32Array(Session.Words);
  let left = limit;
  for (; place.worker < states.length; place.worker++, place.row = 0) {
    const { sessions } = states[place.worker]!;
    while (place.row < sessions.head[SessionsHead.HighWater]!) {
      if (left === 0) return;
      const row = place.row++ * Session.Words;
      if (!copyRow(sessions, row, words) || !sessionMatches(words, 0, filter)) continue;
      if (!standsForMapping(sessions, row, words[Session.Meta]!)) continue;
      left--;
      yield mappingRow(words, sizeOfRing(sessions, row), zones, routers);
    }
  }
}

/** True for the session by which the index of its worker knows its mapping. `meta`: its Meta word. */
export function standsForMapping(t: Sessions, row: number, meta: number): boolean {
  if ((meta & SessionFlag.Mapped) === 0) return false;
  // A mapping of one session needs no look-up.
  if (t.rows[row + Session.SiblingNext] === row) return true;
  return mappingOfRow(t, row) === row;
}

/** Sessions in the ring that `first` is in. The worker changes it meanwhile: a link that leads out of it ends the walk. */
function sizeOfRing(t: Sessions, first: number): number {
  const { rows } = t;
  const port = rows[first + Session.OutwardPorts]! & 0xffff;
  const inside = rows[first + Session.InsideAddress]!;
  let count = 1;
  let row = rows[first + Session.SiblingNext]!;
  while (row !== first && count < MOST_OF_RING) {
    const isRow = row >= 0 && row % Session.Words === 0 && row < rows.length;
    if (!isRow || rows[row + Session.InsideAddress] !== inside || (rows[row + Session.OutwardPorts]! & 0xffff) !== port) break;
    count++;
    row = rows[row + Session.SiblingNext]!;
  }
  return count;
}

function mappingRow(
  words: Int32Array,
  sessions: number,
  zones: ReadonlyMap<number, string>,
  routers: ReadonlyMap<number, string>,
): MappingRow {
  const meta = words[Session.Meta]!;
  return {
    protocol: protocolText(meta & 0xff),
    inside: endpoint(words[Session.InsideAddress]!, swapPort(words[Session.OutwardPorts]! & 0xffff)),
    external: endpoint(words[Session.ExternalAddress]!, swapPort(words[Session.InwardPorts]! >>> 16)),
    zone: zones.get(zoneOf(meta)) ?? '',
    router: routers.get(routerOf(words, 0)) ?? '',
    filtering: filteringOf(meta),
    sessions,
  };
}
