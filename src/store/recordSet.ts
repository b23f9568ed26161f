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
  /** Keys by what stands before their last part: "port/blue/". */
  readonly #folders = new Map<string, Set<string>>();
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
    if (before === undefined) this.#added(key);
    this.#held.set(key, { value, revision, ...this.#read(item) });
    return true;
  }

  /** False: there was none. */
  delete(key: string): boolean {
    if (!this.#held.delete(key)) return false;
    this.#sorted = undefined;
    const folder = folderOf(key);
    const keys = this.#folders.get(folder)!;
    keys.delete(key);
    if (keys.size === 0) this.#folders.delete(folder);
    return true;
  }

  /** `prefix`: empty, or with a slash at its end. A host has thousands of networks, and each is listed by itself. */
  keysBelow(prefix: string): string[] {
    if (!prefix.startsWith(this.prefix) && !this.prefix.startsWith(prefix)) return [];
    const found: string[] = [];
    for (const [folder, keys] of this.#folders) if (folder.startsWith(prefix)) for (const key of keys) found.push(key);
    return found;
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

  #added(key: string): void {
    this.#sorted = undefined;
    const keys = this.#folders.get(folderOf(key));
    if (keys === undefined) this.#folders.set(folderOf(key), new Set([key]));
    else keys.add(key);
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

function folderOf(key: string): string {
  return key.slice(0, key.lastIndexOf('/') + 1);
}
