import type { Logger } from 'pino';
import type { WindroseError } from '../../errors/catalog.js';
import type { RouterObject } from '../../objects/model.js';
import { releaseSnat, type SnatOwner, takeSnat } from '../../store/snatStore.js';
import type { Store } from '../../store/store.js';
import type { HostWatch } from './hostWatch.js';
import { LastOwners, RETURN_MS } from './lastOwners.js';
import type { ObjectBook } from './objectBook.js';
import type { Presence } from './presence.js';
import type { RoomBook } from './roomBook.js';
import { KnownCandidates } from './snatCandidates.js';
import { hasOneHost, type SnatHosts, snatPlan } from './snatPlacement.js';

/** Between two looks at what nobody tells: the lease of this host, and routers that another host was to take and has not. */
const LOOK_MS = 250;
/** A candidate that is not the one to take a router waits so long for that one, and up to as much again, so that several do not at once. */
const WAIT_MS = 500;
/** When a cloud starts, a host leaves to others that are not there yet what is to be theirs, so long after it is there itself. */
const GRACE_MS = 5000;
/** What could not be taken over is asked for again after so long. */
const AGAIN_MS = 2000;
/** Services taken or given up at the same time: a host that dies may have had hundreds. */
const AT_ONCE = 16;

const HERE = 'this host has the SNAT service of a router now';
const AWAY = 'this host has the SNAT service of a router no more';
const FAILED = 'SNAT services cannot be taken or given up in the store; it is tried again';

/** What an arbiter looks at. */
export interface ArbiterView {
  readonly store: Store;
  readonly book: Pick<ObjectBook, 'host' | 'now' | 'reachable'>;
  readonly presence: Pick<Presence, 'boot' | 'lease' | 'safe'>;
  readonly others: Pick<HostWatch, 'hosts'>;
  readonly log: Pick<Logger, 'info' | 'warn'>;
  /** What this host has room for. */
  readonly room: Pick<RoomBook, 'lacks' | 'renew' | 'admitting'>;
}

/**
 * Which SNAT services this host has among the hosts that share its store (dvr.md 5.3, 5.6). A service belongs to the host whose record the store
 * has, put by the lease of that host: it is taken only where there is no record, so a living owner that may have it is never asked to go. One that
 * may not have it any more first stops serving and then deletes its record. One that cannot renew its lease stops a second before the lease can
 * be over, unless no other host may have the service.
 */
export class SnatArbiter {
  /** Services that came to this host and went from it since the start. */
  readonly moves = { here: 0, away: 0 };
  readonly #candidates = new KnownCandidates();
  /** Router without a host -> when this one takes it, although it is not the one to. */
  readonly #waits = new Map<string, number>();
  readonly #last = new LastOwners();
  /** Lease by which this host's record of a router was put. */
  readonly #leases = new Map<string, string>();
  /** What was told to be here. */
  #here: ReadonlySet<string> = new Set();
  #timer: NodeJS.Timeout | undefined;
  #askAgain = 0;
  #looking: Promise<void> | undefined;
  #failure: string | undefined;
  /** What the workers go by; undefined: not all of them the same. */
  #applied: () => SnatHosts | undefined = () => undefined;

  /** Until then candidates that nobody has seen yet may be about to start, as a whole cloud does; undefined: this one is not there itself. */
  #graceEnd: number | undefined;

  constructor(
    private readonly view: ArbiterView,
    private readonly graceMs = GRACE_MS,
  ) {}

  /** Looks until close(). `applied`: what the workers go by; undefined while they differ. `changed` is called when that is other than `hosts`. */
  start(applied: () => SnatHosts | undefined, changed: () => void): void {
    this.#applied = applied;
    this.#timer = setInterval(() => {
      const now = applied();
      const stale = now !== undefined && this.isStale(now);
      if (!stale) this.#askAgain = 0;
      else if (performance.now() >= this.#askAgain) {
        this.#askAgain = performance.now() + AGAIN_MS;
        changed();
      }
      void this.look();
    }, LOOK_MS).unref();
  }

  /** Resolves when nothing is under way any more. Records stay: they end with the lease. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#applied = () => undefined;
    await this.#looking;
  }

  /** Where SNAT services are; of those of this host the ones it may serve at this moment. */
  hosts(): SnatHosts {
    const { host, now } = this.view.book;
    const hosts = new Map(now.snatHosts);
    for (const owner of now.snatOwners) if (owner.host === host && !this.#mayServe(owner)) hosts.delete(owner.router);
    for (const router of ownOf(hosts, host)) if (this.view.room.lacks(router)) hosts.delete(router);
    // A lease that was lost takes the record with it: where nobody else may have the service it goes on until it is taken again.
    for (const router of this.#here)
      if (!now.snatHosts.has(router) && this.#isOnly(router) && !this.view.room.lacks(router)) hosts.set(router, host);
    return hosts;
  }

  /** True when this host is to serve other routers than these say. */
  isStale(applied: SnatHosts): boolean {
    const { host } = this.view.book;
    return [...ownOf(applied, host)].sort().join() !== [...ownOf(this.hosts(), host)].sort().join();
  }

  /** Takes and gives up what is due. Never rejects; one look at a time. */
  look(): Promise<void> {
    this.#tell();
    this.#looking ??= this.#act().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #act(): Promise<void> {
    try {
      const due = this.#due();
      for (let at = 0; at < due.length; at += AT_ONCE) await Promise.all(due.slice(at, at + AT_ONCE).map((act) => act()));
      this.#failure = undefined;
    } catch (error) {
      const { message, remedy } = error as WindroseError;
      // A store that is away is told by whoever follows it.
      if (message !== this.#failure && this.view.book.reachable) this.view.log.warn({ failure: message, remedy }, FAILED);
      this.#failure = message;
    }
  }

  #due(): (() => Promise<void>)[] {
    const { store, book, presence, room } = this.view;
    const { lease, safe } = presence;
    room.renew(book.now.objects);
    if (lease === undefined || !safe || !book.reachable) return [];
    const { now, host } = book;
    const { bootId } = presence.boot;
    const applied = this.#applied();
    const take = (router: string, over: number) => async () => {
      if (await takeSnat(store, { router, host, bootId }, lease, over)) this.#leases.set(router, lease);
    };
    const due: (() => Promise<void>)[] = [];
    for (const owner of now.snatOwners) {
      const { router, term } = owner;
      this.#last.note(router, owner.host, lease);
      this.#waits.delete(router);
      if (owner.host !== host) this.#leases.delete(router);
      else if (!this.#candidatesFor(router).includes(host) || room.lacks(router)) {
        // Only when no worker serves it any more: whoever takes it is to be alone.
        if (applied !== undefined && applied.get(router) !== host) due.push(() => releaseSnat(store, owner));
      } else if (owner.bootId !== bootId || this.#leases.get(router) !== lease) due.push(take(router, term));
    }
    return [...due, ...this.#unowned().map((router) => take(router, 0))];
  }

  /** Routers without a host that this one is to take now. */
  #unowned(): string[] {
    const { book, others, presence, room } = this.view;
    const { host, now } = book;
    // Nobody knows yet who is there.
    if (!others.hosts.has(host)) return [];
    const time = performance.now();
    this.#graceEnd ??= time + this.graceMs;
    const free = now.objects.routers.filter((router) => hasOneHost(router) && !now.snatHosts.has(router.name));
    const names = new Set(free.map(({ name }) => name));
    for (const router of this.#waits.keys()) if (!names.has(router)) this.#waits.delete(router);
    const load = new Map<string, number>();
    for (const on of now.snatHosts.values()) load.set(on, (load.get(on) ?? 0) + 1);
    const plan = snatPlan(free, (router) => this.#usable(router), load);
    const due = free.filter(({ name }) => {
      if (!this.#candidatesFor(name).includes(host) || room.lacks(name)) return false;
      if (plan.get(name) === host) return true;
      const waits = this.#last.bereft(name, presence.lease, this.#candidatesFor(name)) === undefined ? 0 : RETURN_MS;
      const first = others.hosts.has(plan.get(name) ?? host) ? time + waits : this.#graceEnd!;
      if (!this.#waits.has(name)) this.#waits.set(name, first + WAIT_MS * (1 + Math.random()));
      return time >= this.#waits.get(name)!;
    });
    if (due.length === 0) return [];
    const admits = room.admitting(now.objects);
    return due.filter(admits).map(({ name }) => name);
  }

  /** Candidates that live, without the one that has just lost it if there is another; after the store was away the one that had it. Of a service that nobody had yet also those that may be about to start. */
  #usable({ name }: RouterObject): readonly string[] {
    const { book, others, presence, room } = this.view;
    const mayStart = this.#last.of(name) === undefined && performance.now() < this.#graceEnd!;
    const alive = this.#candidatesFor(name).filter((host) => {
      if (host === book.host) return !room.lacks(name);
      const known = others.hosts.get(host);
      return known === undefined ? mayStart : known.silentSince === undefined && known.unsureSince === undefined;
    });
    const bereft = this.#last.bereft(name, presence.lease, this.#candidatesFor(name));
    if (bereft !== undefined) return [bereft];
    const fresh = alive.filter((host) => host !== this.#last.of(name));
    return fresh.length > 0 ? fresh : alive;
  }

  #mayServe({ router, bootId }: SnatOwner): boolean {
    const { presence, book } = this.view;
    if (this.#isOnly(router)) return true;
    return bootId === presence.boot.bootId && presence.safe && this.#candidatesFor(router).includes(book.host);
  }

  /** No other host may have the service. */
  #isOnly(router: string): boolean {
    const candidates = this.#candidatesFor(router);
    return candidates.length === 1 && candidates[0] === this.view.book.host;
  }

  #candidatesFor(router: string): readonly string[] {
    return this.#candidates.of(this.view.book.now.objects, router);
  }

  /** What has come and gone by what the workers have taken over. */
  #tell(): void {
    const applied = this.#applied();
    if (applied === undefined) return;
    const { log, book } = this.view;
    const here = ownOf(applied, book.host);
    for (const router of here) {
      if (this.#here.has(router)) continue;
      this.moves.here++;
      log.info({ router, from: this.#last.of(router) }, HERE);
    }
    for (const router of this.#here) {
      if (here.has(router)) continue;
      this.moves.away++;
      log.warn({ router, reason: this.#reason(router) }, AWAY);
    }
    this.#here = here;
  }

  #reason(router: string): string {
    const { presence, book, room } = this.view;
    if (!this.#candidatesFor(router).includes(book.host)) return 'it may not have it any more';
    if (room.lacks(router)) return 'this host has no room for it';
    if (!presence.safe) return 'it cannot renew its lease, and another host may have it';
    const host = book.now.snatHosts.get(router);
    return host === undefined || host === book.host ? 'its record was lost' : `host ${host} has it`;
  }
}

function ownOf(hosts: SnatHosts, host: string): Set<string> {
  return new Set([...hosts].flatMap(([router, on]) => (on === host ? [router] : [])));
}
