import type { Bed } from './bed.js';

/**
 * Pings `to` (ping's further arguments before it) `count` times from a host; throws unless every one is answered within 2 s. One process for
 * each: a ping that asks several times gives the last answer only twice the round trip seen so far, which a busy machine exceeds.
 */
export function pings(bed: Bed, host: string, count: number, to: string): void {
  for (let i = 0; i < count; i++) bed.on(host, `ping -c 1 -W 2 ${to}`);
}
