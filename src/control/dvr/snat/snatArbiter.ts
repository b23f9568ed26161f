import type { Logger } from 'pino';
import type { WindroseError } from '../../../errors/catalog.js';
import type { SnatOwner } from '../../../store/snatStore.js';
import type { Store } from '../../../store/store.js';
import type { ObjectBook } from '../mirror/objectBook.js';
import { KnownCandidates } from '../placement/snatCandidates.js';
import { ownOf, type SnatHosts } from '../placement/snatPlacement.js';
import type { HostWatch } from '../presence/hostWatch.js';
import type { Presence } from '../presence/presence.js';
import type { RoomBook } from '../view/roomBook.js';
import { FreeServices } from './freeServices.js';
import { KeptServices } from './keptServices.js';
import { SnatMoves } from './snatMoves.js';
import { SnatOrphans } from './snatOrphans.js';
import { OwnRecords } from './snatRecords.js';

/** Between two looks at what nobody tells: the lease of this host, and routers that another host was to take and has not. */
const LOOK_MS = 250;
/** What could not be taken over is asked for again after so long. */
const AGAIN_MS = 2000;
/** Services taken or given up at the same time: a host that dies may have had hundreds. */
const AT_ONCE = 16;

const FAILED = 'SNAT services cannot be taken or given up in the store; it is tried again';

/** What an arbiter looks at. */
export interface ArbiterView {
  readonly store: Store;
  readonly book: Pick<ObjectBook, 'host' | 'now' | 'reachable'>;
  readonly presence: Pick<Presence, 'boot' | 'lease' | 'safe' | 'safeMs'>;
  readonly others: Pick<HostWatch, 'hosts'>;
  readonly log: Pick<Logger, 'info' | 'warn'>;
  /** What this host has room for. */
  readonly room: Pick<RoomBook, 'lacks' | 'renew' | 'admitting'>;
}

/**
 * Which SNAT services this host has among the hosts that share its store (dvr.md 5.3, 5.6). A service belongs to the host whose
 * record the store has: it is taken only where there is no record, so a living owner that may have it is never asked to go. One
 * that may not have it any more first stops serving and then deletes its record. A record is put by the lease of its host, which
 * stops a second before the lease can be over when it cannot renew it. Where no other host may have the service, the record has
 * no lease: it lasts, and its host serves, while the store is away.
 */
export class SnatArbiter {
  readonly #candidates = new KnownCandidates();
  #timer: NodeJS.Timeout | undefined;
  #askAgain = 0;
  #looking: Promise<void> | undefined;
  /** What has changed is not in the look that is under way. */
  #again = false;
  #failure: string | undefined;
  /** What the workers go by; undefined: not all of them the same. */
  #applied: () => SnatHosts | undefined = () => undefined;

  readonly #free: FreeServices;
  readonly #kept: KeptServices;
  readonly #records: OwnRecords;
  readonly #orphans: SnatOrphans;
  readonly #moves: SnatMoves;

  constructor(
    private readonly view: ArbiterView,
    graceMs?: number,
    goneMs?: number,
  ) {
    this.#free = new FreeServices(view, (router) => this.#candidatesFor(router), graceMs);
    this.#kept = new KeptServices(view.book.host, view.others);
    this.#records = new OwnRecords(view.store, view.book.host, view.presence);
    this.#orphans = new SnatOrphans(view.log, goneMs);
    this.#moves = new SnatMoves(view.log);
  }

  /** Services that came to this host and went from it since the start. */
  get moves(): Readonly<SnatMoves['counts']> {
    return this.#moves.counts;
  }

  /**
   * Looks until close(). `applied`: what the workers go by; undefined while they differ. `changed` is called when that is other
   * than `hosts`; `serve` says for how many milliseconds from now on services whose records end with the lease can be served.
   */
  start(applied: () => SnatHosts | undefined, changed: () => void, serve: (ms: number) => void): void {
    this.#applied = applied;
    serve(this.#servableMs());
    this.#timer = setInterval(() => {
      serve(this.#servableMs());
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

  /** When this gateway serves no longer: resolves when nothing is under way any more. Records that have a lease stay, and end with it. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#applied = () => undefined;
    await this.#looking;
    await this.#records.leave(this.view.book.now.snatOwners);
  }

  /** Where SNAT services are; of those of this host the ones it may serve at this moment. */
  hosts(): SnatHosts {
    const { host, now } = this.view.book;
    const hosts = new Map(now.snatHosts);
    for (const owner of now.snatOwners) if (owner.host === host && !this.#mayServe(owner)) hosts.delete(owner.router);
    for (const router of ownOf(hosts, host)) if (this.view.room.lacks(router)) hosts.delete(router);
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
      if (this.#again) void this.changed();
    });
    return this.#looking;
  }

  /** The objects have changed: a record that lasts while another host may have the service is to last no moment longer. Never rejects. */
  changed(): Promise<void> {
    this.#again = this.#looking !== undefined;
    return this.look();
  }

  /**
   * A record of this host lasts although another host may have its service by now, or the other way round: what is known of the
   * objects is not done yet.
   */
  get isTurning(): boolean {
    const { now, host } = this.view.book;
    const mine = now.snatOwners.filter((owner) => owner.host === host && this.#mayHave(owner.router));
    return mine.some((owner) => this.#records.isDue(owner, this.#isOnly(owner.router)));
  }

  /** A lease that was taken again is good for what was put by it: until then another host may have taken it, and the workers still have it. */
  #servableMs(): number {
    const { book, presence } = this.view;
    const applied = this.#applied();
    if (applied === undefined || !presence.safe) return 0;
    return [...ownOf(applied, book.host)].every((router) => this.#records.holds(router)) ? presence.safeMs : 0;
  }

  /** Another host takes the service when the lease of this one is over. */
  isLeased(router: string): boolean {
    return !this.#records.isLasting(router);
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
    const { book, presence, room } = this.view;
    const { lease, safe } = presence;
    // What it had before is not taken over while no worker serves: when the lease from before is over, one that forwards has it.
    const { starting } = presence.boot;
    room.renew(book.now.objects);
    if (lease === undefined || !safe || !book.reachable) return [];
    const { now, host } = book;
    const applied = this.#applied();
    const take = (router: string, over: number) => () => this.#records.take(router, lease, over, this.#isOnly(router));
    const due: (() => Promise<void>)[] = [];
    const orphans = this.#orphansNow();
    this.#free.look(orphans, lease);
    for (const owner of now.snatOwners) {
      const { router, term } = owner;
      if (owner.host !== host) this.#records.forget(router);
      else if (!this.#mayHave(router) || room.lacks(router)) {
        // Only when no worker serves it any more: whoever takes it is to be alone.
        if (applied !== undefined && applied.get(router) !== host) due.push(() => this.#records.release(owner));
      } else if (!starting && this.#records.isDue(owner, this.#isOnly(router))) due.push(take(router, term));
    }
    return [...due, ...this.#free.toTake(orphans).map((router) => take(router, orphans.get(router)?.term ?? 0))];
  }

  /** Records of hosts that are gone, which this one may put aside. */
  #orphansNow(): ReadonlyMap<string, SnatOwner> {
    const { book, others, room } = this.view;
    const { now, host } = book;
    if (!others.hosts.has(host)) return new Map();
    const mayTake = (router: string): boolean => this.#candidatesFor(router).includes(host) && !room.lacks(router);
    return this.#orphans.among(now.snatOwners, now.objects, others.hosts, mayTake);
  }

  #mayServe(owner: SnatOwner): boolean {
    return this.#records.isGood(owner) && this.#mayHave(owner.router);
  }

  /** It is a candidate, or drains and no other one is ready to take the service. */
  #mayHave(router: string): boolean {
    const candidates = this.#candidatesFor(router);
    const { host, now } = this.view.book;
    return candidates.includes(host) || this.#kept.keeps(now.objects, router, candidates);
  }

  /** No other host may have the service, as far as this one knows. */
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
    const { host } = this.view.book;
    this.#moves.tell(
      ownOf(applied, host),
      (router) => this.#free.lastOf(router),
      (router) => this.#reason(router),
    );
  }

  #reason(router: string): string {
    const { presence, book, room } = this.view;
    if (!this.#mayHave(router)) return 'it may not have it any more';
    if (room.lacks(router)) return 'this host has no room for it';
    if (!presence.safe) return 'it cannot renew its lease, and another host may have it';
    const host = book.now.snatHosts.get(router);
    return host === undefined || host === book.host ? 'its record was lost' : `host ${host} has it`;
  }
}
