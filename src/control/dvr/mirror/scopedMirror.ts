import { setTimeout as pause } from 'node:timers/promises';
import { SCHEMA } from '../../../store/objectKeys.js';
import { type BadRecord, ObjectMirror } from '../../../store/objectMirror.js';
import { versionOf } from '../../../store/schema.js';
import { CompactedError, type Store, type Watcher } from '../../../store/store.js';
import { NO_SNAT_HOSTS } from '../placement/snatPlacement.js';
import { hostPrefixes, neededNetworks, networkPrefixes, placedBy, type ScopedObjects } from './storeScope.js';

/** Times that a compaction may overtake a reading of several prefixes at one revision. */
const TRIES = 5;
/** How long watches have for what a reading is compared with: what they are about to tell is nothing they have missed. */
const SETTLED_MS = 1000;
/** What a host needs no more is followed so long: longer than its replicas stay (dvr.md 5.2), which have to know their neighbours. */
const KEEP_MS = 40_000;

/** A part of the store that is followed by itself. */
interface Part {
  readonly prefix: string;
  /** Everything up to it is in the mirror. */
  revision: number;
  watching: { close(): void } | undefined;
}

/** How watches report; both may come at any time. */
export interface Watching {
  /** Something is in the mirror that nobody has been shown yet. */
  touched(): void;
  failed(error: Error): void;
}

/**
 * What a host needs of a store, kept up to date by watches (dvr.md 5.6): prefixes it follows whole, and the ports and claims of the networks it
 * needs. What is shown as `now` is always complete: ports of a network are read and watched before anything is shown that needs them.
 */
export class ScopedMirror {
  #now: ScopedObjects = {
    objects: { hosts: [], networks: [], subnets: [], lports: [], routers: [], rifs: [], floatingIps: [] },
    claims: [],
    snatHosts: NO_SNAT_HOSTS,
    snatOwners: [],
    revision: 0,
  };
  readonly #mirror = new ObjectMirror();
  readonly #parts = new Map<string, Part>();
  /** Networks whose parts are there, and since when they are not needed; undefined: they are. */
  readonly #networks = new Map<string, number | undefined>();
  #watching: Watching | undefined;
  readonly #keepMs: number;
  readonly #settledMs: number;
  /** Other hosts have their part of the same store. */
  readonly shared: boolean;
  #need: { readonly changes: number; readonly networks: ReadonlySet<string> } | undefined;
  #shown = -1;
  #turn: Promise<unknown> = Promise.resolve();
  /** A reading that has not begun yet. */
  #awaited: Promise<ScopedObjects> | undefined;

  constructor(
    private readonly store: Store,
    private readonly host: string,
    { keepMs = KEEP_MS, settledMs = SETTLED_MS, shared = false } = {},
  ) {
    this.shared = shared;
    this.#keepMs = keepMs;
    this.#settledMs = settledMs;
  }

  /** The same objects as long as nothing has changed. `revision`: the newest that was read or told. */
  get now(): ScopedObjects {
    return this.#now;
  }

  /** Networks that are followed. */
  get networks(): string[] {
    return [...this.#networks.keys()].sort();
  }

  /** Records that are left out because they cannot be read. */
  bad(): BadRecord[] {
    return this.#mirror.bad();
  }

  /**
   * Reads all of it at one revision, and shows it. One reading at a time, or an earlier one could be taken for the later. Throws STORE_NEWER, or
   * why the store does not answer: then what was shown stays.
   */
  read(): Promise<ScopedObjects> {
    this.#awaited ??= this.#inTurn(async () => {
      this.#awaited = undefined;
      const { revision, items } = await this.store.range('meta/');
      // Before the rest: it is asked again and again until this program is updated.
      const schema = items.find(({ key }) => key === SCHEMA);
      if (schema !== undefined) versionOf(schema.value);
      await this.#readAt(revision);
      const before = this.#now.objects;
      const now = await this.#show();
      // Watches will not tell it again.
      if (now.objects !== before) this.#watching?.touched();
      return now;
    });
    return this.#awaited;
  }

  /** Compares with the store. Resolves to how many keys were others than watches had told; they are no more. */
  audit(): Promise<number> {
    return this.#inTurn(async () => {
      const { revision } = await this.store.range('meta/');
      if (this.#settledMs > 0) await pause(this.#settledMs, undefined, { ref: false });
      const differences = await this.#readAt(revision);
      await this.#show();
      return differences;
    });
  }

  /** Takes what watches have told since, with what that makes needed, and shows it. */
  settle(): Promise<ScopedObjects> {
    return this.#inTurn(() => this.#show());
  }

  /** Watches everything from where it was read, until `unwatch`. */
  watch(watching: Watching): void {
    this.#watching = watching;
    for (const part of this.#parts.values()) this.#watch(part);
  }

  unwatch(): void {
    this.#watching = undefined;
    for (const part of this.#parts.values()) {
      part.watching?.close();
      part.watching = undefined;
    }
  }

  #inTurn<T>(what: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(what);
    this.#turn = done.catch(() => {});
    return done;
  }

  /** How many keys were others. */
  async #readAt(revision: number): Promise<number> {
    for (let at = revision, tries = 1; ; tries++)
      try {
        const prefixes = [...hostPrefixes(this.host), ...[...this.#networks.keys()].flatMap(networkPrefixes)];
        const differences = await this.#list(prefixes, at);
        return differences + (await this.#addNetworks(at));
      } catch (error) {
        if (!(error instanceof CompactedError) || tries === TRIES) throw error;
        at = (await this.store.range('meta/')).revision;
      }
  }

  /** Shows nothing before it is complete, and is asked again when more was needed meanwhile. */
  async #show(): Promise<ScopedObjects> {
    this.#mirror.checkSchema();
    await this.#addNetworks();
    this.#dropNetworks();
    const revision = Math.max(...[...this.#parts.values()].map((part) => part.revision));
    if (this.#shown === this.#mirror.changes) this.#now = { ...this.#now, revision };
    else {
      const objects = this.#mirror.objects();
      this.#now = { objects, claims: this.#mirror.claims(), ...placedBy(this.#mirror, this.shared), revision };
    }
    this.#shown = this.#mirror.changes;
    return this.#now;
  }

  /** Reads what is needed and not there, and watches it if anything is. */
  async #addNetworks(revision?: number): Promise<number> {
    let differences = 0;
    for (;;) {
      const missing = [...this.#needed()].filter((network) => !this.#networks.has(network));
      if (missing.length === 0) return differences;
      const at = revision ?? (await this.store.range('meta/')).revision;
      differences += await this.#list(missing.flatMap(networkPrefixes), at);
      for (const network of missing) this.#networks.set(network, undefined);
    }
  }

  /** Most of what is told changes nothing of it, as every transaction puts a key that all hosts watch. */
  #needed(): ReadonlySet<string> {
    const { changes } = this.#mirror;
    if (this.#need?.changes !== changes) {
      const objects = this.#mirror.objects();
      const bound = this.#mirror.boundNetworks();
      this.#need = {
        changes,
        networks: neededNetworks(objects, this.host, bound, placedBy(this.#mirror, this.shared).snatHosts),
      };
    }
    return this.#need.networks;
  }

  #dropNetworks(): void {
    const needed = this.#needed();
    const now = performance.now();
    for (const [network, since] of this.#networks) {
      if (needed.has(network)) this.#networks.set(network, undefined);
      else if (since === undefined) {
        this.#networks.set(network, now);
        setTimeout(() => this.#watching?.touched(), this.#keepMs).unref();
      } else if (now - since >= this.#keepMs) {
        this.#networks.delete(network);
        for (const prefix of networkPrefixes(network)) this.#drop(prefix);
      }
    }
  }

  #drop(prefix: string): void {
    this.#parts.get(prefix)?.watching?.close();
    this.#parts.delete(prefix);
    this.#mirror.replace(prefix, []);
  }

  /** Takes all at once: what is read in between is not seen half. A part that its watch has brought further than this is left as it is. */
  async #list(prefixes: readonly string[], revision: number): Promise<number> {
    const read = await Promise.all(prefixes.map((prefix) => this.store.range(prefix, revision)));
    let differences = 0;
    for (const [i, prefix] of prefixes.entries()) {
      const part = this.#parts.get(prefix);
      if (part?.watching !== undefined && part.revision > revision) continue;
      differences += this.#mirror.replace(prefix, read[i]!.items);
      if (part !== undefined) part.revision = revision;
      else {
        const added: Part = { prefix, revision, watching: undefined };
        this.#parts.set(prefix, added);
        this.#watch(added);
      }
    }
    return differences;
  }

  #watch(part: Part): void {
    const watching = this.#watching;
    if (watching === undefined || part.watching !== undefined) return;
    const watcher: Watcher = {
      changed: (revision, changes) => {
        // A reading was faster.
        if (revision <= part.revision) return;
        part.revision = revision;
        for (const { key, value } of changes)
          if (value === undefined) this.#mirror.delete(key);
          else this.#mirror.put({ key, value, modRevision: revision });
        watching.touched();
      },
      failed: (error) => watching.failed(error),
    };
    part.watching = this.store.watch(part.prefix, part.revision + 1, watcher);
  }
}
