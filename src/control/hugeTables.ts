import type { Addon } from '../io/addon.js';
import type { StateBuffers } from '../tables/state.js';

/**
 * Asks for huge pages behind the tables of sessions, before anything touches them: rows and indices are looked up at random, and with
 * pages of 4 KiB most look-ups miss the processor's list of pages as well. What is filled in part only, or as a whole by nobody
 * (ports that are shared, acknowledgements), stays as it is: it would take memory that nobody needs. False where the kernel has none.
 */
export function hugeTables(addon: Addon, { sessions }: StateBuffers): boolean {
  let all = true;
  for (const buffer of sessions) all = addon.hugePages(new Uint8Array(buffer)) && all;
  return all;
}
