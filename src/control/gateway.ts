import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import type { Config, SettledConfig } from '../config/config.js';
import { fromAddonError } from '../errors/system.js';
import { type Addon, loadAddon } from '../io/addon.js';
import { allocateState, type State, type StateBuffers, stateOf } from '../tables/state.js';
import type { BorrowedIface } from '../worker/protocol.js';
import { type Built, buildSnapshot } from './buildSnapshot.js';
import { closeHostDevices, type HeldDevice } from './dvr/hostDevices.js';
import { borrowedSide, closeHostSide, type HostSide, openHostSide } from './dvr/hostSide.js';
import { EventLog } from './events/eventLog.js';
import { hugeTables } from './hugeTables.js';
import { LinkLooks } from './linkLooks.js';
import { settleHere } from './machine.js';
import { borrowed, closeIfaces, type HeldIface, openIfaces } from './openIfaces.js';
import { drainingAfter } from './reload/draining.js';
import { type ReloadStatus, startedStatus } from './reload/status.js';
import { StateIndex } from './stateIndex.js';
import { Steering } from './steering/steering.js';
import { Supervisor } from './supervisor.js';

/**
 * The gateway process: opens the devices, allocates the state, starts the workers. `show`, metrics and the control socket read
 * from it; they never write.
 */
export class Gateway {
  readonly index: StateIndex;
  readonly states: readonly State[];
  readonly supervisor: Supervisor;
  /** The record of NAT events. */
  readonly events: EventLog;
  readonly startedAt = Date.now();
  /** The devices as the kernel has them. */
  readonly links: LinkLooks;
  /** Devices that are gone from the configuration, as long as a late worker may read from them. */
  readonly left: HeldIface[] = [];
  /** Devices of lports that are gone, in the same way. */
  readonly leftDevices: HeldDevice[] = [];
  /** What became of the configuration file since. */
  reloads: ReloadStatus = startedStatus(this.startedAt);

  private constructor(
    readonly addon: Addon,
    readonly buffers: StateBuffers,
    public held: readonly HeldIface[],
    config: SettledConfig,
    /** The configuration in use, compiled. */
    public built: Built,
    index: StateIndex,
    readonly log: Logger,
    onGiveUp: (error: Error) => void,
    /** Undefined: frames are not steered in the kernel. */
    readonly steering: Steering | undefined,
    /** Undefined: this gateway is no host of distributed routers. */
    public host: HostSide | undefined,
  ) {
    this.index = index;
    this.links = new LinkLooks(addon);
    const { workers, idle, cpus } = config;
    this.states = Array.from({ length: workers }, (_, id) => stateOf(buffers, id));
    this.events = new EventLog({ states: this.states, index, log, nowMs: () => addon.nowMs(), wallMs: Date.now }, built.config);
    this.supervisor = new Supervisor(
      {
        addon,
        state: buffers,
        ifaces: this.borrowed(held, host),
        ...(host === undefined ? {} : { tunnels: this.states.map((_, id) => borrowedSide(host, id).tunnels) }),
        spin: idle.spin,
        cpus,
        mirror: steering?.mirror,
        log,
        onGiveUp,
      },
      built.snapshot,
    );
  }

  /**
   * Opens and starts everything; resolves when frames are forwarded. Throws a WindroseError and leaves nothing open.
   * `beforeWorkers` runs when the devices are open and nothing was sent yet: what may still refuse the start belongs there.
   * When `told` resolves first, workers that still warm up are ended at once, and it throws a ToldToStop.
   */
  static async start(
    file: Config,
    configFile: string,
    log: Logger,
    onGiveUp: (error: Error) => void,
    beforeWorkers: (gateway: Gateway) => Promise<void> = async () => {},
    told: Promise<unknown> = new Promise(() => {}),
  ): Promise<Gateway> {
    const addon = loadAddonOrSay();
    const config = settleHere(file);
    const key = { k0: randomBytes(4).readInt32LE(), k1: randomBytes(4).readInt32LE() };
    const steering = Steering.start(addon, config, key, log);
    const held = openOrClose(addon, config, configFile, steering);
    const { workers, limits } = config;
    const buffers = allocateState(
      {
        workers,
        sessions: limits.sessions,
        neighbors: limits.neighbors,
        addresses: limits.localAddresses,
        hosts: limits.hosts,
      },
      key,
    );
    if (!hugeTables(addon, buffers)) log.debug('the kernel has no huge pages for the tables');
    const index = new StateIndex(stateOf(buffers, 0).ports);
    const host = await openSideOrClose(addon, config, index, held, steering);
    const built = buildSnapshot(
      config,
      held.map(({ opened }) => opened.mtu),
      index,
      1,
      1,
      drainingAfter(undefined, config, performance.now()),
      undefined,
      host?.view,
      host?.slots,
    );
    const gateway = new Gateway(addon, buffers, held, config, built, index, log, onGiveUp, steering, host);
    steering?.add(built, index.addresses());
    try {
      await beforeWorkers(gateway);
      gateway.events.start();
      const early = told.then(() => {
        throw new ToldToStop();
      });
      await Promise.race([gateway.supervisor.start(), early]);
    } catch (error) {
      await gateway.stop();
      throw error;
    }
    return gateway;
  }

  /** The workers have it: from now on `show`, metrics and the next reload go by it. */
  takeOver(built: Built, held: readonly HeldIface[], host: HostSide | undefined): void {
    this.built = built;
    this.held = held;
    this.host = host;
    this.events.configure(built.config);
  }

  /** The devices of each worker: those of the configuration, and those of networks. */
  borrowed(held: readonly HeldIface[], host: HostSide | undefined): BorrowedIface[][] {
    const own = borrowed(held, this.states.length, this.index);
    return own.map((list, id) => [...list, ...(host === undefined ? [] : borrowedSide(host, id).ifaces)]);
  }

  async stop(): Promise<void> {
    await this.supervisor.stop();
    await this.events.stop();
    closeIfaces(this.addon, [...this.held, ...this.left.splice(0)], this.steering);
    closeHostDevices(this.addon, this.leftDevices.splice(0));
    if (this.host !== undefined) await closeHostSide(this.addon, this.host);
    this.steering?.close();
  }
}

function openOrClose(addon: Addon, config: SettledConfig, configFile: string, steering: Steering | undefined): HeldIface[] {
  try {
    return openIfaces(addon, config, configFile, steering);
  } catch (error) {
    steering?.close();
    throw error;
  }
}

async function openSideOrClose(
  addon: Addon,
  config: SettledConfig,
  index: StateIndex,
  held: readonly HeldIface[],
  steering: Steering | undefined,
): Promise<HostSide | undefined> {
  try {
    return await openHostSide(addon, config, index);
  } catch (error) {
    closeIfaces(addon, held, steering);
    steering?.close();
    throw error;
  }
}

function loadAddonOrSay(): Addon {
  try {
    return loadAddon();
  } catch (error) {
    throw fromAddonError(error);
  }
}

/** Not a fault: the process was told to stop before it forwarded anything. */
export class ToldToStop extends Error {}
