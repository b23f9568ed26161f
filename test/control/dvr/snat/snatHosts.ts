import { after } from 'node:test';
import { ScopedMirror } from '../../../../src/control/dvr/mirror/scopedMirror.js';
import type { ScopedObjects } from '../../../../src/control/dvr/mirror/storeScope.js';
import { NO_SNAT_HOSTS, type SnatHosts } from '../../../../src/control/dvr/placement/snatPlacement.js';
import type { KnownHost } from '../../../../src/control/dvr/presence/hostWatch.js';
import { HostWatch } from '../../../../src/control/dvr/presence/hostWatch.js';
import { Presence } from '../../../../src/control/dvr/presence/presence.js';
import { SnatArbiter } from '../../../../src/control/dvr/snat/snatArbiter.js';
import { RoomBook } from '../../../../src/control/dvr/view/roomBook.js';
import type { StateIndex } from '../../../../src/control/stateIndex.js';
import { WindroseError } from '../../../../src/errors/catalog.js';
import type { HostObject, Objects, RouterObject } from '../../../../src/objects/model.js';
import { SNAT_SERVICE, snatOwnerIn } from '../../../../src/store/snatStore.js';
import type { Store } from '../../../../src/store/store.js';
import { fresh } from '../../../store/fresh.js';
import { snatSample } from '../../../support/snatSample.js';

/** Longer than a look of the arbiter takes to see the end of a lease. */
export const TIMES = { leaseSeconds: 1.5, keepAliveMs: 200, waitMs: 2000, marginSeconds: 0.7 };

/** A cloud whose hosts n, m and k may have SNAT services, with so many routers: r0, r1, ... */
export function cloud(routers: number, change: (one: HostObject) => Partial<HostObject> = () => ({})): Objects {
  const [host] = snatSample.hosts.filter(({ name }) => name === 'n') as [HostObject];
  const hosts = ['n', 'm', 'k'].map((name) => ({ ...host, name }));
  const [router] = snatSample.routers as [RouterObject];
  return {
    ...snatSample,
    hosts: hosts.map((one) => ({ ...one, ...change(one) })),
    routers: Array.from({ length: routers }, (_, i) => ({ ...router, name: `r${i}` })),
  };
}

/** How long others may be about to start, in tests that are not about that. */
const GRACE_MS = 300;

export interface Seat {
  readonly graceMs?: number;
  /** Services that it has room for. */
  readonly most?: number;
  /** When a record of a host that is gone would have ended with its lease. */
  readonly goneMs?: number;
  /** Its workers warm up still. */
  readonly starting?: boolean;
}

const ends: (() => Promise<void>)[] = [];
after(async () => {
  for (const end of ends) await end();
});

/** A gateway, as far as SNAT services go: what is asked for is taken over at once, as workers would. */
export class SnatHost {
  /** What "workers" go by; undefined: one of them is late. */
  applied: SnatHosts | undefined = NO_SNAT_HOSTS;
  /** For how many milliseconds workers were told to serve, each time. */
  readonly servable: number[] = [];
  /** It takes over what changes; false: main hangs. */
  follows = true;
  private constructor(
    readonly name: string,
    readonly log: readonly string[],
    /** Whether it reaches its store. */
    private readonly link: { cut: boolean },
    readonly presence: Presence,
    readonly watch: HostWatch,
    readonly arbiter: SnatArbiter,
    private readonly mirror: ScopedMirror,
  ) {}

  static async start(
    shared: Store,
    name: string,
    objects: () => Objects,
    { graceMs = GRACE_MS, most = 1000, goneMs = 12_000, starting = false }: Seat = {},
  ): Promise<SnatHost> {
    const link = { cut: false };
    const store = overLink(shared, link);
    const log: string[] = [];
    const note = (about: { router?: string; reason?: string }, sentence: string): void => {
      if (about.router !== undefined) log.push(`${about.router} ${noted(about.reason, sentence)}`);
    };
    const logger = { info: note, warn: note } as never;
    const presence = await Presence.take(store, name, undefined, undefined, TIMES);
    if (!starting) presence.ready();
    const watch = new HostWatch(store, name, undefined);
    const mirror = new ScopedMirror(store, name, { keepMs: 0, settledMs: 0, shared: true });
    await mirror.read();
    const book = {
      host: name,
      get reachable(): boolean {
        return !link.cut;
      },
      get now(): ScopedObjects {
        return { ...mirror.now, objects: objects() };
      },
    };
    const room = new RoomBook(
      tables(() => host.own, most),
      name,
      logger,
      true,
    );
    const arbiter = new SnatArbiter({ store, book, presence, others: watch, log: logger, room }, graceMs, goneMs);
    const host: SnatHost = new SnatHost(name, log, link, presence, watch, arbiter, mirror);
    watch.start();
    host.#follow();
    ends.push(() => host.stop());
    return host;
  }

  /** As after any change of objects. */
  take(): void {
    if (this.follows) this.applied = this.arbiter.hosts();
    void this.arbiter.look();
  }

  /** Routers whose SNAT service it serves. */
  get own(): string[] {
    return [...(this.applied ?? [])].flatMap(([router, host]) => (host === this.name ? [router] : [])).sort();
  }

  /** From now on it reaches its store no more, or again. */
  cut(cut = true): void {
    this.link.cut = cut;
  }

  /** Its process is gone without a word: nothing is renewed, and nothing given back. */
  async die(): Promise<void> {
    this.cut();
    this.applied = undefined;
    this.follows = false;
    this.mirror.unwatch();
    this.watch.close();
    await this.arbiter.close();
  }

  get others(): ReadonlyMap<string, KnownHost> {
    return this.watch.hosts;
  }

  /** As a gateway that was told to. */
  async stop(): Promise<void> {
    this.mirror.unwatch();
    this.watch.close();
    await this.arbiter.close();
    await this.presence.leave();
  }

  #follow(): void {
    this.mirror.watch({
      touched: () => void this.mirror.settle().then(() => this.take()),
      failed: () => {},
    });
    this.arbiter.start(
      () => this.applied,
      () => this.take(),
      (ms) => this.servable.push(ms),
    );
    this.take();
  }
}

/** As the tests read it: a service came, went for a reason, or something else is told of it. */
function noted(reason: string | undefined, sentence: string): string {
  if (/no more/.test(sentence)) return `- ${reason}`;
  return /of a router now/.test(sentence) ? '+' : `! ${sentence}`;
}

/** Hosts of one store that go by objects which may be others from now on. */
export async function bed(names: readonly string[], objects: Objects) {
  const embedded = await fresh();
  const world = { objects };
  const start = (name: string): Promise<SnatHost> => SnatHost.start(embedded, name, () => world.objects);
  const hosts = new Map<string, SnatHost>();
  for (const name of names) hosts.set(name, await start(name));
  const on = (name: string): SnatHost => hosts.get(name)!;
  const owners = async (): Promise<string[]> =>
    (await embedded.range(SNAT_SERVICE)).items.map((item) => `${snatOwnerIn(item)?.router} ${snatOwnerIn(item)?.host}`);
  /** Each router is served by exactly one of these. */
  const served = async (routers: number, by: readonly SnatHost[]): Promise<boolean> =>
    by.flatMap(({ own }) => own).length === routers && new Set(by.flatMap(({ own }) => own)).size === routers;
  const change = (after: Objects): void => {
    world.objects = after;
    for (const host of hosts.values()) host.take();
  };
  return { embedded, start, hosts, on, owners, served, change };
}

/** What a host has room for: as if its services were all that its tables have. */
function tables(own: () => readonly string[], most: number): Pick<StateIndex, 'tables'> {
  const plenty = { most: 1_000_000, known: [] };
  return {
    tables: () => ({
      ...{ lports: plenty, rifs: plenty, addresses: plenty, routers: plenty },
      zones: { most, known: own().map((router) => `${router}/all`) },
    }),
  };
}

function overLink(store: Store, link: { readonly cut: boolean }): Store {
  const ask = <T>(answer: () => Promise<T>): Promise<T> =>
    link.cut ? Promise.reject(new WindroseError('STORE_UNREACHABLE', 'there', 'gone')) : answer();
  return {
    range: (...all) => ask(() => store.range(...all)),
    transact: (one) => ask(() => store.transact(one)),
    watch: (...all) => store.watch(...all),
    grant: (seconds) =>
      ask(async () => {
        const { id, keepAlive, revoke } = await store.grant(seconds);
        return { id, keepAlive: () => ask(keepAlive), revoke: () => ask(revoke) };
      }),
    close: async () => {},
  };
}
