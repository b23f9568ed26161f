import type { RouterObject } from '../../../objects/model.js';
import type { SnatOwner } from '../../../store/snatStore.js';
import type { ObjectBook } from '../mirror/objectBook.js';
import { hasOneHost, snatPlan } from '../placement/snatPlacement.js';
import { type HostWatch, isComing, isReady } from '../presence/hostWatch.js';
import type { Presence } from '../presence/presence.js';
import type { RoomBook } from '../view/roomBook.js';
import { LastOwners, RETURN_MS } from './lastOwners.js';

/** A candidate that is not the one to take a router waits so long for that one, and up to as much again, so that several do not at once. */
const WAIT_MS = 500;
/** When a cloud starts, a host leaves to others that are not there yet what is to be theirs, so long after it is there itself. */
const GRACE_MS = 5000;

/** Router -> record of a host that is gone, which counts as none. */
type Orphans = ReadonlyMap<string, SnatOwner>;

interface FreeView {
  readonly book: Pick<ObjectBook, 'host' | 'now'>;
  readonly others: Pick<HostWatch, 'hosts'>;
  readonly presence: Pick<Presence, 'boot' | 'lease'>;
  readonly room: Pick<RoomBook, 'lacks' | 'admitting'>;
}

/** SNAT services that no host has, and which of them this host is to take (dvr.md 5.3): hosts that go by the same objects come to the same answer. */
export class FreeServices {
  /** Router without a host -> when this one takes it, although it is not the one to. */
  readonly #waits = new Map<string, number>();
  readonly #last = new LastOwners();
  /** Until then candidates that nobody has seen yet may be about to start, as a whole cloud does; undefined: this one is not there itself. */
  #graceEnd: number | undefined;

  constructor(
    private readonly view: FreeView,
    private readonly candidatesFor: (router: string) => readonly string[],
    private readonly graceMs = GRACE_MS,
  ) {}

  /** Who had the service of a router last, as far as this host has seen. */
  lastOf(router: string): string | undefined {
    return this.#last.of(router);
  }

  /** Remembers who has which service. `lease`: of this host. */
  look(orphans: Orphans, lease: string): void {
    for (const { router, host } of this.view.book.now.snatOwners) {
      this.#last.note(router, host, lease);
      if (!orphans.has(router)) this.#waits.delete(router);
    }
  }

  /** Routers without a host that this one is to take now. */
  toTake(orphans: Orphans): string[] {
    const { book, others, presence, room } = this.view;
    const { host, now } = book;
    // Nobody knows yet who is there; and what this host cannot serve yet is left to others.
    if (!others.hosts.has(host) || presence.boot.starting === true) return [];
    const time = performance.now();
    this.#graceEnd ??= time + this.graceMs;
    const free = now.objects.routers.filter(
      (router) => hasOneHost(router) && (!now.snatHosts.has(router.name) || orphans.has(router.name)),
    );
    const names = new Set(free.map(({ name }) => name));
    for (const router of this.#waits.keys()) if (!names.has(router)) this.#waits.delete(router);
    const load = new Map<string, number>();
    for (const on of now.snatHosts.values()) load.set(on, (load.get(on) ?? 0) + 1);
    const plan = snatPlan(free, (router) => this.#usable(router), load);
    const due = free.filter(({ name }) => {
      if (!this.candidatesFor(name).includes(host) || room.lacks(name)) return false;
      if (plan.get(name) === host) return true;
      const waits = this.#last.bereft(name, presence.lease, this.candidatesFor(name)) === undefined ? 0 : RETURN_MS;
      const first = isComing(others.hosts.get(plan.get(name) ?? host)) ? this.#graceEnd! : time + waits;
      if (!this.#waits.has(name)) this.#waits.set(name, first + WAIT_MS * (1 + Math.random()));
      return time >= this.#waits.get(name)!;
    });
    if (due.length === 0) return [];
    const admits = room.admitting(now.objects);
    return due.filter(admits).map(({ name }) => name);
  }

  /**
   * Candidates that forward, without the one that has just lost the service if there is another; after the store was away only the
   * one that had it. Of a service that nobody had yet also those that may be about to start.
   */
  #usable({ name }: RouterObject): readonly string[] {
    const { book, others, presence, room } = this.view;
    const mayStart = this.#last.of(name) === undefined && performance.now() < this.#graceEnd!;
    const alive = this.candidatesFor(name).filter((host) => {
      if (host === book.host) return !room.lacks(name);
      const known = others.hosts.get(host);
      return isReady(known) || (mayStart && isComing(known));
    });
    const bereft = this.#last.bereft(name, presence.lease, this.candidatesFor(name));
    if (bereft !== undefined) return [bereft];
    const fresh = alive.filter((host) => host !== this.#last.of(name));
    return fresh.length > 0 ? fresh : alive;
  }
}
