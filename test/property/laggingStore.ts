import { setImmediate as turn } from 'node:timers/promises';
import { KeyTree } from '../../src/store/keyTree.js';
import type { Change, Outcome, Range, Store, Transaction, Watcher } from '../../src/store/store.js';

interface Lagging {
  readonly watcher: Watcher;
  readonly prefix: string;
  /** Told later, in this order. */
  readonly waiting: { readonly revision: number; readonly changes: readonly Change[] }[];
  open: boolean;
}

/**
 * A store in memory whose watches lag: each tells its revisions in order, and when is decided from outside, watch by watch, so that any may be
 * ahead of any other, as those of etcd may. Watches break, revisions are compacted, and it may not answer.
 */
export class LaggingStore implements Store {
  #tree = new KeyTree([], 0);
  #watches: Lagging[] = [];
  away = false;

  /** The same store far away: answers are of when it was asked, and come some turns later. */
  far(turns: number): Store {
    return {
      range: async (...asked) => {
        const answer = await this.range(...asked);
        for (let i = 0; i < turns; i++) await turn();
        return answer;
      },
      transact: (transaction) => this.transact(transaction),
      watch: (...asked) => this.watch(...asked),
      grant: () => this.grant(),
      close: () => this.close(),
    };
  }

  async range(prefix: string, revision?: number): Promise<Range> {
    if (this.away) throw new Error('away');
    return this.#tree.range(prefix, revision);
  }

  async transact(transaction: Transaction): Promise<Outcome> {
    const failed = this.#tree.failing(transaction);
    if (failed.length > 0) return { done: false, revision: this.#tree.revision, failed };
    const changes = this.#tree.changesOf(transaction);
    if (changes.length === 0) return { done: true, revision: this.#tree.revision };
    const revision = this.#tree.apply(changes);
    for (const { prefix, waiting } of this.#watches) {
      const touched = changes.filter(({ key }) => key.startsWith(prefix));
      if (touched.length > 0) waiting.push({ revision, changes: touched });
    }
    return { done: true, revision };
  }

  watch(prefix: string, from: number, watcher: Watcher): { close(): void } {
    const one: Lagging = { watcher, prefix, waiting: [], open: true };
    this.#watches.push(one);
    const close = (): void => {
      one.open = false;
      this.#watches = this.#watches.filter((other) => other !== one);
    };
    try {
      one.waiting.push(...this.#tree.since(from, prefix));
    } catch (error) {
      queueMicrotask(() => {
        if (!one.open) return;
        close();
        watcher.failed(error as Error);
      });
    }
    return { close };
  }

  async grant(): Promise<never> {
    throw new Error('nobody here has leases');
  }

  async close(): Promise<void> {
    this.#watches = [];
  }

  /** Watch `n`, of those that have something to tell, tells it, at most `most` revisions. False: there is none that has. */
  tell(n: number, most: number): boolean {
    const late = this.#watches.filter(({ waiting }) => waiting.length > 0);
    const one = late[n % Math.max(1, late.length)];
    if (one === undefined) return false;
    for (const { revision, changes } of one.waiting.splice(0, most)) if (one.open) one.watcher.changed(revision, changes);
    return true;
  }

  /** Watch `n` ends. */
  break(n: number): void {
    const one = this.#watches[n % Math.max(1, this.#watches.length)];
    if (one === undefined) return;
    one.open = false;
    this.#watches = this.#watches.filter((other) => other !== one);
    one.watcher.failed(new Error('broken'));
  }

  /** What the watch of a prefix has to tell is never told, as etcd has lost deletions on compaction. */
  lose(prefix: string): void {
    for (const one of this.#watches) if (one.prefix === prefix) one.waiting.splice(0);
  }

  /** Empty, and at its first revision again. */
  reset(): void {
    this.#tree = new KeyTree([], 0);
  }

  /** Only the last revisions can still be told. */
  compact(keep: number): void {
    this.#tree.forget(keep);
  }
}
