import { type ClientRequest, type RequestOptions, request as viaHttp } from 'node:http';
import { request as viaHttps } from 'node:https';
import type { ProxySettings } from './messages.js';

/** The endpoint, ready to be asked: one connection for each request, so that nothing of one guest is left in that of another. */
export interface Target {
  /** Value of Host. */
  readonly host: string;
  ask(options: Pick<RequestOptions, 'method' | 'path' | 'headers'>): ClientRequest;
}

export function targetOf({ endpoint, ca }: ProxySettings): Target {
  if (endpoint.startsWith('unix:')) {
    const socketPath = endpoint.slice('unix:'.length);
    return { host: 'localhost', ask: (options) => viaHttp({ ...options, socketPath, agent: false }) };
  }
  const { protocol, hostname, port, host } = new URL(endpoint);
  const where = { hostname: hostname.replace(/^\[|\]$/g, ''), ...(port === '' ? {} : { port }), agent: false } as const;
  if (protocol === 'http:') return { host, ask: (options) => viaHttp({ ...options, ...where }) };
  return { host, ask: (options) => viaHttps({ ...options, ...where, ...(ca === undefined ? {} : { ca }) }) };
}
