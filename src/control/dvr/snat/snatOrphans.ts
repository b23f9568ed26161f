import type { Logger } from 'pino';
import type { Objects } from '../../../objects/model.js';
import type { SnatOwner } from '../../../store/snatStore.js';
import type { KnownHost } from '../presence/hostWatch.js';

/** A lease that ended has taken its records with it after so long; what is there still was put without one. */
const GONE_MS = 12_000;

const GONE =
  'the record of a SNAT service names a host that is gone, and would not end by itself: another host takes the service';
const KEPT =
  'a silent host keeps the SNAT service of a router: no other one was to have it, so it may serve on without the store. Start it again, or ' +
  'when it is certain that it does not run: windrose delete host';

/** Records of SNAT services whose hosts do not live. Most end with a lease; these are looked for that do not. */
export class SnatOrphans {
  /** Router -> since when nobody lives who could have put this record; milliseconds of performance.now(). */
  readonly #since = new Map<string, { readonly term: number; readonly from: number }>();
  /** Router -> term of the record that was told. */
  readonly #told = new Map<string, number>();

  constructor(
    private readonly log: Pick<Logger, 'warn'>,
    private readonly goneMs = GONE_MS,
  ) {}

  /**
   * Router -> record that may be put aside. `mayTake`: this host may have that service. One that lasts belongs to a host that may
   * serve on unseen, until that host is taken out of the objects; or it has said that it stops.
   */
  among(
    owners: readonly SnatOwner[],
    { hosts }: Pick<Objects, 'hosts'>,
    others: ReadonlyMap<string, KnownHost>,
    mayTake: (router: string) => boolean,
  ): ReadonlyMap<string, SnatOwner> {
    const orphans = new Map<string, SnatOwner>();
    const time = performance.now();
    for (const owner of owners) {
      const { router, host, term } = owner;
      const known = others.get(host);
      if ((known !== undefined && known.silentSince === undefined) || !mayTake(router)) {
        this.#since.delete(router);
        continue;
      }
      const before = this.#since.get(router);
      const from = before?.term === term ? before.from : time;
      this.#since.set(router, { term, from });
      if (known?.boot.leaving !== true && time - from < this.goneMs) continue;
      const kept = owner.lasting && known?.boot.leaving !== true && hosts.some(({ name }) => name === host);
      if (!kept) orphans.set(router, owner);
      if (this.#told.get(router) === term) continue;
      this.#told.set(router, term);
      this.log.warn({ router, host }, kept ? KEPT : GONE);
    }
    return orphans;
  }
}
