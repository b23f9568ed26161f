import { randomUUID } from 'node:crypto';
import { WindroseError } from '../errors/catalog.js';
import type { Change, Lease, Transaction } from './store.js';

interface Held {
  readonly keys: Set<string>;
  timer: NodeJS.Timeout;
}

/**
 * Leases of an embedded store. They end with the process, and so do their keys: those stay in memory and never reach the disk, where a log
 * line only says that the key is not there.
 */
export class EmbeddedLeases {
  readonly #held = new Map<string, Held>();
  readonly #leaseOf = new Map<string, string>();

  /** `remove` deletes keys, as any transaction does. */
  constructor(
    private readonly remove: (keys: readonly string[]) => Promise<unknown>,
    private readonly where: string,
  ) {}

  grant(seconds: number): Lease {
    const id = randomUUID();
    const start = (): NodeJS.Timeout => setTimeout(() => void this.#end(id).catch(() => {}), seconds * 1000).unref();
    this.#held.set(id, { keys: new Set(), timer: start() });
    return {
      id,
      keepAlive: async () => {
        const held = this.#held.get(id);
        if (held === undefined) return false;
        clearTimeout(held.timer);
        held.timer = start();
        return true;
      },
      revoke: () => this.#end(id),
    };
  }

  /** Throws STORE_REFUSED for a put by a lease that is none, or is no more. */
  check({ puts = [] }: Transaction): void {
    const ended = puts.find(({ lease }) => lease !== undefined && !this.#held.has(lease));
    if (ended !== undefined) throw new WindroseError('STORE_REFUSED', this.where, `the lease of ${ended.key} has ended`);
  }

  /** Follows a transaction that was made: which keys belong to which lease. */
  note({ puts = [], deletes = [] }: Transaction): void {
    for (const key of [...puts.map((put) => put.key), ...deletes]) {
      this.#held.get(this.#leaseOf.get(key) ?? '')?.keys.delete(key);
      this.#leaseOf.delete(key);
    }
    for (const { key, lease } of puts) {
      if (lease === undefined) continue;
      this.#leaseOf.set(key, lease);
      this.#held.get(lease)?.keys.add(key);
    }
  }

  /** What of these changes is to be on the disk: of a key with a lease, that it is not there. */
  logged(changes: readonly Change[], { puts = [] }: Transaction): Change[] {
    const leased = new Set(puts.flatMap(({ key, lease }) => (lease === undefined ? [] : [key])));
    return changes.map((change) => (leased.has(change.key) ? { key: change.key, value: undefined } : change));
  }

  has(key: string): boolean {
    return this.#leaseOf.has(key);
  }

  close(): void {
    for (const { timer } of this.#held.values()) clearTimeout(timer);
    this.#held.clear();
  }

  async #end(id: string): Promise<void> {
    const held = this.#held.get(id);
    if (held === undefined) return;
    clearTimeout(held.timer);
    this.#held.delete(id);
    if (held.keys.size > 0) await this.remove([...held.keys]);
  }
}
