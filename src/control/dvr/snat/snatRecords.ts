import { readKey } from '../../../store/readKey.js';
import { keyOfSnat, releaseSnat, type SnatOwner, snatOwnerIn, takeSnat } from '../../../store/snatStore.js';
import type { Store } from '../../../store/store.js';
import type { Presence } from '../presence/presence.js';

/**
 * Records of this host's SNAT services in the store, and how long they are good for. No host takes a service that has a record,
 * so what a host may serve follows from its own records alone. One put by its lease is good as long as nobody can have seen the
 * end of that lease. One that lasts is good until this host has begun to put another in its place. What others know of the
 * objects, and when, does not matter.
 */
export class OwnRecords {
  /** Lease by which the record of a router was put. */
  readonly #leases = new Map<string, string>();
  /** Routers whose record has no lease: known for certain. */
  readonly #lasting = new Set<string>();
  /** Nobody knows what became of the last put. */
  readonly #unsure = new Set<string>();

  constructor(
    private readonly store: Store,
    private readonly host: string,
    private readonly presence: Pick<Presence, 'boot' | 'lease' | 'safe'>,
  ) {}

  /** Puts the record in place of the one of term `over`; 0: where there is none. `lasting`: without a lease. Throws what the store throws. */
  async take(router: string, lease: string, over: number, lasting: boolean): Promise<void> {
    const { store, host } = this;
    const { bootId } = this.presence.boot;
    // From now on it may end with the lease.
    if (this.#lasting.delete(router)) this.#leases.set(router, lease);
    this.#unsure.add(router);
    if (!(await takeSnat(store, { router, host, bootId, lasting }, lease, over))) return;
    this.#unsure.delete(router);
    if (!lasting) this.#leases.set(router, lease);
    else {
      this.#leases.delete(router);
      this.#lasting.add(router);
    }
  }

  /** The record is not the one this gateway is to have. */
  isDue({ router, bootId }: SnatOwner, lasting: boolean): boolean {
    if (bootId !== this.presence.boot.bootId || this.#unsure.has(router)) return true;
    return lasting ? !this.#lasting.has(router) : this.#leases.get(router) !== this.presence.lease;
  }

  /** This gateway may serve what this record is of. */
  isGood({ router, bootId }: SnatOwner): boolean {
    const { boot, lease, safe } = this.presence;
    if (bootId !== boot.bootId) return false;
    return this.#lasting.has(router) || (safe && this.#leases.get(router) === lease);
  }

  /** Gives the service up: from now on the record is good for nothing here. Throws what the store throws. */
  release(owner: SnatOwner): Promise<void> {
    this.forget(owner.router);
    return releaseSnat(this.store, owner);
  }

  /** The record of the router is put by the lease that this host has, or lasts. */
  holds(router: string): boolean {
    return this.#lasting.has(router) || this.#leases.get(router) === this.presence.lease;
  }

  /** It does not end with the lease. */
  isLasting(router: string): boolean {
    return this.#lasting.has(router);
  }

  /** The router has no record of this host any more. */
  forget(router: string): void {
    this.#leases.delete(router);
    this.#lasting.delete(router);
    this.#unsure.delete(router);
  }

  /**
   * Gives up what no lease would end, when this gateway serves no longer. Never rejects: what the store does not hear of it keeps
   * for the next start.
   */
  async leave(owners: readonly SnatOwner[]): Promise<void> {
    const seen = owners.filter(({ host, lasting }) => lasting && host === this.host);
    const routers = new Set([...this.#lasting, ...this.#unsure, ...seen.map(({ router }) => router)]);
    await Promise.allSettled([...routers].map((router) => this.#leaveOne(router)));
  }

  async #leaveOne(router: string): Promise<void> {
    const there = await readKey(this.store, keyOfSnat(router));
    const owner = there === undefined ? undefined : snatOwnerIn(there);
    if (owner !== undefined && owner.bootId === this.presence.boot.bootId) await this.release(owner);
  }
}
