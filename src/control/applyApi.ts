import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ApplyReport } from '../types/apply.js';
import { answerFault, answerJson, readBody } from './boundedServer.js';

/** `POST /v1/apply?file=NAME`: the body is a file of objects, as text. `dry=1` changes nothing. */

export const APPLY_PATH = '/v1/apply';
/** Octets of a file; the reader of files takes no more either. */
export const MOST_APPLIED = 4 * 1024 * 1024;
const LONGEST_NAME = 255;

export type Apply = (text: string, file: string, dryRun: boolean) => Promise<ApplyReport>;

export async function answerApply(
  request: IncomingMessage,
  asked: URLSearchParams,
  apply: Apply,
  response: ServerResponse,
): Promise<void> {
  const body = await readBody(request);
  if (body === undefined) {
    response.destroy();
    return;
  }
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    answerFault(response, { fault: 'the body is not UTF-8 text' });
    return;
  }
  const file = (asked.get('file') ?? 'objects').slice(0, LONGEST_NAME);
  answerJson(response, 200, await apply(text, file, asked.get('dry') === '1'));
}

export const NO_HOST = 'this gateway is no host of distributed routers: its configuration has no "host"';

/** What a gateway answers that is a gateway of its own. */
export function noHost(file: string, dryRun: boolean): ApplyReport {
  return { ok: false, dryRun, file, issues: [], changes: [], refused: [NO_HOST], revision: 0 };
}
