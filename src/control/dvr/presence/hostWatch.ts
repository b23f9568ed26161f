import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import { ALIVE, type Boot, bootOf, readAlive } from '../../../store/presence.js';
import type { Change, Store } from '../../../store/store.js';

/** Between two tries to read a store that does not answer. */
const RETRY_MS = 500;
/** A watch that is begun anew within so long is no loss of the store. */
const LOSS_MS = 1000;
/**
 * After an outage every lease may be over: hosts have so long to take theirs again, as they look every 3 s for a store that may
 * take 10 to answer.
 */
const RETURN_MS = 13_000;

/** What is known of a host whose gateway runs, or has run while this one looked. */
export interface KnownHost {
  readonly boot: Boot;
  /** Milliseconds since 1970 since when it is silent; undefined: it lives. */
  readonly silentSince: number | undefined;
  /** Likewise since when nobody knows: its lease was over after an outage, and it has had no time yet to take it again. */
  readonly unsureSince?: number | undefined;
}

/** True for a host that can take over what is on one host at a time: it lives, as far as anybody knows, and its workers forward. */
export function isReady(host: KnownHost | undefined): boolean {
  return isThere(host) && host.boot.starting !== true && !host.boot.leaving;
}

/** True for a host that may be ready soon: it starts, or nobody has seen it yet. */
export function isComing(host: KnownHost | undefined): boolean {
  return host === undefined || (isThere(host) && host.boot.starting === true);
}

function isThere(host: KnownHost | undefined): host is KnownHost {
  return host !== undefined && host.silentSince === undefined && host.unsureSince === undefined;
}

/**
 * Which hosts live (dvr.md 5.1). A host that is silent is told, and nothing else: its ports stay where they are, for its data plane may
 * live on. While the store is away nobody knows how the others are.
 */
export class HostWatch {
  readonly #known = new Map<string, KnownHost>();
  readonly #stop = new AbortController();
  #watching: { close(): void } | undefined;
  /** The watch ended, and nothing was read since: when, in milliseconds since 1970 and by a clock that nobody sets. */
  #lost: { readonly since: number; readonly at: number } | undefined;
  /** The wait for hosts to return after an outage; undefined: there is none. */
  #returning: NodeJS.Timeout | undefined;

  constructor(
    private readonly store: Store,
    private readonly self: string,
    private readonly log: Pick<Logger, 'info' | 'warn'> | undefined,
    private readonly returnMs = RETURN_MS,
  ) {}

  /** By name, this one too. */
  get hosts(): ReadonlyMap<string, KnownHost> {
    return this.#known;
  }

  /** Milliseconds since 1970 since when the store says nothing of the others; undefined: it does. */
  get lostSince(): number | undefined {
    return this.#lost === undefined || performance.now() - this.#lost.at < LOSS_MS ? undefined : this.#lost.since;
  }

  /** Looks until close(). */
  start(): void {
    void this.#follow();
  }

  close(): void {
    this.#stop.abort();
    clearTimeout(this.#returning);
    this.#watching?.close();
  }

  async #follow(): Promise<void> {
    const { signal } = this.#stop;
    let first = true;
    let away = false;
    while (!signal.aborted) {
      try {
        const { revision, alive } = await readAlive(this.store);
        if (signal.aborted) return;
        if (away && !first) this.#waitForReturns();
        away = false;
        this.#lost = undefined;
        for (const name of this.#known.keys()) if (!alive.has(name)) this.#gone(name);
        for (const [name, boot] of alive) this.#there(name, boot, first);
        first = false;
        await this.#watched(revision + 1);
        this.#lost = { since: Date.now(), at: performance.now() };
      } catch {
        away = true;
        // It is told by whoever follows the objects.
      }
      await pause(RETRY_MS, undefined, { signal, ref: false }).catch(() => {});
    }
  }

  /** Resolves when the watch has ended. */
  #watched(from: number): Promise<void> {
    const { signal } = this.#stop;
    return new Promise((resolve) => {
      const end = (): void => {
        signal.removeEventListener('abort', end);
        this.#watching?.close();
        resolve();
      };
      signal.addEventListener('abort', end);
      this.#watching = this.store.watch(ALIVE, from, {
        changed: (_, changes) => {
          for (const change of changes) this.#take(change);
        },
        failed: end,
      });
    });
  }

  #take({ key, value }: Change): void {
    const name = key.slice(ALIVE.length);
    const boot = value === undefined ? undefined : bootOf(value);
    if (boot === undefined) this.#gone(name);
    else this.#there(name, boot, false);
  }

  /** `first`: whoever was there before this gateway looked has not come now. */
  #there(name: string, boot: Boot, first: boolean): void {
    const before = this.#known.get(name);
    this.#known.set(name, { boot, silentSince: undefined });
    if (name === this.self || first || (before?.boot.bootId === boot.bootId && before.silentSince === undefined)) return;
    const about = { host: name, boot: boot.bootId.slice(0, 8) };
    if (before?.silentSince === undefined)
      this.log?.info(about, before === undefined ? 'a host is there' : 'a host has begun anew');
    else this.log?.info({ ...about, seconds: Math.round((Date.now() - before.silentSince) / 1000) }, 'a host is back');
  }

  #gone(name: string): void {
    const before = this.#known.get(name);
    if (before === undefined || before.silentSince !== undefined) return;
    if (this.#returning !== undefined && !before.boot.leaving) {
      this.#known.set(name, { ...before, unsureSince: before.unsureSince ?? Date.now() });
      return;
    }
    this.#known.set(name, { boot: before.boot, silentSince: before.unsureSince ?? Date.now() });
    if (name === this.self) return;
    const about = { host: name, boot: before.boot.bootId.slice(0, 8) };
    if (before.boot.leaving) this.log?.info(about, 'a host has stopped');
    else this.log?.warn(about, 'a host is silent; its ports stay known, as it may forward on');
  }

  /** Leases may have run out while nobody could renew one: who has none is silent only when it has had the time to take it again. */
  #waitForReturns(): void {
    clearTimeout(this.#returning);
    this.#returning = setTimeout(() => {
      this.#returning = undefined;
      if (this.#lost !== undefined) return;
      for (const [name, { unsureSince }] of this.#known) if (unsureSince !== undefined) this.#gone(name);
    }, this.returnMs).unref();
  }
}
