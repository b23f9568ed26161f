import type { Logger } from 'pino';
import type { Config } from '../../../config/config.js';
import { grouped } from '../../../objects/grouped.js';
import type { Objects, RouterObject } from '../../../objects/model.js';
import type { RoomTable, StateIndex } from '../../stateIndex.js';
import { fitView, needsOfService, type TurnedAway } from './fitView.js';
import { HostRoom, needsOfConfig } from './hostRoom.js';
import type { HostView } from './hostView.js';
import { subnetsByName } from './redirect.js';
import { servicesOf } from './servicesOf.js';

/** A service that was left out is not asked for again before: what else it needs may take the room. */
const REST_MS = 60_000;
/** Names in a line of the log, at most. */
const MOST_NAMED = 10;

/** What an operator can do where a table is full. */
export const REMEDIES: Readonly<Record<RoomTable, string>> = {
  lports: 'bind ports to other hosts',
  rifs: 'give routers other hosts: bind ports elsewhere, or let more hosts have SNAT services',
  zones: 'let more hosts have SNAT services (mode dvr_snat)',
  addresses: 'raise limits.localAddresses and restart, or let more hosts have SNAT services (mode dvr_snat)',
  routers: 'let more hosts have SNAT services (mode dvr_snat), or bind ports to other hosts',
};

const FULL = 'this host has no room for some of the objects; what it has room for works';
const MANY = 'this host knows more neighbours from the objects than it keeps; it asks for the others by ARP';
/** Of limits.neighbors, for those that the objects name. */
const SHARE = 7 / 8;
const AGAIN = 'this host has room for all objects that concern it';

/** What this host has no room for: left out of its view, told, and taken in when rows are given back. */
export class RoomBook {
  #turnedAway: readonly TurnedAway[] = [];
  /** SNAT services that were left out. With several hosts they are given up then, and asked for no more, until they fit. */
  readonly #services = new Map<string, TurnedAway & { readonly since: number }>();
  #told = '';
  #beyond = 0;

  constructor(
    private readonly index: Pick<StateIndex, 'tables'>,
    private readonly host: string,
    private readonly log: Pick<Logger, 'info' | 'warn'>,
    /** Services that this host gives up another one may have. */
    private readonly shared: boolean,
  ) {}

  /** What of the view fits, beside the configuration's own. */
  fit(asked: HostView, config: Config): HostView {
    const room = new HostRoom(this.index);
    room.take(needsOfConfig(config));
    const { view, turnedAway } = fitView(asked, room);
    if (this.shared) for (const { router } of asked.services) this.#services.delete(router);
    else this.#services.clear();
    for (const one of turnedAway) if (one.kind === 'service') this.#services.set(one.name, { ...one, since: performance.now() });
    this.#turnedAway = turnedAway.filter(({ kind }) => kind !== 'service');
    this.#tell();
    return this.#withNeighbors(view, Math.floor(config.limits.neighbors * SHARE));
  }

  /** Those beyond are asked for when they are needed; the table keeps room for neighbours that are learnt. */
  #withNeighbors(view: HostView, most: number): HostView {
    const count = view.neighbors.length;
    if (count > most && count !== this.#beyond) {
      const remedy = `raise limits.neighbors to ${Math.ceil(count / SHARE)} or more, and restart`;
      this.log.warn({ host: this.host, neighbors: count, kept: most, remedy }, MANY);
    }
    this.#beyond = count > most ? count : 0;
    return count > most ? { ...view, neighbors: view.neighbors.slice(0, most) } : view;
  }

  /** Everything that is left out at present. */
  get turnedAway(): readonly TurnedAway[] {
    return [...this.#turnedAway, ...this.#services.values()];
  }

  /** True when something that was left out has room by now. */
  get mayFitMore(): boolean {
    return this.turnedAway.some((one) => new HostRoom(this.index).take(one.needs) === undefined);
  }

  /** True for a router whose SNAT service this host has no room for; that there is room again is seen in time. */
  lacks(router: string): boolean {
    return this.#services.has(router);
  }

  /** Services that have room by now, or are no more, may be asked for again. */
  renew({ routers }: Pick<Objects, 'routers'>): void {
    if (this.#services.size === 0) return;
    const names = new Set(routers.map(({ name }) => name));
    for (const [router, { needs, since }] of this.#services) {
      const rested = performance.now() - since >= REST_MS && new HostRoom(this.index).take(needs) === undefined;
      if (rested || !names.has(router)) this.#services.delete(router);
    }
    this.#tell();
  }

  /** Says of one router after another whether there is room for its SNAT service beside those it said yes to. */
  admitting(objects: Objects): (router: RouterObject) => boolean {
    const room = new HostRoom(this.index);
    const subnets = subnetsByName(objects);
    const rifs = grouped(objects.rifs, (rif) => rif.router);
    return (router) => {
      const own = rifs.get(router.name) ?? [];
      const alone = { ...objects, routers: [router], rifs: own };
      const [service] = servicesOf(alone, this.host, new Map([[router.name, this.host]]), subnets, () => []);
      const replica = router.distributed ? own.map(({ name }) => name) : undefined;
      return service === undefined || room.take(needsOfService(service, replica)) === undefined;
    };
  }

  /** Once for each change of what is left out. */
  #tell(): void {
    const all = this.turnedAway;
    const now = all.map(({ kind, name }) => `${kind} ${name}`);
    const told = now.toSorted().join();
    if (told === this.#told) return;
    this.#told = told;
    if (all.length === 0) {
      this.log.info({ host: this.host }, AGAIN);
      return;
    }
    const named = [...now.slice(0, MOST_NAMED), ...(now.length > MOST_NAMED ? [`and ${now.length - MOST_NAMED} more`] : [])];
    const tables = [...new Map(all.map(({ table, limit }) => [table, limit]))].map(
      ([table, limit]) => `${TABLES[table]}: ${limit}`,
    );
    const remedies = [...new Set(all.map(({ table }) => REMEDIES[table]))];
    this.log.warn({ host: this.host, leftOut: named, room: tables, remedy: remedies.join('; ') }, FULL);
  }
}

/** What tables are called. */
export const TABLES: Readonly<Record<RoomTable, string>> = {
  lports: 'ports',
  rifs: 'router interfaces',
  zones: 'zones',
  addresses: 'local addresses (limits.localAddresses)',
  routers: 'routers',
};
