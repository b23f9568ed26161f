import { request } from 'node:http';
import type { Config } from '../config/config.js';
import { WindroseError } from '../errors/catalog.js';

const ANSWER_MS = 1000;
/** What `GET /v1/info` answers has a few hundred octets. */
const LARGEST_ANSWER_OCTETS = 64 * 1024;

/**
 * Throws GATEWAY_RUNS when a gateway answers behind the control socket of `config`, which by default goes by its name. Whatever
 * else is behind it is left to those that need the socket and the devices.
 */
export async function refuseSecond({ name, control }: Pick<Config, 'name' | 'control'>): Promise<void> {
  const running = await ask(control.socket);
  if (typeof running?.pid !== 'number' || typeof running.name !== 'string') return;
  const other = running.name === name ? '' : ` as "${running.name}"`;
  throw new WindroseError('GATEWAY_RUNS', name, `pid ${running.pid}${other}, control socket ${control.socket}`);
}

/** What is said behind the socket; undefined for nothing, in time, that can be understood. */
function ask(socketPath: string): Promise<{ readonly pid?: unknown; readonly name?: unknown } | undefined> {
  return new Promise((resolve) => {
    const signal = AbortSignal.timeout(ANSWER_MS);
    const asked = request({ socketPath, path: '/v1/info', headers: { host: 'localhost' }, signal }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => {
        body += part;
        if (body.length > LARGEST_ANSWER_OCTETS) response.destroy();
      });
      response.on('error', () => resolve(undefined));
      response.on('close', () => resolve(undefined));
      response.on('end', () => {
        try {
          resolve((JSON.parse(body) as { readonly pid?: unknown; readonly name?: unknown } | null) ?? undefined);
        } catch {
          resolve(undefined);
        }
      });
    });
    asked.on('error', () => resolve(undefined));
    asked.end();
  });
}
