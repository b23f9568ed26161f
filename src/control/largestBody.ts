import type { IncomingMessage } from 'node:http';
import { APPLY_PATH, MOST_APPLIED } from './applyApi.js';
import { MOST_FRAME_OCTETS } from './trace/capturedFrame.js';
import { TRACE_PATH } from './traceApi.js';

/** Octets of body that a request to the control socket may carry: frames and files of objects, nothing else. */
export function largestBody({ method, url }: IncomingMessage): number {
  if (method !== 'POST') return 0;
  const { pathname } = new URL(url ?? '/', 'http://localhost');
  return pathname === TRACE_PATH ? MOST_FRAME_OCTETS : pathname === APPLY_PATH ? MOST_APPLIED : 0;
}
