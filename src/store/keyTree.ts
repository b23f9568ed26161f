import { type Change, CompactedError, type KeyValue, type Range, type Transaction } from './store.js';

interface Step {
  readonly revision: number;
  readonly changes: readonly (Change & { readonly before: KeyValue | undefined })[];
}

/** Keys and values in memory, and the last revisions, so that one can be looked at and told again. Nothing here waits. */
export class KeyTree {
  readonly #items = new Map<string, KeyValue>();
  readonly #steps: Step[] = [];
  #revision: number;

  constructor(items: readonly KeyValue[], revision: number) {
    for (const item of items) this.#items.set(item.key, item);
    this.#revision = revision;
  }

  get revision(): number {
    return this.#revision;
  }

  /** The first revision that is still told. */
  get oldest(): number {
    return this.#steps[0]?.revision ?? this.#revision + 1;
  }

  /** Keys whose comparison does not hold. */
  failing({ compares = [] }: Transaction): string[] {
    return compares
      .filter(({ key, modRevision }) => (this.#items.get(key)?.modRevision ?? 0) !== modRevision)
      .map(({ key }) => key);
  }

  /** What a transaction really changes: deletes of keys that are not there change nothing. Throws for a key that stands twice. */
  changesOf({ puts = [], deletes = [] }: Transaction): Change[] {
    const keys = [...puts.map(({ key }) => key), ...deletes];
    if (new Set(keys).size !== keys.length) throw new Error('a key stands twice in a transaction');
    const gone = deletes.filter((key) => this.#items.has(key)).map((key): Change => ({ key, value: undefined }));
    return [...puts.map(({ key, value }): Change => ({ key, value })), ...gone];
  }

  /** The next revision. */
  apply(changes: readonly Change[]): number {
    const revision = ++this.#revision;
    const told = changes.map(({ key, value }) => {
      const before = this.#items.get(key);
      if (value === undefined) this.#items.delete(key);
      else this.#items.set(key, { key, value, modRevision: revision });
      return { key, value, before };
    });
    this.#steps.push({ revision, changes: told });
    return revision;
  }

  /** Throws a CompactedError for a revision that is too old, and a RangeError for one that has not been. */
  range(prefix: string, revision = this.#revision): Range {
    if (revision > this.#revision) throw new RangeError(`revision ${revision} has not been; the newest is ${this.#revision}`);
    if (revision < this.oldest - 1) throw new CompactedError(this.oldest - 1);
    const found = new Map<string, KeyValue>();
    for (const [key, item] of this.#items) if (key.startsWith(prefix)) found.set(key, item);
    // Backwards from now to then.
    for (let i = this.#steps.length - 1; i >= 0 && this.#steps[i]!.revision > revision; i--)
      for (const { key, before } of this.#steps[i]!.changes) {
        if (!key.startsWith(prefix)) continue;
        if (before === undefined) found.delete(key);
        else found.set(key, before);
      }
    return { revision, items: [...found.values()].sort((a, b) => (a.key < b.key ? -1 : 1)) };
  }

  /** Revisions from `from` on that touch the prefix. Throws a CompactedError when some of them are gone. */
  since(from: number, prefix: string): { readonly revision: number; readonly changes: readonly Change[] }[] {
    if (from < this.oldest) throw new CompactedError(this.oldest);
    return this.#steps.flatMap(({ revision, changes }) => {
      const touched = revision < from ? [] : changes.filter(({ key }) => key.startsWith(prefix));
      return touched.length === 0 ? [] : [{ revision, changes: touched.map(({ key, value }) => ({ key, value })) }];
    });
  }

  /** Keeps the last revisions only. */
  forget(keep: number): void {
    this.#steps.splice(0, Math.max(0, this.#steps.length - keep));
  }
}
