import type { KeyValue, Store, Transaction } from './store.js';

/** One key as it is; undefined: there is none. A range has those that begin with it as well. */
export async function readKey(store: Pick<Store, 'range'>, key: string): Promise<KeyValue | undefined> {
  return (await store.range(key)).items.find((item) => item.key === key);
}

/** Comparisons that hold as long as these keys are what was read of them; those that are not `there` stay away. */
export function asRead(keys: readonly string[], there: ReadonlyMap<string, KeyValue>): NonNullable<Transaction['compares']> {
  return keys.map((key) => ({ key, modRevision: there.get(key)?.modRevision ?? 0 }));
}
