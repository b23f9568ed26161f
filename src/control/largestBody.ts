import type { IncomingMessage } from 'node:http';
import { APPLY_PATH, DELETE_PATH, MOST_APPLIED } from './applyApi.js';
import { MOST_FRAME_OCTETS } from './trace/capturedFrame.js';
import { TRACE_PATH } from './traceApi.js';

/** Octets of body that a request to the control socket may carry: frames, files of objects, and names of objects; nothing else. */
export function largestBody({ method, url }: IncomingMessage): number {
  if (method !== 'POST') return 0;
  const { pathname } = new URL(url ?? '/', 'http://localhost');
  if (pathname === TRACE_PATH) return MOST_FRAME_OCTETS;
  return pathname === APPLY_PATH || pathname === DELETE_PATH ? MOST_APPLIED : 0;
}
