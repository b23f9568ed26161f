import { setTimeout as pause } from 'node:timers/promises';
import type { ScopedMirror } from './scopedMirror.js';
import type { ScopedObjects } from './storeScope.js';

/** Between two tries to read a store that does not answer, and to watch one that ends every watch at once; some more, or all hosts try at once. */
const RETRY_MS = 500;
/** Everything is compared so often, whatever was told: a cluster may lose a deletion on compaction (dvr.md 5.6). */
const AUDIT_MS = 10 * 60_000;
/** What changes within so long is one change: an apply that concerns several networks is told by as many watches. */
const SETTLE_MS = 25;

export interface Follower {
  /** The objects are others. */
  changed(now: ScopedObjects): void;
  /** The store does not answer, or cannot be used: told once. */
  lost(error: Error): void;
  /** It answers again. */
  back(): void;
  /** An audit found so many keys that were others than watches had told. */
  found(differences: number): void;
}

/**
 * Follows a store until it is closed: what watches tell is shown, and when one ends, for whatever reason, all is read and watched anew, which
 * tells what was missed (D35). While it cannot be read nothing is told: the objects stay those that were shown last.
 */
export function followStore(mirror: ScopedMirror, follower: Follower, auditMs = AUDIT_MS): { close(): void } {
  const stop = new AbortController();
  const { signal } = stop;
  let told = mirror.now.objects;
  const wait = () => pause(RETRY_MS * (1 + Math.random()), undefined, { signal, ref: false }).catch(() => {});
  /** Of objects that anybody has read, this or another reader. */
  const tell = (): void => {
    if (signal.aborted || mirror.now.objects === told) return;
    told = mirror.now.objects;
    follower.changed(mirror.now);
  };
  /** Resolves when a watch has ended. */
  const watched = (): Promise<void> =>
    new Promise((resolve) => {
      let settling: NodeJS.Timeout | undefined;
      const end = (): void => {
        signal.removeEventListener('abort', end);
        clearInterval(audits);
        clearTimeout(settling);
        mirror.unwatch();
        resolve();
      };
      const settle = (): void => {
        settling = undefined;
        mirror.settle().then(tell, end);
      };
      const audit = async (): Promise<void> => {
        const differences = await mirror.audit();
        if (differences > 0) follower.found(differences);
        tell();
      };
      const audits = setInterval(() => void audit().catch(end), auditMs).unref();
      signal.addEventListener('abort', end);
      mirror.watch({
        touched: () => {
          settling ??= setTimeout(settle, SETTLE_MS).unref();
        },
        failed: end,
      });
    });
  const read = async (): Promise<void> => {
    for (let lost = false; !signal.aborted; ) {
      try {
        await mirror.read();
        if (lost) follower.back();
        tell();
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
