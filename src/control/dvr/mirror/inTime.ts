import { setTimeout as pause } from 'node:timers/promises';

/** How long a listing waits for a store: who asks gives up after 10 s, and a listing may ask twice. */
const WAIT_MS = 3000;

/**
 * What is read of a store for a listing, or `otherwise` when it does not answer soon: one that is cut off says nothing for long, and that is when
 * an operator looks. Never rejects.
 */
export async function inTime<T>(reading: Promise<T>, otherwise: T): Promise<T> {
  const done = new AbortController();
  const late = pause(WAIT_MS, otherwise, { ref: false, signal: done.signal }).catch(() => otherwise);
  const first = await Promise.race([reading.catch(() => otherwise), late]);
  done.abort();
  return first;
}
