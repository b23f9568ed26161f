import type { ITxnResponse } from 'etcd3';
import type { EtcdAccess } from '../types/etcdAccess.js';
import { EtcdClient } from './etcdClient.js';
import { grantLease } from './etcdLease.js';
import { flatRequest, type Keys, keysBelow, MOST_FLAT, nestedRequest, operationsOf } from './etcdTransaction.js';
import { EtcdWatches } from './etcdWatch.js';
import type { Lease, Outcome, Range, Store, Transaction, Watcher } from './store.js';

/** Times that others may be faster than a transaction that is compared here. */
const TRIES = 10;

/**
 * The store of several hosts: an etcd v3, below a prefix (dvr.md 5.6). Revisions are those of etcd, which counts what is written under other
 * prefixes as well. Calls fail with STORE_UNREACHABLE, STORE_DENIED or STORE_REFUSED,
 * changes with STORE_UNANSWERED as well.
 */
export class EtcdStore implements Store {
  readonly #client: EtcdClient;
  readonly #keys: Keys;
  readonly #root: number;
  readonly #watches: EtcdWatches;
  readonly #underWay = new Set<Promise<unknown>>();
  #closed = false;

  /** Connects with the first call. Throws STORE_SECRET for a file that cannot be used. */
  constructor(access: EtcdAccess) {
    this.#client = new EtcdClient(access);
    this.#keys = keysBelow(access.prefix);
    this.#root = this.#keys.of('').length;
    this.#watches = new EtcdWatches(this.#client, this.#keys);
  }

  async range(prefix: string, revision?: number): Promise<Range> {
    // etcd takes 0 for the newest.
    if (revision === 0) return { revision, items: [] };
    const asked = revision === undefined ? {} : { revision };
    const { header, kvs } = await this.#client.read((client) => client.kv.range({ ...this.#keys.range(prefix), ...asked }));
    const items = kvs
      .filter(({ key }) => key.length > this.#root)
      .map(({ key, value, mod_revision }) => ({
        key: key.toString('utf8', this.#root),
        value: value.toString('utf8'),
        modRevision: Number(mod_revision),
      }));
    return { revision: revision ?? Number(header.revision), items };
  }

  transact(transaction: Transaction): Promise<Outcome> {
    if (this.#closed) return Promise.reject(new Error('the store is closed'));
    const done = this.#transact(transaction).finally(() => this.#underWay.delete(done));
    this.#underWay.add(done);
    return done;
  }

  watch(prefix: string, from: number, watcher: Watcher): { close(): void } {
    return this.#watches.watch(prefix, from, watcher);
  }

  async grant(seconds: number): Promise<Lease> {
    if (this.#closed) throw new Error('the store is closed');
    return grantLease(this.#client, seconds);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#watches.close();
    await Promise.allSettled(this.#underWay);
    this.#client.close();
  }

  async #transact(transaction: Transaction): Promise<Outcome> {
    const { compares = [], puts = [], deletes = [] } = transaction;
    const keys = [...puts.map(({ key }) => key), ...deletes];
    if (new Set(keys).size !== keys.length) throw new Error('a key stands twice in a transaction');
    const operations = operationsOf(transaction, this.#keys);
    if (compares.length > MOST_FLAT || operations.length > MOST_FLAT) return this.#compareHere(transaction, operations);
    const request = flatRequest(transaction, operations, this.#keys);
    const { header, succeeded, responses } = await this.#client.write((client) => client.kv.txn(request));
    const revision = Number(header.revision);
    if (succeeded) return { done: true, revision };
    const failed = compares.filter(({ modRevision }, i) => modRevisionIn(responses[i]!) !== modRevision).map(({ key }) => key);
    return { done: false, revision, failed };
  }

  /** More than etcd compares at once. */
  async #compareHere(transaction: Transaction, operations: ReturnType<typeof operationsOf>): Promise<Outcome> {
    const { compares = [] } = transaction;
    for (let tries = 0; tries < TRIES; tries++) {
      const { revision, items } = await this.range('');
      const there = new Map(items.map(({ key, modRevision }) => [key, modRevision]));
      const failed = compares.filter(({ key, modRevision }) => (there.get(key) ?? 0) !== modRevision).map(({ key }) => key);
      if (failed.length > 0) return { done: false, revision, failed };
      const request = nestedRequest(revision, transaction, operations, this.#keys);
      const { header, succeeded } = await this.#client.write((client) => client.kv.txn(request));
      if (succeeded) return { done: true, revision: Number(header.revision) };
    }
    throw new Error(`others changed the store ${TRIES} times`);
  }
}

function modRevisionIn({ response_range: { kvs } }: ITxnResponse['responses'][number]): number {
  return Number(kvs[0]?.mod_revision ?? 0);
}
