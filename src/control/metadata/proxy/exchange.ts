import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream';
import { answerHeaders, requestHeaders } from './headers.js';
import type { Identity, Outcome } from './messages.js';
import type { Target } from './target.js';

/** Octets of a request's body, at most: guests put keys and passwords, no files. */
export const LARGEST_REQUEST = 1024 * 1024;

export interface Times {
  /** Until the endpoint begins to answer. */
  readonly answerMs: number;
  /** Without an octet from it after that. */
  readonly silenceMs: number;
}

/**
 * How a request ended: `status` is what the guest was told, 0 when it heard nothing whole; `failure` is about the endpoint,
 * empty: it did its part.
 */
export type Ended = (outcome: Outcome, status: number, failure: string) => void;

/** Answers a request by a sentence. */
export function say(response: ServerResponse, status: number, sentence: string): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': sentence.length + 1,
    'cache-control': 'no-store',
    connection: 'close',
  });
  response.end(`${sentence}\n`);
}

/** One request of a guest, to the endpoint and back. Bodies are handed on as they come, as fast as the slower side takes them. */
export function exchange(
  request: IncomingMessage,
  response: ServerResponse,
  identity: Identity,
  target: Target,
  secret: string | undefined,
  times: Times,
  ended: Ended,
): void {
  let over = false;
  const end: Ended = (outcome, status, failure) => {
    if (over) return;
    over = true;
    clearTimeout(late);
    ended(outcome, status, failure);
  };
  const fail = (outcome: Outcome, status: number, sentence: string, failure: string): void => {
    if (over) return;
    say(response, status, sentence);
    end(outcome, status, failure);
    asked?.destroy();
  };
  const late = setTimeout(
    () => fail('timeout', 504, 'The metadata service of this cloud does not answer in time.', 'does not answer in time'),
    times.answerMs,
  );
  let asked: ClientRequest | undefined;
  try {
    asked = target.ask({
      method: request.method ?? 'GET',
      path: request.url ?? '/',
      headers: requestHeaders(request, identity, target.host, secret),
    });
  } catch {
    fail('refused', 400, 'The request is malformed.', '');
    return;
  }
  asked.on('error', (error: NodeJS.ErrnoException) => {
    if (over) return;
    const code = error.code ?? error.message;
    if (isAway(error))
      fail('unreachable', 503, 'The metadata service of this cloud cannot be reached.', `cannot be reached (${code})`);
    else fail('bad_answer', 502, 'The metadata service of this cloud gave no proper answer.', `gave no proper answer (${code})`);
  });
  // A guest's Upgrade is not passed on, so nobody was asked to change the protocol.
  const switched = (): void =>
    fail('bad_answer', 502, 'The metadata service of this cloud gave no proper answer.', 'changed the protocol unasked');
  asked.on('upgrade', (_, socket) => {
    socket.destroy();
    switched();
  });
  asked.on('response', (answer) => {
    clearTimeout(late);
    asked.setTimeout(times.silenceMs, () => answer.destroy(new Error('silent')));
    const status = answer.statusCode ?? 502;
    if (status < 200) {
      switched();
      return;
    }
    try {
      response.writeHead(status, answerHeaders(answer));
    } catch {
      fail('bad_answer', 502, 'The metadata service of this cloud gave no proper answer.', 'gave a malformed answer');
      return;
    }
    answer.on('error', () => end('bad_answer', 0, 'broke off its answer'));
    pipeline(answer, response, (error) => {
      if (error) end('broken_off', 0, '');
      else end('answered', status, '');
      // What the endpoint did not wait for, nobody needs.
      asked.destroy();
    });
  });
  response.on('close', () => {
    if (over || response.writableFinished) return;
    asked.destroy();
    end('broken_off', 0, '');
  });
  sendBody(request, asked, () => fail('refused', 413, `A request may have at most ${LARGEST_REQUEST} octets.`, ''));
}

function sendBody(request: IncomingMessage, asked: ClientRequest, tooLarge: () => void): void {
  const length = Number(request.headers['content-length'] ?? 0);
  if (length > LARGEST_REQUEST) {
    tooLarge();
    return;
  }
  // Without framing there is no body, and none may follow.
  if (length === 0 && request.headers['transfer-encoding'] === undefined) {
    asked.end();
    return;
  }
  let octets = 0;
  request.on('data', (chunk: Buffer) => {
    octets += chunk.length;
    if (octets > LARGEST_REQUEST) tooLarge();
  });
  request.pipe(asked);
}

function isAway({ code = '', syscall = '' }: NodeJS.ErrnoException): boolean {
  const away = ['ENOENT', 'EACCES', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'ECONNREFUSED', 'ETIMEDOUT'];
  return away.includes(code) || syscall === 'connect' || syscall === 'getaddrinfo';
}
