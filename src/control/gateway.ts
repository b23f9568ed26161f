import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import type { Config, SettledConfig } from '../config/config.js';
import { fromAddonError } from '../errors/system.js';
import { type Addon, loadAddon } from '../io/addon.js';
import { ControlWord } from '../shared/control.js';
import { allocateState, type State, type StateBuffers, stateOf } from '../tables/state.js';
import { vectorsRefused } from '../wire/memory.js';
import type { BorrowedIface } from '../worker/protocol.js';
import { type Built, buildSnapshot } from './buildSnapshot.js';
import { borrowedTunnels, closeHostSide, type HostSide, openHostSide } from './dvr/hostSide.js';
import { EventLog } from './events/eventLog.js';
import { hugeTables } from './hugeTables.js';
import { LinkLooks } from './linkLooks.js';
import { settleHere } from './machine.js';
import { MetadataService } from './metadata/metadataService.js';
import { borrowed, closeIfaces, type HeldDevice, openIfaces } from './openIfaces.js';
import { drainingAfter } from './reload/draining.js';
import { type ReloadStatus, startedStatus } from './reload/status.js';
import { namesOfServices } from './show/routerNames.js';
import { StateIndex } from './stateIndex.js';
import { Steering } from './steering/steering.js';
import { Supervisor } from './supervisor.js';
import { ToldToStop } from './toldToStop.js';

const NO_VECTORS = 'checksums of super-frames that are cut take four times as long';
const LONG_TURNS = {
  cause:
    'the kernel, older than 6.12, or the system does not let a thread choose how long its turns on a CPU are (sched_setattr)',
  effect: 'where others want the CPUs of workers as well, frames wait for milliseconds',
};

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
  /** Where guests get their metadata, on a host that has an endpoint. */
  readonly metadata: MetadataService;
  /** The devices as the kernel has them. */
  readonly links: LinkLooks;
  /** Devices that are gone from the configuration or the objects, as long as a late worker may read from them. */
  readonly left: HeldDevice[] = [];
  /** All devices: of the configuration, then of lports and physical networks. Another list after each change. */
  devices: readonly HeldDevice[];
  /** What became of the configuration file since. */
  reloads: ReloadStatus = startedStatus(this.startedAt);

  private constructor(
    readonly addon: Addon,
    readonly buffers: StateBuffers,
    public held: readonly HeldDevice[],
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
    this.devices = [...held, ...(host?.devices ?? [])];
    this.links = new LinkLooks(addon);
    this.metadata = new MetadataService(addon, log);
    const { workers, idle, cpus } = config;
    this.states = Array.from({ length: workers }, (_, id) => stateOf(buffers, id));
    const clocks = { nowMs: () => addon.nowMs(), wallMs: Date.now };
    const routers = () => namesOfServices(this.built);
    this.events = new EventLog({ states: this.states, index, routers, log, ...clocks }, built.config);
    this.supervisor = new Supervisor(
      {
        addon,
        state: buffers,
        ifaces: this.borrowed(held, host),
        ...(host === undefined ? {} : { tunnels: this.states.map((_, id) => borrowedTunnels(host, id)) }),
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
    const noVectors = vectorsRefused();
    if (noVectors !== '') log.warn({ cause: noVectors, effect: NO_VECTORS }, 'no vector loops');
    if (!hugeTables(addon, buffers)) log.debug('the kernel has no huge pages for the tables');
    const index = new StateIndex(stateOf(buffers, 0).ports);
    const host = await openSideOrClose(addon, held, steering, () => openHostSide(addon, config, index, log, told));
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
      gateway.#followMetadata();
      await beforeWorkers(gateway);
      gateway.events.start();
      const early = told.then(() => {
        throw new ToldToStop();
      });
      await Promise.race([gateway.supervisor.start(), early]);
      gateway.host?.life.presence.ready();
      if (Atomics.load(gateway.states[0]!.control, ControlWord.ShortTurns) === 0) log.info(LONG_TURNS, 'no short turns');
    } catch (error) {
      await gateway.stop();
      throw error;
    }
    return gateway;
  }

  /** The workers have it: from now on `show`, metrics and the next reload go by it. */
  takeOver(built: Built, held: readonly HeldDevice[], host: HostSide | undefined): void {
    this.built = built;
    this.held = held;
    this.host = host;
    this.devices = [...held, ...(host?.devices ?? [])];
    this.events.configure(built.config);
    this.#followMetadata();
    host?.differences.look(built.config.host!, host.book.now.objects);
    host?.drain.look(host.objects, host.snatHosts);
  }

  /** Begins files anew that it writes, and reads those again that hold secrets. */
  reopen(): void {
    this.events.reopen();
    this.metadata.refresh();
  }

  #followMetadata(): void {
    const { config, stands } = this.built;
    this.metadata.follow({ config: config.host?.metadata, device: this.devices.find(({ of }) => of === 'metadata'), stands });
  }

  /** The devices of each worker: those of the configuration, and those of networks. */
  borrowed(held: readonly HeldDevice[], host: HostSide | undefined): BorrowedIface[][] {
    return borrowed([...held, ...(host?.devices ?? [])], this.states.length, this.index);
  }

  async stop(): Promise<void> {
    await this.supervisor.stop();
    await this.events.stop();
    await this.metadata.stop();
    closeIfaces(this.addon, [...this.held, ...this.left.splice(0)], this.steering);
    if (this.host !== undefined) await closeHostSide(this.addon, this.host);
    this.steering?.close();
  }
}

function openOrClose(addon: Addon, config: SettledConfig, configFile: string, steering: Steering | undefined): HeldDevice[] {
  try {
    return openIfaces(addon, config, configFile, steering);
  } catch (error) {
    steering?.close();
    throw error;
  }
}

async function openSideOrClose(
  addon: Addon,
  held: readonly HeldDevice[],
  steering: Steering | undefined,
  open: () => Promise<HostSide | undefined>,
): Promise<HostSide | undefined> {
  try {
    return await open();
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
