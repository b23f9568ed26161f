import { setTimeout as pause } from 'node:timers/promises';
import { InvalidArgumentError } from 'commander';
import { WindroseError } from '../errors/catalog.js';
import { selectorsOf } from '../types/selectors.js';
import {
  type ConfigRow,
  DEFAULT_ROWS,
  type DropRow,
  type PagedNoun,
  type SessionRow,
  type ShowNoun,
  type ShowRows,
  type ZoneRow,
} from '../types/show.js';
import { getJson, type SocketChoice, socketPath } from './controlClient.js';
import { countsOf, type EarlierDrops, renderDrops } from './dropsListings.js';
import { Exit } from './fail.js';
import { renderIpvsadmZones } from './ipvsadmZones.js';
import { renderListing } from './listings.js';
import { nounOf } from './nouns.js';
import { rowsOf } from './pages.js';
import { print, printAsIs } from './print.js';
import { routingQuery } from './routingWords.js';
import { selectorQuery } from './sessionSelectors.js';

export interface ShowOptions extends SocketChoice {
  readonly output: 'table' | 'wide' | 'json' | 'ipvsadm';
  /** Most sessions, mappings or inside hosts to list; the gateway has its own most when it is left out. */
  readonly limit?: number | undefined;
  /** Where a page begins. */
  readonly cursor?: string | undefined;
  /** Seconds between two listings; undefined: one listing. */
  readonly watch?: number | undefined;
}

/** Reads the value of --watch. */
export function watchSeconds(text: string): number {
  const seconds = Number(text);
  if (text.trim() !== '' && seconds >= 0.1 && seconds <= 3600) return seconds;
  throw new InvalidArgumentError('It is a number of seconds from 0.1 to 3600.');
}

/** Most rows the gateway lists at once. */
const MOST_ROWS = 1_000_000;

/** Reads the value of --limit. */
export function rowLimit(text: string): number {
  const rows = Number(text);
  if (/^\d{1,7}$/.test(text) && rows >= 1 && rows <= MOST_ROWS) return rows;
  throw new InvalidArgumentError(`It is a whole number from 1 to ${MOST_ROWS}.`);
}

/** Asks the gateway for the rows of a noun and prints them, once or until interrupted. */
export async function show(what: string, words: readonly string[], options: ShowOptions): Promise<Exit> {
  const noun = nounOf(what);
  const routing = isOfRouter(noun) ? routingQuery(noun, words) : undefined;
  if (!isPaged(noun)) {
    const only = `only ${Object.keys(selectorsOf).join(', ')} are`;
    if (words.length > 0 && routing === undefined)
      throw new WindroseError('SELECTOR_FAULTY', words[0]!, `${only} selected, not ${noun}`);
    if (options.cursor !== undefined)
      throw new WindroseError('SELECTOR_FAULTY', '--cursor', `${only} listed by pages, not ${noun}`);
    if (options.limit !== undefined) throw new WindroseError('SELECTOR_FAULTY', '--limit', `${only} limited, not ${noun}`);
  }
  const query = isPaged(noun) ? selectorQuery(words, selectorsOf[noun]) : (routing ?? new URLSearchParams());
  if (options.cursor !== undefined) query.set('cursor', options.cursor);
  if (options.limit !== undefined) query.set('limit', String(options.limit));
  const path = `/v1/show/${noun}${query.size === 0 ? '' : `?${query}`}`;
  const socket = await socketPath(options);
  const asked: Asked = { noun, path, socket, selected: words.length > 0 };
  if (options.watch === undefined) {
    await list(asked, options);
    return Exit.Done;
  }
  for (;;) {
    // A terminal is cleared; anything else gets one listing after the other.
    if (process.stdout.isTTY) printAsIs('\u001b[H\u001b[2J');
    if (options.output !== 'json' && !print(`${new Date().toISOString()}  every ${options.watch}s\n`)) return Exit.Done;
    if (!(await list(asked, options))) return Exit.Done;
    await pause(options.watch * 1000);
  }
}

interface Asked {
  readonly noun: ShowNoun;
  readonly path: string;
  readonly socket: string;
  readonly selected: boolean;
  /** Of the last time, when they are listed again and again. */
  drops?: EarlierDrops;
}

/** False when nobody reads any more. */
async function list(asked: Asked, options: ShowOptions): Promise<boolean> {
  const { noun, path, socket, selected } = asked;
  const { rows, next } = rowsOf(await getJson(socket, path), socket);
  const json = (): string => `${JSON.stringify(rows, null, options.watch === undefined ? 2 : undefined)}\n`;
  const text =
    options.output === 'json'
      ? json()
      : options.output === 'ipvsadm'
        ? renderIpvsadmZones(rows as ZoneRow[])
        : noun === 'drops' && options.watch !== undefined
          ? dropsAgain(asked, rows as DropRow[], options.output === 'wide')
          : renderListing(noun, rows as ShowRows[ShowNoun][], options.output === 'wide', path.includes('table=all'));
  const read = print(text);
  if (options.cursor !== undefined) {
    if (next !== null) process.stderr.write(`windrose: the next page begins at --cursor ${next}\n`);
  } else if (noun === 'metadata' && rows.length === 0) await tellEndpoint(socket);
  else if (noun === 'sessions') await tellCount(rows as SessionRow[], socket, selected, options);
  else if (isPaged(noun) && rows.length === (options.limit ?? DEFAULT_ROWS))
    process.stderr.write(`windrose: the first ${rows.length} ${noun}; --limit lists more.\n`);
  return read;
}

function dropsAgain(asked: Asked, rows: readonly DropRow[], wide: boolean): string {
  const earlier = asked.drops ?? 'none';
  asked.drops = countsOf(rows);
  return renderDrops(rows, wide, earlier);
}

/** Nouns that may be those of one router. */
function isOfRouter(noun: ShowNoun): noun is 'routes' | 'rules' | 'neighbors' {
  return noun === 'routes' || noun === 'rules' || noun === 'neighbors';
}

function isPaged(noun: ShowNoun): noun is PagedNoun {
  return Object.hasOwn(selectorsOf, noun);
}

/** On stderr: why nobody asks for metadata, where the configuration is why. */
async function tellEndpoint(socket: string): Promise<void> {
  const [row] = (await getJson(socket, '/v1/show/config')) as [ConfigRow];
  const { host } = row.config as { host?: { metadata?: unknown } };
  if (host?.metadata === undefined)
    process.stderr.write(
      `windrose: requests for metadata are refused: ${host === undefined ? 'the configuration has no host' : 'set host.metadata.endpoint in the configuration'}.\n`,
    );
}

/** On stderr: how many there are of each protocol; of a listing cut at its limit, how many sessions there are in all. */
async function tellCount(rows: readonly SessionRow[], socket: string, selected: boolean, options: ShowOptions): Promise<void> {
  const most = options.limit ?? DEFAULT_ROWS;
  const { sessions } = rows.length < most ? {} : ((await getJson(socket, '/v1/info')) as { sessions?: unknown });
  if (typeof sessions === 'number' && sessions > rows.length)
    process.stderr.write(
      `windrose: ${rows.length} of ${sessions} sessions${selected ? ', others may match' : ''}; --limit lists more.\n`,
    );
  else if (options.output !== 'json') process.stderr.write(`${countLine(rows)}\n`);
}

/** "3 sessions: tcp 2, gre 1", the protocols in the order of their numbers of sessions. */
function countLine(rows: readonly SessionRow[]): string {
  const counts = new Map<string, number>();
  for (const { protocol } of rows) counts.set(protocol, (counts.get(protocol) ?? 0) + 1);
  const parts = [...counts].sort(([, a], [, b]) => b - a).map(([protocol, count]) => `${protocol} ${count}`);
  return `${rows.length} session${rows.length === 1 ? '' : 's'}${parts.length === 0 ? '' : `: ${parts.join(', ')}`}`;
}
