import { setTimeout as pause } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { type ObjectsAt, watchObjects } from '../../store/objectStore.js';
import type { Store } from '../../store/store.js';

/** Between two tries to read a store that does not answer, and to watch one that ends every watch at once. */
const RETRY_MS = 500;
/** Everything is read again so often, whatever was told: a cluster may lose a deletion on compaction (dvr.md 5.6). */
const AUDIT_MS = 10 * 60_000;

/** What was read last, and reading again. */
export interface Reading {
  readonly now: ObjectsAt;
  renew(): Promise<ObjectsAt>;
}

export interface Follower {
  /** The objects may be others. */
  changed(now: ObjectsAt): void;
  /** The store does not answer, or cannot be read: told once. */
  lost(error: Error): void;
  /** It answers again. */
  back(): void;
}

/**
 * Follows a store until it is closed: after each change it is read, and when the watch ends, for whatever reason, it is read and watched anew,
 * which tells what was missed (D35). While it cannot be read nothing is told: the objects stay those that were read last.
 */
export function followStore(store: Store, reading: Reading, follower: Follower): { close(): void } {
  const stop = new AbortController();
  const { signal } = stop;
  const wait = () => pause(RETRY_MS, undefined, { signal, ref: false }).catch(() => {});
  const take = (before: ObjectsAt, now: ObjectsAt): void => {
    if (!signal.aborted && !same(before, now)) follower.changed(now);
  };
  /** Resolves when the watch has ended. */
  const watched = (): Promise<void> =>
    new Promise((resolve) => {
      const end = (): void => {
        signal.removeEventListener('abort', end);
        clearInterval(audit);
        watching.close();
        resolve();
      };
      const look = (): void => {
        const before = reading.now;
        reading.renew().then((now) => take(before, now), end);
      };
      const tell = (): void => {
        reading.renew().then((now) => signal.aborted || follower.changed(now), end);
      };
      const audit = setInterval(look, AUDIT_MS).unref();
      const watching = watchObjects(store, reading.now.revision + 1, tell, end);
      signal.addEventListener('abort', end);
    });
  const read = async (): Promise<void> => {
    const before = reading.now;
    for (let lost = false; !signal.aborted; ) {
      try {
        const now = await reading.renew();
        if (lost) follower.back();
        take(before, now);
        return;
      } catch (error) {
        if (!lost && !signal.aborted) follower.lost(error as Error);
        lost = true;
        await wait();
      }
    }
  };
  void (async () => {
    while (!signal.aborted) {
      const begun = performance.now();
      await watched();
      if (performance.now() - begun < RETRY_MS && !signal.aborted) await wait();
      await read();
    }
  })();
  return { close: () => stop.abort() };
}

function same(a: ObjectsAt, b: ObjectsAt): boolean {
  return isDeepStrictEqual([a.objects, a.claims], [b.objects, b.claims]);
}
