import type { SessionFilter } from '../../pipeline/sessionSweep.js';
import { PAGES_BEGIN, type PagedNoun, type ShowNoun, type ShowRows } from '../../types/show.js';
import { showInsideHosts } from './insideHosts.js';
import { showMappings } from './mappings.js';
import { showSessions, type TablePlace } from './sessions.js';
import type { Shown } from './shown.js';

type Seen = Pick<Shown, 'built' | 'states' | 'index'>;

/** One page; `next` is known once the rows were taken. */
export interface Page<N extends PagedNoun = PagedNoun> {
  readonly rows: Iterable<ShowRows[N]>;
  /** Cursor of the next page; null: this was the last. */
  readonly next: () => string | null;
}

/** They walk the tables of the workers from a place on, and move it along. */
const walks: {
  readonly [N in PagedNoun]: (
    shown: Seen,
    limit: number,
    filter: SessionFilter | undefined,
    place: TablePlace,
  ) => Iterable<ShowRows[N]>;
} = { sessions: showSessions, mappings: showMappings, 'inside-hosts': showInsideHosts };

export function isPaged(noun: ShowNoun): noun is PagedNoun {
  return Object.hasOwn(walks, noun);
}

/** The page that begins at a cursor; undefined when it is no cursor. */
export function pageOf<N extends PagedNoun>(
  noun: N,
  shown: Seen,
  limit: number,
  filter: SessionFilter | undefined,
  cursor: string,
): Page<N> | undefined {
  const place = placeOf(cursor);
  if (place === undefined) return undefined;
  const next = (): string | null => (place.worker < shown.states.length ? `${place.worker}.${place.row}` : null);
  return { rows: walks[noun](shown, limit, filter, place), next };
}

/** "2.4711": the worker and its row. Rows behind the end of a table are no fault: the table may have been full once. */
function placeOf(cursor: string): TablePlace | undefined {
  if (cursor === PAGES_BEGIN) return { worker: 0, row: 0 };
  const [, worker, row] = /^(\d{1,3})\.(\d{1,8})$/.exec(cursor) ?? [];
  return worker === undefined || row === undefined ? undefined : { worker: Number(worker), row: Number(row) };
}
