import type { Logger } from 'pino';
import type { HostConfig } from '../../../config/config.js';
import type { Objects } from '../../../objects/model.js';
import type { StoreCounts } from '../../../store/counts.js';
import { MeteredStore } from '../../../store/metered.js';
import { SCHEMA_VERSION } from '../../../store/objectKeys.js';
import { hostMacOf } from '../../../store/objectStore.js';
import { upgradeStore } from '../../../store/schema.js';
import type { Store } from '../../../store/store.js';
import { formatIpv4 } from '../../../types/ipv4.js';
import type { Mac } from '../../../types/mac.js';
import { HostWatch } from './hostWatch.js';
import { Presence } from './presence.js';

const UPGRADED = 'the layout of the store was upgraded; programs of earlier versions go on with the objects they have read';

/** This host among the others of its store: that it lives, and which others do. */
export class HostLife {
  #waitingSince: number | undefined;

  private constructor(
    /** Counted. */
    readonly store: Store,
    readonly counts: StoreCounts,
    readonly presence: Presence,
    readonly others: HostWatch,
    private readonly host: string,
  ) {}

  /**
   * Takes the host's name in a store, whose layout is upgraded where it is an earlier one. Throws HOST_TAKEN, STORE_NEWER, what
   * the store throws, or a ToldToStop when `told` resolves first, with the store closed.
   */
  static async begin(
    opened: Store,
    counts: StoreCounts,
    { name: host, vtep }: Pick<HostConfig, 'name' | 'vtep'>,
    log: Logger,
    told: Promise<unknown>,
  ): Promise<HostLife> {
    const store = new MeteredStore(opened, counts);
    try {
      const version = await upgradeStore(store);
      if (version !== undefined && version < SCHEMA_VERSION) log.info({ from: version, to: SCHEMA_VERSION }, UPGRADED);
      const presence = await Presence.take(store, host, log, told, undefined, vtep === undefined ? '' : formatIpv4(vtep.address));
      return new HostLife(store, counts, presence, new HostWatch(store, host, log), host);
    } catch (error) {
      await store.close();
      throw error;
    }
  }

  /** `progress`: the revision that was read last, and the one that all workers go by; undefined while they differ. Asked every 3 s. */
  follow(progress: () => { readonly read: number; readonly applied: number | undefined }): void {
    this.presence.tell(() => {
      const { read, applied } = progress();
      if (applied === read) this.#waitingSince = undefined;
      else this.#waitingSince ??= performance.now();
      return applied;
    });
    this.others.start();
  }

  /** Seconds that objects which were read are not gone by; 0: they are. */
  get waiting(): number {
    return this.#waitingSince === undefined ? 0 : (performance.now() - this.#waitingSince) / 1000;
  }

  /** A host that was taken out of the objects and put back has no MAC in the store: it keeps the one it has. */
  async keepMac({ hosts }: Pick<Objects, 'hosts'>, mac: Mac): Promise<void> {
    const self = hosts.find(({ name }) => name === this.host);
    if (self !== undefined && self.mac === undefined) await hostMacOf(this.store, this.host, () => mac);
  }

  /** The store stays open. */
  async leave(): Promise<void> {
    this.others.close();
    await this.presence.leave();
  }
}
