import { WindroseError } from '../errors/catalog.js';
import type { ShowNoun, ShowRows } from '../types/show.js';
import { getJson, type SocketChoice, socketPath } from './controlClient.js';
import { Exit } from './fail.js';
import { renderListing } from './listings.js';
import { nounOf } from './nouns.js';
import { print } from './print.js';

export interface ShowOptions extends SocketChoice {
  readonly output: 'table' | 'wide' | 'json';
}

/** Asks the gateway for the rows of a noun and prints them. */
export async function show(what: string, options: ShowOptions): Promise<Exit> {
  const noun = nounOf(what);
  const socket = socketPath(options);
  const rows = await getJson(socket, `/v1/show/${noun}`);
  if (!Array.isArray(rows)) throw new WindroseError('CONTROL_FAULT', socket, 'the answer is not a list of rows');
  if (options.output === 'json') print(`${JSON.stringify(rows, null, 2)}\n`);
  else print(renderListing(noun, rows as ShowRows[ShowNoun][], options.output === 'wide'));
  return Exit.Done;
}
