import { WindroseError } from '../errors/catalog.js';
import { DEFAULT_SESSION_ROWS, type ShowNoun, type ShowRows } from '../types/show.js';
import { getJson, type SocketChoice, socketPath } from './controlClient.js';
import { Exit } from './fail.js';
import { renderListing } from './listings.js';
import { nounOf } from './nouns.js';
import { print } from './print.js';

export interface ShowOptions extends SocketChoice {
  readonly output: 'table' | 'wide' | 'json';
  /** Most sessions to list; the gateway has its own most when it is left out. */
  readonly limit?: string | undefined;
}

/** Asks the gateway for the rows of a noun and prints them. */
export async function show(what: string, options: ShowOptions): Promise<Exit> {
  const noun = nounOf(what);
  const socket = socketPath(options);
  const limit = options.limit === undefined ? '' : `?limit=${encodeURIComponent(options.limit)}`;
  const rows = await getJson(socket, `/v1/show/${noun}${limit}`);
  if (!Array.isArray(rows)) throw new WindroseError('CONTROL_FAULT', socket, 'the answer is not a list of rows');
  if (options.output === 'json') print(`${JSON.stringify(rows, null, 2)}\n`);
  else print(renderListing(noun, rows as ShowRows[ShowNoun][], options.output === 'wide'));
  const most = options.limit === undefined ? DEFAULT_SESSION_ROWS : Number(options.limit);
  if (noun === 'sessions' && rows.length >= most) await tellRest(socket, rows.length);
  return Exit.Done;
}

/** A listing cut at its limit says on stderr how many sessions there are. */
async function tellRest(socket: string, listed: number): Promise<void> {
  const { sessions } = (await getJson(socket, '/v1/info')) as { sessions?: unknown };
  if (typeof sessions !== 'number' || sessions <= listed) return;
  process.stderr.write(`windrose: ${listed} of ${sessions} sessions; --limit lists more.\n`);
}
