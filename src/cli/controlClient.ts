import { readdirSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { WindroseError } from '../errors/catalog.js';
import { fromControlError } from '../errors/system.js';

/** Asks a running gateway over its control socket: HTTP with JSON answers. */

const RUN_DIRECTORY = '/run/windrose';
const ANSWER_DEADLINE_MS = 10_000;
/** A reload waits for devices and workers, a purge for a walk over all sessions. */
const CHANGE_DEADLINE_MS = 60_000;
const LARGEST_ANSWER_OCTETS = 256 * 1024 * 1024;

export interface SocketChoice {
  readonly name?: string | undefined;
  readonly socket?: string | undefined;
}

/**
 * The socket the operator means: the path, the name, or the only one behind which somebody listens; those that dead gateways
 * have left are passed over. Throws a WindroseError when there are several, or only such.
 */
export async function socketPath(choice: SocketChoice, directory = RUN_DIRECTORY): Promise<string> {
  if (choice.socket !== undefined) return choice.socket;
  if (choice.name !== undefined) return `${directory}/${choice.name}.sock`;
  let sockets: string[] = [];
  try {
    sockets = readdirSync(directory)
      .filter((file) => file.endsWith('.sock'))
      .sort();
  } catch {
    // No directory: no gateway runs; asking under the default name says so.
  }
  if (sockets.length <= 1) return `${directory}/${sockets[0] ?? 'windrose.sock'}`;
  const live = await Promise.all(sockets.map((file) => isLive(`${directory}/${file}`)));
  const named = (those: readonly string[]): string => those.map((file) => file.slice(0, -'.sock'.length)).join(', ');
  const running = sockets.filter((_, i) => live[i]);
  if (running.length > 1) throw new WindroseError('CONTROL_AMBIGUOUS', directory, named(running));
  if (running.length === 0) throw new WindroseError('CONTROL_LEFT', directory, named(sockets));
  return `${directory}/${running[0]}`;
}

/** False when nobody listens behind the socket. What cannot be looked at, or is busy, counts as alive. */
function isLive(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const knock = connect(path);
    knock.once('connect', () => {
      knock.destroy();
      resolve(true);
    });
    knock.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code !== 'ECONNREFUSED' && code !== 'ENOENT'));
  });
}

/** The JSON answer to a GET. Throws WindroseError when nobody answers, or the answer is a refusal. */
export function getJson(socket: string, path: string): Promise<unknown> {
  return askJson(socket, path, 'GET', ANSWER_DEADLINE_MS);
}

/** The JSON answer to a POST, which carries no body. */
export function postJson(socket: string, path: string): Promise<unknown> {
  return askJson(socket, path, 'POST', CHANGE_DEADLINE_MS);
}

/** The JSON answer to a POST whose body are these octets. */
export function postOctets(socket: string, path: string, body: Uint8Array): Promise<unknown> {
  return askJson(socket, path, 'POST', ANSWER_DEADLINE_MS, body);
}

/** The same for a file, which may be large, and is a change. */
export function postFile(socket: string, path: string, body: Uint8Array): Promise<unknown> {
  return askJson(socket, path, 'POST', CHANGE_DEADLINE_MS, body);
}

function askJson(socket: string, path: string, method: string, timeout: number, body?: Uint8Array): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': body.length };
    const headers = { host: 'localhost', ...length };
    // A connection that is kept may be closed by the gateway before the next question, which would be lost with it.
    const asked = request({ socketPath: socket, path, method, headers, timeout, agent: false }, (response) => {
      const parts: Buffer[] = [];
      let octets = 0;
      response.on('data', (part: Buffer) => {
        octets += part.length;
        if (octets > LARGEST_ANSWER_OCTETS) asked.destroy(Object.assign(new Error('answer too large'), { code: 'EMSGSIZE' }));
        else parts.push(part);
      });
      response.on('error', (error) => reject(fromControlError(error, socket)));
      response.on('end', () => {
        try {
          resolve(answer(response.statusCode ?? 0, Buffer.concat(parts).toString('utf8'), socket));
        } catch (error) {
          reject(error);
        }
      });
    });
    asked.on('timeout', () => asked.destroy(Object.assign(new Error(`${timeout / 1000} s`), { code: 'ETIMEDOUT' })));
    asked.on('error', (error) => reject(fromControlError(error, socket)));
    asked.end(body);
  });
}

function answer(status: number, body: string, socket: string): unknown {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch (error) {
    throw new WindroseError('CONTROL_FAULT', socket, `HTTP ${status} without JSON`, error);
  }
  if (status === 200) return parsed;
  const said = (parsed as { error?: unknown } | null)?.error;
  if (typeof said !== 'string') throw new WindroseError('CONTROL_FAULT', socket, `HTTP ${status}`);
  const sentence = said.replace(/\.$/, '');
  if (status === 400) throw new WindroseError('WORDS_REFUSED', sentence);
  throw status === 404 ? new WindroseError('NOT_THERE', sentence) : new WindroseError('CONTROL_FAULT', socket, sentence);
}
