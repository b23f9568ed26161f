import { createHmac } from 'node:crypto';
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import type { Identity } from './messages.js';

/** Which fields of a request go on to the endpoint, and which of its answer come back. */

/** RFC 9110 7.6.1 and what is of one connection as well; what Connection names is added. Expect is answered here. */
const HOP_BY_HOP = [
  'connection',
  'expect',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];
/** Who asks is told to the endpoint by fields that begin with X-, so a guest's own end here, but for those of EC2's tokens. */
const MAY_PASS = ['x-aws-ec2-metadata-token', 'x-aws-ec2-metadata-token-ttl-seconds'];
/** The same without X-, and what is set anew. */
const OF_PROXIES = ['forwarded', 'via', 'client-ip', 'true-client-ip', 'cf-connecting-ip', 'host', 'content-length'];

/** "answered to 10.0.0.11": what the endpoint gets. `signed`: instance and secret, as Nova and Neutron do it. */
export function requestHeaders(
  request: Pick<IncomingMessage, 'rawHeaders' | 'headers'>,
  identity: Identity,
  host: string,
  secret: string | undefined,
): OutgoingHttpHeaders {
  const headers: Record<string, string | string[]> = {};
  const dropped = new Set([...HOP_BY_HOP, ...OF_PROXIES, ...namedByConnection(request.headers.connection)]);
  for (const [name, value] of pairs(request.rawHeaders)) {
    const key = name.toLowerCase();
    // With "_" a field may be taken for the one with "-" (CGI): whoever writes that means to be mistaken.
    if (dropped.has(key) || key.includes('_') || (key.startsWith('x-') && !MAY_PASS.includes(key))) continue;
    add(headers, name, key, value);
  }
  // Its framing is made anew, and said: a body without it would be taken for another request.
  if (request.headers['transfer-encoding'] !== undefined) headers['transfer-encoding'] = 'chunked';
  else if (request.headers['content-length'] !== undefined) headers['content-length'] = request.headers['content-length'];
  return {
    ...headers,
    host,
    connection: 'close',
    'x-forwarded-for': identity.fixed,
    'x-instance-id': identity.instance,
    ...(identity.project === undefined ? {} : { 'x-tenant-id': identity.project }),
    'x-neutron-router-id': identity.router,
    'x-neutron-network-id': identity.network,
    ...(secret === undefined ? {} : { 'x-instance-id-signature': signature(secret, identity.instance) }),
  };
}

/** Hex of the HMAC-SHA256 of the instance under the shared secret. */
export function signature(secret: string, instance: string): string {
  return createHmac('sha256', secret).update(instance).digest('hex');
}

/** What of the endpoint's answer concerns the guest. */
export function answerHeaders(answer: Pick<IncomingMessage, 'rawHeaders' | 'headers'>): OutgoingHttpHeaders {
  const headers: Record<string, string | string[]> = {};
  const dropped = new Set([...HOP_BY_HOP, ...namedByConnection(answer.headers.connection)]);
  for (const [name, value] of pairs(answer.rawHeaders)) {
    const key = name.toLowerCase();
    if (!dropped.has(key)) add(headers, name, key, value);
  }
  return headers;
}

function namedByConnection(connection: string | undefined): string[] {
  return (connection ?? '').split(',').map((name) => name.trim().toLowerCase());
}

function* pairs(raw: readonly string[]): Generator<readonly [string, string]> {
  for (let i = 0; i + 1 < raw.length; i += 2) yield [raw[i]!, raw[i + 1]!];
}

function add(headers: Record<string, string | string[]>, name: string, key: string, value: string): void {
  const before = Object.keys(headers).find((one) => one.toLowerCase() === key);
  if (before === undefined) headers[name] = value;
  else headers[before] = [headers[before]!, value].flat();
}
