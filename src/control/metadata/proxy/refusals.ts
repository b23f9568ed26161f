import { type IncomingMessage, STATUS_CODES } from 'node:http';

/** What a guest is told that asked for something that is not served. */
export type Refused = readonly [status: number, sentence: string];

/** What no metadata service is asked. */
export function refusalOf({ url = '', method }: Pick<IncomingMessage, 'url' | 'method'>): Refused | undefined {
  if (!url.startsWith('/')) return [400, 'A request names a path, which begins with /.'];
  return method === 'TRACE' ? [405, 'TRACE is not served.'] : undefined;
}

/** For what the parser of HTTP did not take, as Node answers it. Undefined: the connection is gone, and nobody would hear. */
export function refusalOfError({ code = '' }: NodeJS.ErrnoException): Refused | undefined {
  if (code === 'ECONNRESET' || code === 'EPIPE') return undefined;
  if (code === 'HPE_HEADER_OVERFLOW') return [431, 'The headers are too long.'];
  if (code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW') return [413, 'The extensions of chunks are too long.'];
  return code === 'ERR_HTTP_REQUEST_TIMEOUT' ? [408, 'The request did not come in time.'] : [400, 'The request is malformed.'];
}

/** The whole answer, for a connection on which no request came to be. */
export function ownAnswer([status, sentence]: Refused): string {
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'content-type: text/plain; charset=utf-8',
    `content-length: ${sentence.length + 1}`,
    'cache-control: no-store',
    'connection: close',
    '',
    `${sentence}\n`,
  ].join('\r\n');
}
