import type { Config } from '../../../config/config.js';
import { WindroseError } from '../../../errors/catalog.js';
import type { KindKey } from '../../../objects/kindNames.js';
import { readObjects } from '../../../objects/load.js';
import { upgradeStore } from '../../../store/schema.js';
import type { Store } from '../../../store/store.js';
import type { ObjectTools } from '../../../types/apply.js';
import { applyTo, drainIn, objectsOf, removeFrom } from './objectOperations.js';
import { openStore } from './openStore.js';

/** How long an operator waits for a store that does not answer. */
const WAIT_MS = 5000;

/**
 * The objects in the store that a configuration names, without its gateway: of an etcd at any time, of a directory while no gateway has it open.
 * Each call opens the store and closes it.
 */
export function directObjects({ host, store: where }: Config, file: string): ObjectTools {
  const open = async <T>(use: (store: Store) => Promise<T>): Promise<T> => {
    if (host === undefined) throw new WindroseError('NO_STORE', file);
    const store = await openStore(where, undefined, undefined, WAIT_MS);
    try {
      return await use(store);
    } finally {
      await store.close();
    }
  };
  const change = <T>(dryRun: boolean, use: (store: Store) => Promise<T>): Promise<T> =>
    open(async (store) => {
      if (!dryRun) await upgradeStore(store);
      return use(store);
    });
  return {
    apply: (text, name, how) =>
      change(how.dryRun, (store) => applyTo(store, { ...how, file: name }, (standing) => readObjects(text, name, standing))),
    remove: (kind, names, how) =>
      change(how.dryRun, (store) => removeFrom(store, { ...how, file: kind }, kind as KindKey, names)),
    drain: (name, draining, how) => change(how.dryRun, (store) => drainIn(store, { ...how, file: 'hosts' }, name, draining)),
    entries: () => open(objectsOf),
  };
}
