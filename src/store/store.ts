/**
 * What a store of objects can do, whichever it is (dvr.md 5.6): etcd's part of it that is needed. Keys and values are text. Every
 * transaction that changes something is a revision of its own; revisions count from 1 and are the same for all keys.
 */
export interface Store {
  /** Keys that begin with `prefix`, by their octets, as they were at a revision; the newest when it is left out. */
  range(prefix: string, revision?: number): Promise<Range>;
  /** Puts and deletes all, or nothing when a comparison fails. Resolves when it will not be lost again. */
  transact(transaction: Transaction): Promise<Outcome>;
  /** Tells every revision from `from` on that touches the prefix, whole and in order, until it is closed. */
  watch(prefix: string, from: number, watcher: Watcher): { close(): void };
  /** A lease of so many seconds from now on, renewed by its holder (dvr.md 5.6). */
  grant(seconds: number): Promise<Lease>;
  /** Waits for transactions under way. Watchers hear no more. */
  close(): Promise<void>;
}

/** What says that somebody lives: keys that are put with it are deleted with its end, by whoever notices that. */
export interface Lease {
  /** For puts. */
  readonly id: string;
  /** It has all its seconds again. Resolves to false when it has ended before, and its keys are gone. */
  keepAlive(): Promise<boolean>;
  /** Ends it now. */
  revoke(): Promise<void>;
}

export interface Put {
  readonly key: string;
  readonly value: string;
  /** `id` of a lease that the key is bound to from now on; without one it stays. A put by a lease that has ended fails. */
  readonly lease?: string | undefined;
}

export interface KeyValue {
  readonly key: string;
  readonly value: string;
  /** Revision that put this value. */
  readonly modRevision: number;
}

export interface Range {
  /** What the items are the state of. */
  readonly revision: number;
  readonly items: readonly KeyValue[];
}

export interface Transaction {
  /** All must hold: the key's last revision is this one; 0: there is no such key. */
  readonly compares?: readonly { readonly key: string; readonly modRevision: number }[];
  /** A key stands once, in puts or in deletes. */
  readonly puts?: readonly Put[];
  /** Of keys that need not be there. */
  readonly deletes?: readonly string[];
}

/** `revision`: of the change, or the newest when nothing changed. `failed`: keys whose comparison did not hold. */
export type Outcome =
  | { readonly done: true; readonly revision: number }
  | { readonly done: false; readonly revision: number; readonly failed: readonly string[] };

export interface Change {
  readonly key: string;
  /** Undefined: deleted. */
  readonly value: string | undefined;
}

export interface Watcher {
  changed(revision: number, changes: readonly Change[]): void;
  /** The watch has ended: list again, and compare. A store may say so at any time (D35). */
  failed(error: Error): void;
}

/** The revision that was asked for is no longer there. */
export class CompactedError extends Error {
  /** Revisions below this one cannot be told any more; undefined: the store did not say. */
  readonly oldest: number | undefined;

  constructor(oldest?: number) {
    super(oldest === undefined ? 'the revision is compacted' : `revisions below ${oldest} are compacted`);
    this.name = 'CompactedError';
    this.oldest = oldest;
  }
}
