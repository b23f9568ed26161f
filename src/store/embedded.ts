import { mkdirSync } from 'node:fs';
import { WindroseError } from '../errors/catalog.js';
import { EmbeddedLeases } from './embeddedLeases.js';
import { KeyTree } from './keyTree.js';
import { LogFile } from './logFile.js';
import { readSnapshot, writeSnapshot } from './snapshotFile.js';
import {
  type Change,
  CompactedError,
  type Lease,
  type Outcome,
  type Range,
  type Store,
  type Transaction,
  type Watcher,
} from './store.js';
import { WriterLock } from './writerLock.js';

/** Revisions in the log until a snapshot takes their place. */
const SNAPSHOT_EVERY = 4096;
/** Revisions that can be told again. */
const KEEP = 1024;

interface Watching {
  readonly prefix: string;
  readonly watcher: Watcher;
}

/**
 * The store of a single host (dvr.md 5.6): a tree in memory, behind it a log and a snapshot in one directory. A transaction is flushed
 * to the disk before it is seen by anybody, so what was acknowledged or told survives the process at any instant.
 */
export class EmbeddedStore implements Store {
  readonly #watching = new Set<Watching>();
  readonly #leases: EmbeddedLeases;
  #queue: Promise<unknown> = Promise.resolve();
  #closed = false;

  private constructor(
    private readonly directory: string,
    private readonly lock: WriterLock,
    private readonly log: LogFile,
    private readonly tree: KeyTree,
    /** Revisions in the log. */
    private logged: number,
    private readonly snapshotEvery: number,
    private readonly keep: number,
  ) {
    this.#leases = new EmbeddedLeases((deletes) => this.transact({ deletes }), directory);
  }

  /** Opens the store in a directory, which is made. Throws STORE_IN_USE, STORE_CORRUPT, STORE_NEWER or STORE_UNWRITABLE. */
  static async open(directory: string, { snapshotEvery = SNAPSHOT_EVERY, keep = KEEP } = {}): Promise<EmbeddedStore> {
    let lock: WriterLock | undefined;
    let log: LogFile | undefined;
    try {
      mkdirSync(directory, { recursive: true, mode: 0o750 });
      lock = await WriterLock.take(directory);
      const snapshot = await readSnapshot(directory);
      const opened = await LogFile.open(directory);
      const { revisions } = opened;
      log = opened.log;
      const tree = new KeyTree(snapshot.items, snapshot.revision);
      // A log that is older than the snapshot was about to be emptied.
      for (const { revision, changes } of revisions.filter((one) => one.revision > snapshot.revision))
        if (tree.apply(changes) !== revision)
          throw new WindroseError('STORE_CORRUPT', directory, `revision ${tree.revision} is missing`);
      tree.forget(keep);
      return new EmbeddedStore(directory, lock, log, tree, revisions.length, snapshotEvery, keep);
    } catch (error) {
      await log?.close();
      await lock?.release();
      throw unwritable(error, directory);
    }
  }

  range(prefix: string, revision?: number): Promise<Range> {
    return Promise.resolve().then(() => this.tree.range(prefix, revision));
  }

  transact(transaction: Transaction): Promise<Outcome> {
    if (this.#closed) return Promise.reject(new Error('the store is closed'));
    const done = this.#queue.then(() => this.#transact(transaction));
    this.#queue = done.catch(() => {});
    return done;
  }

  watch(prefix: string, from: number, watcher: Watcher): { close(): void } {
    const watching: Watching = { prefix, watcher };
    const close = (): void => void this.#watching.delete(watching);
    this.#watching.add(watching);
    try {
      for (const { revision, changes } of this.tree.since(from, prefix)) this.#tell(watching, revision, changes);
    } catch (error) {
      if (!(error instanceof CompactedError)) throw error;
      queueMicrotask(() => {
        if (this.#watching.delete(watching)) watcher.failed(error);
      });
    }
    return { close };
  }

  async grant(seconds: number): Promise<Lease> {
    if (this.#closed) throw new Error('the store is closed');
    return this.#leases.grant(seconds);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#leases.close();
    this.#watching.clear();
    await this.#queue;
    await this.log.close();
    await this.lock.release();
  }

  async #transact(transaction: Transaction): Promise<Outcome> {
    const { tree } = this;
    this.#leases.check(transaction);
    const failed = tree.failing(transaction);
    if (failed.length > 0) return { done: false, revision: tree.revision, failed };
    const changes = tree.changesOf(transaction);
    if (changes.length === 0) return { done: true, revision: tree.revision };
    if (!this.lock.held) throw new WindroseError('STORE_IN_USE', this.directory, 'its lock was taken away');
    try {
      await this.log.append(tree.revision + 1, this.#leases.logged(changes, transaction));
    } catch (error) {
      throw unwritable(error, this.directory);
    }
    const revision = tree.apply(changes);
    this.#leases.note(transaction);
    for (const watching of this.#watching) {
      const touched = changes.filter(({ key }) => key.startsWith(watching.prefix));
      if (touched.length > 0) this.#tell(watching, revision, touched);
    }
    if (++this.logged >= this.snapshotEvery) await this.#snapshot();
    return { done: true, revision };
  }

  /** Later than what it is about, and in order: a watcher that asks the store back is never inside of a transaction. */
  #tell(watching: Watching, revision: number, changes: readonly Change[]): void {
    queueMicrotask(() => {
      if (this.#watching.has(watching)) watching.watcher.changed(revision, changes);
    });
  }

  /** What was acknowledged is in the log: a snapshot that cannot be written is tried again later. */
  async #snapshot(): Promise<void> {
    this.logged = 0;
    this.tree.forget(this.keep);
    try {
      const { revision, items } = this.tree.range('');
      await writeSnapshot(this.directory, { revision, items: items.filter(({ key }) => !this.#leases.has(key)) });
      await this.log.clear();
    } catch {
      // The log goes on growing meanwhile; its own errors reach whoever writes.
    }
  }
}

function unwritable(error: unknown, directory: string): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  if (error instanceof WindroseError || code === undefined) return error;
  return new WindroseError('STORE_UNWRITABLE', directory, code === '' ? message : code, error);
}
