import { WindroseError } from '../errors/catalog.js';
import type { ActivateReport } from '../types/activate.js';
import { NO_HOST } from './applyApi.js';
import type { ObjectBook } from './dvr/mirror/objectBook.js';

/** `POST /v1/activate?port=NAME`: binds a port where it is migrating to (dvr.md 2.16). */

export const ACTIVATE_PATH = '/v1/activate';

/** `book` undefined: the gateway is no host of distributed routers. Throws only what is no WindroseError. */
export async function activateIn(
  book: Pick<ObjectBook, 'activate' | 'shared'> | undefined,
  port: string,
): Promise<ActivateReport> {
  const refuse = (refused: string): ActivateReport => ({ ok: false, port, host: '', from: '', shared: false, refused });
  if (book === undefined) return refuse(NO_HOST);
  const { shared } = book;
  try {
    const done = await book.activate(port);
    if (done.outcome === 'unknown') return refuse('there is no such port');
    if (done.host === undefined) return refuse('it is not bound, and so migrates nowhere');
    return { ok: true, port, host: done.host, from: done.outcome === 'activated' ? done.from : '', shared, refused: '' };
  } catch (error) {
    if (!(error instanceof WindroseError)) throw error;
    return refuse(error.message.replace(/\.$/, ''));
  }
}
