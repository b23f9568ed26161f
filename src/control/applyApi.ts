import type { IncomingMessage, ServerResponse } from 'node:http';
import { KIND_KEYS, kindOf } from '../objects/kindNames.js';
import type { ApplyReport, ObjectTools } from '../types/apply.js';
import { answerFault, answerJson, readBody } from './boundedServer.js';

/**
 * `POST /v1/apply?file=NAME`: the body is a file of objects, as text; with `merge=1` what it does not name
 * stays, with `sure=1` it is done however much it removes. `POST /v1/delete?kind=KIND`: the body are names, a line each; `cascade=1` and
 * `force=1` as the verb has them.
 * `POST /v1/drain?host=NAME`: with `end=1` it is draining no more, with `force=1` also what no other host may have stops. `dry=1` changes nothing.
 */

export const APPLY_PATH = '/v1/apply';
export const DELETE_PATH = '/v1/delete';
export const DRAIN_PATH = '/v1/drain';
/** Octets of a file; the reader of files takes no more either. */
export const MOST_APPLIED = 16 * 1024 * 1024;
const LONGEST_NAME = 255;

export async function answerApply(
  request: IncomingMessage,
  asked: URLSearchParams,
  apply: ObjectTools['apply'],
  response: ServerResponse,
): Promise<void> {
  const text = await readText(request, response);
  if (text === undefined) return;
  const is = (word: string): boolean => asked.get(word) === '1';
  const file = (asked.get('file') ?? 'objects').slice(0, LONGEST_NAME);
  answerJson(response, 200, await apply(text, file, { dryRun: is('dry'), merge: is('merge'), sure: is('sure') }));
}

export async function answerDelete(
  request: IncomingMessage,
  asked: URLSearchParams,
  remove: ObjectTools['remove'],
  response: ServerResponse,
): Promise<void> {
  const kind = kindOf(asked.get('kind') ?? '');
  const text = await readText(request, response);
  if (text === undefined) return;
  const names = text.split('\n').filter((name) => name !== '');
  const is = (word: string): boolean => asked.get(word) === '1';
  if (kind === undefined) answerFault(response, { fault: `kind is one of ${KIND_KEYS.join(', ')}` });
  else if (names.length === 0) answerFault(response, { fault: 'no name is given' });
  else answerJson(response, 200, await remove(kind, names, { dryRun: is('dry'), cascade: is('cascade'), force: is('force') }));
}

export async function answerDrain(asked: URLSearchParams, drain: ObjectTools['drain'], response: ServerResponse): Promise<void> {
  const host = asked.get('host') ?? '';
  if (host === '') answerFault(response, { fault: 'host is missing' });
  else {
    const how = { dryRun: asked.get('dry') === '1', force: asked.get('force') === '1' };
    answerJson(response, 200, await drain(host, asked.get('end') !== '1', how));
  }
}

/** Undefined: the peer has gone, or has its answer. */
async function readText(request: IncomingMessage, response: ServerResponse): Promise<string | undefined> {
  const body = await readBody(request);
  if (body === undefined) {
    response.destroy();
    return undefined;
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    answerFault(response, { fault: 'the body is not UTF-8 text' });
    return undefined;
  }
}

export const NO_HOST = 'this gateway is no host of distributed routers: its configuration has no "host"';

/** What a gateway answers that is a gateway of its own. */
export function noHost(file: string, dryRun: boolean): ApplyReport {
  return { ok: false, dryRun, file, issues: [], changes: [], refused: [NO_HOST], revision: 0 };
}
