import type { TraceAnswer } from '../types/trace.js';
import { getJson, type SocketChoice, socketPath } from './controlClient.js';
import { Exit } from './fail.js';
import { print } from './print.js';

export interface TraceOptions extends SocketChoice {
  readonly output: 'text' | 'json';
}

/** Asks the gateway what would become of a packet and prints it step by step. `query` was read by parseTrace already. */
export async function trace(query: URLSearchParams, options: TraceOptions): Promise<Exit> {
  const answer = (await getJson(await socketPath(options), `/v1/trace?${query}`)) as TraceAnswer;
  print(options.output === 'json' ? `${JSON.stringify(answer, null, 2)}\n` : traceText(answer));
  return Exit.Done;
}

/** A line per step; the verdict and where to look come last. Control characters never reach the terminal. */
export function traceText({ steps, verdict, says, look }: TraceAnswer): string {
  const lines = [...steps, { step: 'verdict', found: `${verdict}. ${says}` }];
  if (look !== '') lines.push({ step: 'look', found: look });
  const width = Math.max(...lines.map(({ step }) => step.length));
  return lines
    .map(({ step, found }) => `${step.padEnd(width)}  ${found}`.replace(/\p{Cc}/gu, '?'))
    .join('\n')
    .concat('\n');
}
