const enum Entry {
  /** Pool + 1; 0 = unused. */
  Pool = 0,
  Remote,
  RemotePort,
  /** PoolHead.Changes as it was. */
  Changes,
  /** Port + 1 that a session with this remote gave up since; 0 = none. */
  Freed,
  Words = 8,
}

const ENTRIES = 1024;

/** Remotes towards which none of our ports of a pool is usable: a small table, in which a newer one may push out another. */
export class FullRemotes {
  /** Answers of `find` that are no port. */
  static readonly Full = -1;
  static readonly Unknown = -2;
  readonly #entries = new Int32Array(ENTRIES * Entry.Words);

  /** `secret`: nobody outside can choose remotes that share an entry. */
  constructor(private readonly secret: number) {}

  /** Full; Unknown; or the port that has become usable. */
  find(pool: number, remote: number, remotePort: number, changes: number): number {
    const e = this.#at(pool, remote, remotePort);
    if (e < 0 || this.#entries[e + Entry.Changes] !== changes) return FullRemotes.Unknown;
    const freed = this.#entries[e + Entry.Freed]!;
    this.#entries[e + Entry.Freed] = 0;
    return freed - 1;
  }

  remember(pool: number, remote: number, remotePort: number, changes: number): void {
    const e = this.#slotOf(pool, remote, remotePort);
    this.#entries[e + Entry.Pool] = pool + 1;
    this.#entries[e + Entry.Remote] = remote;
    this.#entries[e + Entry.RemotePort] = remotePort;
    this.#entries[e + Entry.Changes] = changes;
    this.#entries[e + Entry.Freed] = 0;
  }

  /** A session with this remote, on this port, is over. The first such port is remembered; with a second one a search is due again. */
  freed(pool: number, remote: number, remotePort: number, port: number): void {
    const e = this.#at(pool, remote, remotePort);
    if (e < 0) return;
    if (this.#entries[e + Entry.Freed] === 0) this.#entries[e + Entry.Freed] = port + 1;
    else this.#entries[e + Entry.Pool] = 0;
  }

  /** Forgets all: the tables are others now, or were made anew. */
  clear(): void {
    this.#entries.fill(0);
  }

  #at(pool: number, remote: number, remotePort: number): number {
    const e = this.#slotOf(pool, remote, remotePort);
    const t = this.#entries;
    const same = t[e + Entry.Pool] === pool + 1 && t[e + Entry.Remote] === remote && t[e + Entry.RemotePort] === remotePort;
    return same ? e : -1;
  }

  #slotOf(pool: number, remote: number, remotePort: number): number {
    const hash = Math.imul(remote ^ this.secret ^ Math.imul(remotePort + pool, 0x85eb_ca6b), 0x9e37_79b1);
    return (hash >>> 22) * Entry.Words;
  }
}
