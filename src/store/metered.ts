import type { RequestKind } from '../types/storeRequests.js';
import type { StoreCounts } from './counts.js';
import { CompactedError, type Lease, type Outcome, type Range, type Store, type Transaction, type Watcher } from './store.js';

/** A store whose requests are counted and timed, with the waiting for their turn. */
export class MeteredStore implements Store {
  constructor(
    private readonly store: Store,
    readonly counts: StoreCounts,
  ) {}

  range(prefix: string, revision?: number): Promise<Range> {
    return this.#timed('range', () => this.store.range(prefix, revision));
  }

  transact(transaction: Transaction): Promise<Outcome> {
    return this.#timed('transact', () => this.store.transact(transaction));
  }

  async grant(seconds: number): Promise<Lease> {
    const lease = await this.#timed('grant', () => this.store.grant(seconds));
    return {
      id: lease.id,
      keepAlive: () => this.#timed('keepalive', () => lease.keepAlive()),
      revoke: () => this.#timed('revoke', () => lease.revoke()),
    };
  }

  watch(prefix: string, from: number, watcher: Watcher): { close(): void } {
    return this.store.watch(prefix, from, {
      changed: (revision, changes) => {
        this.counts.events += changes.length;
        watcher.changed(revision, changes);
      },
      failed: (error) => {
        this.counts.relist(error instanceof CompactedError ? 'compacted' : 'broken');
        watcher.failed(error);
      },
    });
  }

  close(): Promise<void> {
    return this.store.close();
  }

  async #timed<T>(kind: RequestKind, ask: () => Promise<T>): Promise<T> {
    const begun = performance.now();
    const took = (): number => (performance.now() - begun) / 1000;
    try {
      const answer = await ask();
      const conflict = kind === 'transact' && !(answer as Outcome).done;
      this.counts.request(kind, conflict ? 'conflict' : 'ok', took());
      return answer;
    } catch (error) {
      this.counts.request(kind, 'failed', took());
      throw error;
    }
  }
}
