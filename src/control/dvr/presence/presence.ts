import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import { WindroseError } from '../../../errors/catalog.js';
import { ALIVE, alivePut, type Boot, bootOf, seenPut } from '../../../store/presence.js';
import { readKey } from '../../../store/readKey.js';
import type { KeyValue, Lease, Store } from '../../../store/store.js';
import { packageVersion } from '../../packageVersion.js';
import { ToldToStop } from '../../toldToStop.js';
import { runs, thisProcess } from './sameProcess.js';
import { ToldProgress } from './toldProgress.js';

/** Times of dvr.md 5.6; tests have shorter ones. */
export interface PresenceTimes {
  readonly leaseSeconds: number;
  readonly keepAliveMs: number;
  /** How long a start waits for the lease of a gateway that may be dead: as long as one lasts, and etcd takes to notice. */
  readonly waitMs: number;
  /** What must have ended before the lease ends so long before, when it is not renewed. */
  readonly marginSeconds: number;
}

const TIMES: PresenceTimes = { leaseSeconds: 10, keepAliveMs: 3000, waitMs: 13_000, marginSeconds: 1 };
/** Between two looks whether the other one is gone. */
const LOOK_MS = 500;
/** A renewal that failed is tried again after so long: what the lease keeps is not to end for a moment of silence. */
const AGAIN_MS = 1000;
/** One that took longer than until the next was due is followed by it after so long: of 10 s a store that answers after 4 leaves no time. */
const LATE_MS = 100;

type Log = Pick<Logger, 'info' | 'warn'>;

/**
 * That this gateway runs, and which revision its workers go by, told to the other hosts by a lease. Forwarding does not depend on it: a lease that
 * is lost is taken again as soon as the store answers.
 */
export class Presence {
  #lease: Lease | undefined;
  #timer: NodeJS.Timeout | undefined;
  #beating: Promise<void> = Promise.resolve();
  #renewedAt = 0;
  /** Until the next renewal. */
  #pause: number;
  readonly #told: ToldProgress;
  #publishing: Promise<void> | undefined;
  /** The revision that the workers go by; undefined: not all of them the same. */
  #applied: () => number | undefined = () => undefined;
  /** Another gateway has the name; said once. */
  #taken = false;

  private constructor(
    private readonly store: Store,
    private readonly host: string,
    private who: Boot,
    private readonly log: Log | undefined,
    private readonly times: PresenceTimes,
  ) {
    this.#told = new ToldProgress(store, host);
    this.#pause = times.keepAliveMs;
  }

  /**
   * Takes the host's name. One that a gateway has that is dead is free at once where its process can be looked for, and when its lease is
   * over elsewhere. Throws HOST_TAKEN when another gateway runs under it, or a ToldToStop when `told` resolves first.
   */
  static async take(
    store: Store,
    host: string,
    log?: Log,
    told: Promise<unknown> = new Promise(() => {}),
    times: PresenceTimes = TIMES,
    vtep?: string,
  ): Promise<Presence> {
    const who = { bootId: randomUUID(), version: packageVersion(), process: thisProcess() };
    const boot = { ...who, since: Date.now(), leaving: false, starting: true, vtep };
    const presence = new Presence(store, host, boot, log, times);
    let stopped = false;
    void told.then(() => {
      stopped = true;
    });
    for (const until = performance.now() + times.waitMs; ; await pause(LOOK_MS)) {
      if (stopped) throw new ToldToStop();
      const holder = await presence.#enter();
      if (holder === undefined) break;
      const other = bootOf(holder.value);
      const running = runs(other?.process ?? '');
      if (running === true || performance.now() > until)
        throw new WindroseError('HOST_TAKEN', host, `boot ${other?.bootId.slice(0, 8) ?? '?'}${sinceText(other)}`);
      if (running === false && (await presence.#enter(holder)) === undefined) break;
    }
    presence.#beat();
    return presence;
  }

  get boot(): Boot {
    return this.who;
  }

  /** False while the lease is lost: other hosts take this one for silent. */
  get held(): boolean {
    return this.#lease !== undefined;
  }

  /** By which keys can be put that are to end with this gateway; undefined: there is none at present. */
  get lease(): string | undefined {
    return this.#lease?.id;
  }

  /** True for a second less than the lease lasts since it was renewed: nobody else can have seen its end (dvr.md 5.6). */
  get safe(): boolean {
    return this.held && this.safeMs > 0;
  }

  /** Milliseconds that this is true for, if the lease is not renewed in between. */
  get safeMs(): number {
    return this.#renewedAt + (this.times.leaseSeconds - this.times.marginSeconds) * 1000 - performance.now();
  }

  /** From now on tells what `applied` says, with each renewal when it has changed: many changes are one message. */
  tell(applied: () => number | undefined): void {
    this.#applied = applied;
  }

  /** The workers forward: from now on others may leave to this host what is on one host at a time. It is told at once, or with the next renewal. */
  ready(): void {
    this.who = { ...this.who, starting: false };
    if (this.#lease !== undefined) this.#publishSoon(this.#lease.id);
  }

  /** Says that it ends as it was told to, and ends. Never rejects: a lease that cannot be given back is over by itself. */
  async leave(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#beating;
    await this.#publishing;
    const lease = this.#lease;
    this.#lease = undefined;
    if (lease === undefined) return;
    const { host, boot } = this;
    try {
      const puts = [alivePut(host, { ...boot, leaving: true }, lease.id), seenPut(host, { ...boot, left: Date.now() })];
      await this.store.transact({ puts });
      await lease.revoke();
    } catch {
      // The store is away.
    }
  }

  /** Puts the host's keys, in place of `holder` when it is given. Resolves to whoever has the name, or undefined: now it is this one. */
  async #enter(holder?: KeyValue): Promise<KeyValue | undefined> {
    const { store, host, boot, times } = this;
    const key = `${ALIVE}${host}`;
    const there = await readKey(store, key);
    const own = there !== undefined && bootOf(there.value)?.bootId === boot.bootId;
    if (there !== undefined && !own && there.modRevision !== holder?.modRevision) return there;
    const asked = performance.now();
    const lease = await store.grant(times.leaseSeconds);
    const compares = [{ key, modRevision: there?.modRevision ?? 0 }];
    const puts = [alivePut(host, boot, lease.id), seenPut(host, { ...boot, left: undefined })];
    if ((await store.transact({ compares, puts })).done) {
      this.#lease = lease;
      this.#renewedAt = asked;
      this.#told.begin(boot);
      return undefined;
    }
    await lease.revoke();
    return (await readKey(store, key)) ?? this.#enter();
  }

  #beat(): void {
    this.#timer = setTimeout(() => {
      this.#beating = this.#renew()
        .then(
          () => {
            // A renewal that took long began long ago.
            const since = performance.now() - this.#renewedAt;
            this.#pause = Math.max(LATE_MS, this.times.keepAliveMs - since);
          },
          (error: Error) => {
            this.#pause = Math.min(AGAIN_MS, this.times.keepAliveMs);
            this.#failed(error);
          },
        )
        .finally(() => {
          if (this.#timer !== undefined) this.#beat();
        });
    }, this.#pause).unref();
  }

  async #renew(): Promise<void> {
    if (this.#lease !== undefined) {
      // It lasts from when the store hears of it.
      const asked = performance.now();
      if (await this.#lease.keepAlive()) this.#renewedAt = asked;
      else this.#lost('it was not renewed in time');
    }
    if (this.#lease === undefined && !(await this.#takenAgain())) return;
    // The next renewal waits for no message: a store that is slow takes as long for each of its steps.
    this.#publishSoon(this.#lease!.id);
  }

  #publishSoon(lease: string): void {
    this.#publishing ??= this.#told
      .tell(this.boot, this.#applied(), lease, () => lease === this.#lease?.id)
      .catch(() => {})
      .finally(() => {
        this.#publishing = undefined;
      });
  }

  /** False while another gateway has the name, which is said once. */
  async #takenAgain(): Promise<boolean> {
    const { host, log } = this;
    const holder = await this.#enter();
    if (holder === undefined) log?.info({ host }, 'the lease of this host is taken again');
    else if (!this.#taken) log?.warn({ host, boot: bootOf(holder.value)?.bootId.slice(0, 8) }, TAKEN);
    this.#taken = holder !== undefined;
    return holder === undefined;
  }

  /** A store that does not answer for a moment takes no lease away; one that does not for longer than it lasts does. */
  #failed({ message }: Error): void {
    if (performance.now() - this.#renewedAt > this.times.leaseSeconds * 1000) this.#lost(message);
  }

  #lost(failure: string): void {
    if (this.#lease !== undefined) this.log?.warn({ host: this.host, failure }, LOST);
    this.#lease = undefined;
  }
}

const LOST = 'the lease of this host is lost; it forwards on, and the others may take it for silent';
const TAKEN = 'another gateway has taken the name of this host; stop one of the two';

function sinceText(boot: Boot | undefined): string {
  return boot === undefined ? '' : `, since ${new Date(boot.since).toISOString()}`;
}
