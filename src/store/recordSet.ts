import type { KeyValue } from './store.js';

interface Held<T> {
  readonly value: string;
  readonly revision: number;
  readonly object: T | undefined;
  /** Why there is no object. */
  readonly fault: string | undefined;
}

/** Records of one kind by key, parsed when they come. */
export class RecordSet<T> {
  readonly #held = new Map<string, Held<T>>();
  #sorted: readonly string[] | undefined;

  /** `parse` throws for what is none; `ownKey`: the key that the object has to stand under. */
  constructor(
    readonly prefix: string,
    private readonly parse: (value: string, item: KeyValue) => T,
    private readonly ownKey?: (object: T) => string,
  ) {}

  /** False: it was this already. */
  put(item: KeyValue): boolean {
    const { key, value, modRevision: revision } = item;
    const before = this.#held.get(key);
    if (before?.value === value && before.revision === revision) return false;
    if (before === undefined) this.#sorted = undefined;
    this.#held.set(key, { value, revision, ...this.#read(item) });
    return true;
  }

  /** False: there was none. */
  delete(key: string): boolean {
    if (!this.#held.delete(key)) return false;
    this.#sorted = undefined;
    return true;
  }

  keysBelow(prefix: string): string[] {
    if (!prefix.startsWith(this.prefix) && !this.prefix.startsWith(prefix)) return [];
    return [...this.#held.keys()].filter((key) => key.startsWith(prefix));
  }

  /** In the order of their keys, without those that cannot be read. */
  values(): T[] {
    this.#sorted ??= [...this.#held.keys()].sort();
    return this.#sorted.flatMap((key) => this.#held.get(key)!.object ?? []);
  }

  byKey(): Map<string, T> {
    return new Map([...this.#held].flatMap(([key, { object }]) => (object === undefined ? [] : [[key, object] as const])));
  }

  bad(): { readonly key: string; readonly why: string }[] {
    return [...this.#held].flatMap(([key, { fault: why }]) => (why === undefined ? [] : [{ key, why }]));
  }

  #read(item: KeyValue): Pick<Held<T>, 'object' | 'fault'> {
    try {
      const object = this.parse(item.value, item);
      const own = this.ownKey?.(object) ?? item.key;
      if (own === item.key) return { object, fault: undefined };
      return { object: undefined, fault: `it is the record of ${own}` };
    } catch (error) {
      return { object: undefined, fault: (error as Error).message.split('\n')[0]! };
    }
  }
}
