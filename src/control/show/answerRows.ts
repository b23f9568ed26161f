import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setImmediate as nextRound } from 'node:timers/promises';

/** Rows made before the process turns to something else. */
const ROWS_PER_ROUND = 1000;

/**
 * A JSON array, piece by piece: a million sessions neither fill the memory nor keep the process from its other work. With `next`,
 * which is asked behind the last row, an object: { rows, next }.
 */
export async function answerRows(response: ServerResponse, rows: Iterable<unknown>, next?: () => string | null): Promise<void> {
  response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  let piece = next === undefined ? '[' : '{"rows":[';
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
  const rest = next === undefined ? '' : `,"next":${JSON.stringify(next())}}`;
  response.end(`${piece}${count === 0 ? '' : '\n'}]${rest}\n`);
}

/** Waits until the peer has read, or is gone. */
async function readableAgain(response: ServerResponse): Promise<void> {
  const gone = new AbortController();
  await Promise.race([
    once(response, 'drain', { signal: gone.signal }),
    once(response, 'close', { signal: gone.signal }),
  ]).finally(() => gone.abort());
}
