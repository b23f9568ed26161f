import type { SessionFilter } from '../../pipeline/sessionSweep.js';
import { SESSION_PAGES_BEGIN, type SessionRow } from '../../types/show.js';
import { type SessionPlace, showSessions } from './sessions.js';
import type { Shown } from './shown.js';

/** One page of sessions; `next` is known once the rows were taken. */
export interface SessionPage {
  readonly rows: Iterable<SessionRow>;
  /** Cursor of the next page; null: this was the last. */
  readonly next: () => string | null;
}

/** The page that begins at a cursor; undefined when it is no cursor. */
export function pageOfSessions(
  shown: Pick<Shown, 'built' | 'states' | 'index'>,
  limit: number,
  filter: SessionFilter | undefined,
  cursor: string,
): SessionPage | undefined {
  const place = placeOf(cursor);
  if (place === undefined) return undefined;
  const next = (): string | null => (place.worker < shown.states.length ? `${place.worker}.${place.row}` : null);
  return { rows: showSessions(shown, limit, filter, place), next };
}

/** "2.4711": the worker and its row. Rows behind the end of a table are no fault: the table may have been full once. */
function placeOf(cursor: string): SessionPlace | undefined {
  if (cursor === SESSION_PAGES_BEGIN) return { worker: 0, row: 0 };
  const [, worker, row] = /^(\d{1,3})\.(\d{1,8})$/.exec(cursor) ?? [];
  return worker === undefined || row === undefined ? undefined : { worker: Number(worker), row: Number(row) };
}
