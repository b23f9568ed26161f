import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setImmediate as nextRound } from 'node:timers/promises';
import { DEFAULT_SESSION_ROWS } from '../types/show.js';
import { type Answer, answerJson } from './boundedServer.js';
import { isShowNoun, showRows } from './show/rows.js';
import type { Shown } from './show/shown.js';
import { sessionTotal } from './show/totals.js';

/** Rows of `sessions` answered at most with `?limit=`. */
const MOST_ROWS = 1_000_000;
/** Rows made before the process turns to something else. */
const ROWS_PER_ROUND = 1000;
/** Characters of a word that an error repeats. */
const LONGEST_ECHO = 40;

/** What the gateway says about itself. */
export interface Info {
  readonly name: string;
  readonly version: string;
  readonly node: string;
  readonly pid: number;
  readonly uptimeSeconds: number;
  readonly configFile: string;
  readonly generation: number;
  readonly workers: number;
  /** Sessions there are: `show sessions` may list fewer. */
  readonly sessions: number;
  readonly sessionsLimit: number;
}

/**
 *   GET /v1/info         -> Info
 *   GET /v1/show/<noun>  -> array of rows (types/show); `sessions` takes ?limit=, and says in the header
 *                           windrose-total how many there are.
 *
 * Errors are {"error": "..."} with 400, 404, 405 or 413.
 */
export function controlApi(shown: Shown, about: () => Omit<Info, 'sessions' | 'sessionsLimit'>): Answer {
  return async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    if (pathname === '/v1/info') {
      const sessionsLimit = shown.states.reduce((sum, { sessions }) => sum + sessions.capacity, 0);
      answerJson(response, 200, { ...about(), sessions: sessionTotal(shown.states), sessionsLimit } satisfies Info);
      return;
    }
    const noun = /^\/v1\/show\/([^/]+)$/.exec(pathname)?.[1];
    if (noun === undefined) {
      answerJson(response, 404, { error: `there is nothing at ${pathname.slice(0, LONGEST_ECHO)}` });
    } else if (!isShowNoun(noun)) {
      answerJson(response, 404, { error: `there is nothing called "${noun.slice(0, LONGEST_ECHO)}" to show` });
    } else {
      const limit = rowLimit(searchParams.get('limit'));
      if (limit === undefined) {
        answerJson(response, 400, { error: `limit is a whole number from 1 to ${MOST_ROWS}` });
        return;
      }
      if (noun === 'sessions') response.setHeader('windrose-total', sessionTotal(shown.states));
      if (noun === 'top') await shown.census.current();
      await answerRows(response, showRows(noun, shown, limit));
    }
  };
}

/** Undefined when it is no such number. */
function rowLimit(text: string | null): number | undefined {
  if (text === null) return DEFAULT_SESSION_ROWS;
  const limit = Number(text);
  return /^\d{1,7}$/.test(text) && limit >= 1 && limit <= MOST_ROWS ? limit : undefined;
}

/** A JSON array, piece by piece: a million sessions neither fill the memory nor keep the process from its other work. */
async function answerRows(response: ServerResponse, rows: Iterable<unknown>): Promise<void> {
  response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  let piece = '[';
  let count = 0;
  for (const row of rows) {
    piece += `${count === 0 ? '\n' : ',\n'}${JSON.stringify(row)}`;
    count++;
    if (count % ROWS_PER_ROUND !== 0) continue;
    if (response.destroyed) return;
    if (!response.write(piece)) await readableAgain(response);
    piece = '';
    await nextRound();
  }
  response.end(`${piece}${count === 0 ? '' : '\n'}]\n`);
}

/** Waits until the peer has read, or is gone. */
async function readableAgain(response: ServerResponse): Promise<void> {
  const gone = new AbortController();
  await Promise.race([
    once(response, 'drain', { signal: gone.signal }),
    once(response, 'close', { signal: gone.signal }),
  ]).finally(() => gone.abort());
}
