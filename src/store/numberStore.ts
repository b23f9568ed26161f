import { readKey } from './readKey.js';
import type { Store } from './store.js';
import { recordIn } from './values.js';

/**
 * Numbers that a host has given to its floating addresses (dvr.md 1.1, 4.1): `floating/<host>`, put by that host alone and read by it at its start.
 * In the store, so that it survives a disk, works where a host has none of its own, and goes with the host.
 */

export const NUMBERS = 'floating/';

/** By names, the earliest first. */
export interface NumberRecord {
  readonly priorities: ReadonlyMap<string, number>;
  readonly pairs: ReadonlyMap<string, number>;
}

/** What cannot be read is not remembered. */
export async function readNumbers(store: Pick<Store, 'range'>, host: string): Promise<NumberRecord> {
  const found = await readKey(store, `${NUMBERS}${host}`);
  const { priorities, pairs } = found === undefined ? {} : recordIn(found.value);
  return { priorities: numbersIn(priorities), pairs: numbersIn(pairs) };
}

export async function putNumbers(store: Store, host: string, { priorities, pairs }: NumberRecord): Promise<void> {
  const value = JSON.stringify({ priorities: Object.fromEntries(priorities), pairs: Object.fromEntries(pairs) });
  await store.transact({ puts: [{ key: `${NUMBERS}${host}`, value }] });
}

/** Each number once. */
function numbersIn(record: unknown): Map<string, number> {
  const numbers = new Map<string, number>();
  const taken = new Set<number>();
  const entries = typeof record === 'object' && record !== null ? Object.entries(record as Record<string, unknown>) : [];
  for (const [name, number] of entries) {
    if (typeof number !== 'number' || !Number.isInteger(number) || taken.has(number)) continue;
    numbers.set(name, number);
    taken.add(number);
  }
  return numbers;
}
