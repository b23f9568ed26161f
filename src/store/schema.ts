import { WindroseError } from '../errors/catalog.js';
import { changedPut, SCHEMA, SCHEMA_VERSION } from './objectKeys.js';
import { asRead, readKey } from './readKey.js';
import type { KeyValue, Put, Store } from './store.js';

/**
 * Versions of the layout of the keys, and the way from each to the next (docs/dvr.md). A program reads its own and earlier ones and writes only
 * its own; one that is older than the store goes on with the objects it has, and changes nothing.
 *
 *   1  objects, host MACs, claims
 *   2  meta/objects: whoever changes objects puts it and compares it, so that two at the same time see each other
 */

/** What a version adds or takes away from the keys of the one before it. Pure: it may be asked again. */
type Step = (items: readonly KeyValue[]) => { readonly puts: readonly Put[]; readonly deletes: readonly string[] };

/** By the version it leads from. */
const STEPS: Readonly<Record<number, Step>> = {
  1: () => ({ puts: [changedPut()], deletes: [] }),
};

/** Times that another host may be upgrading the same store. */
const TRIES = 5;

/**
 * Makes the layout of a store that of this program, in one transaction. Resolves to the version it had; undefined: it has none, it is empty.
 * Throws STORE_NEWER, with nothing changed, for a later one, and STORE_CORRUPT for one that is none.
 */
export async function upgradeStore(store: Store): Promise<number | undefined> {
  for (let tries = 0; ; tries++) {
    const schema = await readKey(store, SCHEMA);
    if (schema === undefined) return undefined;
    const version = versionOf(schema.value);
    if (version === SCHEMA_VERSION) return version;
    const { items } = await store.range('');
    const { done } = await store.transact(upgradeOf(items, version));
    if (done) return version;
    if (tries === TRIES) throw new Error(`others changed ${SCHEMA} ${TRIES} times`);
  }
}

function upgradeOf(items: readonly KeyValue[], version: number): Parameters<Store['transact']>[0] {
  const before = new Map(items.map((item) => [item.key, item]));
  const after = new Map(before);
  for (let from = version; from < SCHEMA_VERSION; from++) {
    const { puts, deletes } = STEPS[from]!([...after.values()]);
    for (const { key, value } of puts) after.set(key, { key, value, modRevision: 0 });
    for (const key of deletes) after.delete(key);
  }
  after.set(SCHEMA, { key: SCHEMA, value: JSON.stringify(SCHEMA_VERSION), modRevision: 0 });
  const puts = [...after.values()].filter(({ key, value }) => before.get(key)?.value !== value);
  const deletes = [...before.keys()].filter((key) => !after.has(key));
  const touched = [...puts.map(({ key }) => key), ...deletes];
  return {
    compares: asRead(touched, before),
    puts: puts.map(({ key, value }) => ({ key, value })),
    deletes,
  };
}

/** Throws STORE_NEWER for a version that is later than this program's, STORE_CORRUPT for what is none. */
export function versionOf(value: string): number {
  const version = Number(value);
  if (!Number.isSafeInteger(version) || version < 1)
    throw new WindroseError('STORE_CORRUPT', SCHEMA, `layout ${value.slice(0, 40)}`);
  if (version > SCHEMA_VERSION)
    throw new WindroseError('STORE_NEWER', SCHEMA, `layout ${version}, this program knows ${SCHEMA_VERSION}`);
  return version;
}
