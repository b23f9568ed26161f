import type { Logger } from 'pino';
import type { Config, StoreConfig } from '../../../config/config.js';
import { formatIssue } from '../../../config/issues.js';
import { WindroseError } from '../../../errors/catalog.js';
import type { Claim } from '../../../objects/claims.js';
import type { KindKey } from '../../../objects/kindNames.js';
import { loadObjects, readObjects } from '../../../objects/load.js';
import type { Objects } from '../../../objects/model.js';
import { type Activation, activatePort } from '../../../store/bindings.js';
import { putClaim } from '../../../store/claimStore.js';
import { readWhole } from '../../../store/objectMirror.js';
import { hostMacOf } from '../../../store/objectStore.js';
import { upgradeStore } from '../../../store/schema.js';
import type { Store } from '../../../store/store.js';
import type { ApplyHow, ApplyReport, DrainHow, ObjectsAnswer, RemoveHow } from '../../../types/apply.js';
import type { Mac } from '../../../types/mac.js';
import { followStore } from './followStore.js';
import { inTime } from './inTime.js';
import { applyTo, drainIn, objectsOf, removeFrom } from './objectOperations.js';
import { openStore } from './openStore.js';
import { ScopedMirror } from './scopedMirror.js';
import type { ScopedObjects } from './storeScope.js';

/** The objects a host goes by: its store, and what was last read of it. */
export class ObjectBook {
  #reachable = true;
  #differences = 0;
  /** Records that were logged as bad, with why. */
  #bad: ReadonlySet<string> = new Set();

  private constructor(
    private readonly store: Store,
    /** Name of this host. */
    readonly host: string,
    /** MAC of this host, as the objects give it or as it was once drawn. */
    readonly mac: Mac,
    private readonly mirror: ScopedMirror,
    private readonly log: Pick<Logger, 'info' | 'warn'> | undefined,
  ) {
    this.#tellBad();
  }

  /**
   * Opens the store and makes it what the configuration's file of objects says, if there is one. Throws a WindroseError, and leaves nothing
   * open: OBJECTS_REFUSED for a file that is refused, or why there is no store.
   */
  static async open(
    { objects: file, store: where, host }: Config,
    open: (where: StoreConfig) => Promise<Store> = openStore,
    log?: Pick<Logger, 'info' | 'warn'>,
  ): Promise<ObjectBook> {
    const name = host!.name;
    const store = await open(where);
    try {
      await upgradeStore(store);
      if (file !== undefined) await applyOrSay(store, file, name);
      const mac = await hostMacOf(store, name);
      const mirror = new ScopedMirror(store, name, { shared: 'etcd' in where });
      await mirror.read();
      return new ObjectBook(store, name, mac, mirror, log);
    } catch (error) {
      await store.close();
      throw error;
    }
  }

  /** The objects that concern this host: all but ports and claims of networks that it does not need, and the revision they are the state of. */
  get now(): ScopedObjects {
    return this.mirror.now;
  }

  /** Other hosts keep their objects and claims there too. */
  get shared(): boolean {
    return this.mirror.shared;
  }

  /** All objects, also those that do not concern this host; those that do alone when the store is away, or does not answer soon. */
  async all(): Promise<Objects> {
    if (!this.#reachable) return this.now.objects;
    return inTime(readWhole(this.store), this.now.objects);
  }

  /** Makes the objects those of a file that the configuration names, whatever goes by it; `dryRun` only says what that would do. */
  applyFile(file: string, dryRun: boolean): Promise<ApplyReport> {
    return this.#change((host) =>
      applyTo(this.store, { file, dryRun, host, sure: true }, (standing) => loadObjects(file, standing)),
    );
  }

  /** The same of a text that somebody sends; `file` is what it is called. */
  applyText(text: string, file: string, how: ApplyHow): Promise<ApplyReport> {
    return this.#change((host) => applyTo(this.store, { ...how, file, host }, (standing) => readObjects(text, file, standing)));
  }

  /** Removes objects of one kind. */
  remove(kind: KindKey, names: readonly string[], how: RemoveHow): Promise<ApplyReport> {
    return this.#change((host) => removeFrom(this.store, { ...how, file: kind, host }, kind, names));
  }

  /** Makes a host draining, or ends that. */
  drain(name: string, draining: boolean, how: DrainHow): Promise<ApplyReport> {
    return this.#change((host) => drainIn(this.store, { ...how, file: 'hosts', host }, name, draining));
  }

  /** All objects as a file of objects has them, read from the store now. */
  entries(): Promise<ObjectsAnswer> {
    return objectsOf(this.store);
  }

  /** A port has said that it has an address. Resolves to whether that is new. */
  claim(claim: Omit<Claim, 'seq' | 'revision'>): Promise<boolean> {
    return putClaim(this.store, claim);
  }

  /** Binds a port where it is migrating to; `only` to this host. Throws a WindroseError when the store does not answer. */
  async activate(port: string, only?: string): Promise<Activation> {
    const named = ({ name }: { readonly name: string }): boolean => name === port;
    const known = this.now.objects.lports.find(named) ?? (await this.all()).lports.find(named);
    return known === undefined ? { outcome: 'unknown' } : activatePort(this.store, known, only);
  }

  /** False while the store does not answer: the objects are those that were read last. */
  get reachable(): boolean {
    return this.#reachable;
  }

  /** Keys of which audits found that they were others than watches had told, since the start. */
  get differences(): number {
    return this.#differences;
  }

  /** Reads again what others may have changed. */
  renew(): Promise<ScopedObjects> {
    return this.mirror.read();
  }

  /** Calls back after every change, whoever made it, with the objects as they are then; an outage of the store is logged. */
  watch(changed: (now: ScopedObjects) => void): { close(): void } {
    const { log, mirror } = this;
    return followStore(mirror, {
      changed: (now) => {
        this.#tellBad();
        changed(now);
      },
      lost: (error) => {
        this.#reachable = false;
        const { remedy } = error as Partial<WindroseError>;
        const { revision } = mirror.now;
        log?.warn({ failure: error.message, remedy, revision }, 'the store is lost; its last objects stay in use');
      },
      back: () => {
        this.#reachable = true;
        log?.info({ revision: mirror.now.revision }, 'the store is back');
      },
      found: (keys) => {
        this.#differences += keys;
        log?.warn({ keys }, 'an audit of the store found changes that no watch had told; they are taken over');
      },
    });
  }

  close(): Promise<void> {
    return this.store.close();
  }

  async #change(make: (host: string) => Promise<ApplyReport>): Promise<ApplyReport> {
    const report = await make(this.host);
    if (report.ok && !report.dryRun) await this.renew();
    return report;
  }

  /** Each once: what somebody wrote by hand stops nobody, and must be found. */
  #tellBad(): void {
    const bad = new Set<string>();
    for (const { key, why } of this.mirror.bad()) {
      const text = `${key}: ${why}`;
      bad.add(text);
      const remedy = 'put a whole record there, or delete the key, with etcdctl';
      if (!this.#bad.has(text))
        this.log?.warn({ key, fault: why, remedy }, 'a record of the store cannot be read; it is left out');
    }
    this.#bad = bad;
  }
}

async function applyOrSay(store: Store, file: string, host: string): Promise<void> {
  const report = await applyTo(store, { file, host, dryRun: false, sure: true }, (standing) => loadObjects(file, standing));
  if (report.ok) return;
  const faults = [...report.issues.filter(({ severity }) => severity === 'error').map(formatIssue), ...report.refused];
  throw new WindroseError(
    'OBJECTS_REFUSED',
    file,
    faults.length === 1 ? faults[0]! : `${faults.length} faults; the first: ${faults[0]}`,
  );
}
