import type { TraceAnswer } from '../types/trace.js';
import { getJson, type SocketChoice, socketPath } from './controlClient.js';
import { Exit } from './fail.js';
import { print } from './print.js';
import { traceText } from './traceText.js';

export interface TraceOptions extends SocketChoice {
  readonly output: 'text' | 'json';
}

/** Asks the gateway what would become of a packet and prints it step by step. `query` was read by parseTrace already. */
export async function trace(query: URLSearchParams, options: TraceOptions): Promise<Exit> {
  const answer = (await getJson(await socketPath(options), `/v1/trace?${query}`)) as TraceAnswer;
  print(options.output === 'json' ? `${JSON.stringify(answer, null, 2)}\n` : traceText(answer));
  return Exit.Done;
}
