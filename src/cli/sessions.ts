import { WindroseError } from '../errors/catalog.js';
import { confirmed } from './confirmed.js';
import { getJson, postJson, type SocketChoice, socketPath } from './controlClient.js';
import { Exit } from './fail.js';
import { print } from './print.js';
import { selectorQuery } from './sessionSelectors.js';

export interface PurgeOptions extends SocketChoice {
  readonly yes?: true | undefined;
}

/** Ends the sessions that the selectors mean, or with the single word `all` every one; says first how many there are. */
export async function purgeSessions(words: readonly string[], options: PurgeOptions): Promise<Exit> {
  const all = words.length === 1 && words[0] === 'all';
  const query = all ? '' : `?${selectorQuery(words)}`;
  const socket = await socketPath(options);
  const { count } = (await getJson(socket, `/v1/sessions/count${query}`)) as { count: number };
  print(`${plural(count)} match${count === 1 ? 'es' : ''}\n`);
  if (count === 0) return Exit.Done;
  if (!options.yes && !(await mayEnd(count))) {
    print('nothing has changed\n');
    return Exit.Failed;
  }
  const { ended } = (await postJson(socket, `/v1/sessions/purge${query}`)) as { ended: number };
  print(`${plural(ended)} ended\n`);
  return Exit.Done;
}

async function mayEnd(count: number): Promise<boolean> {
  if (process.stdin.isTTY !== true) throw new WindroseError('CONFIRMATION_MISSING', 'sessions purge');
  return confirmed(`End ${plural(count)}`);
}

function plural(count: number): string {
  return `${count} session${count === 1 ? '' : 's'}`;
}
