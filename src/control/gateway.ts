import { randomBytes } from 'node:crypto';
import { type Logger, pino } from 'pino';
import type { Config, SettledConfig } from '../config/config.js';
import { whyNotToPoll } from '../config/settle.js';
import { fromAddonError } from '../errors/system.js';
import { type Addon, loadAddon } from '../io/addon.js';
import { allocateState, type State, type StateBuffers, stateOf } from '../tables/state.js';
import { type Built, buildSnapshot } from './buildSnapshot.js';
import { EventLog } from './events/eventLog.js';
import { hugeTables } from './hugeTables.js';
import { LinkLooks } from './linkLooks.js';
import { logFaults } from './loggingFaults.js';
import { settleHere, thisMachine } from './machine.js';
import { notifySystemd } from './notify.js';
import { borrowed, closeIfaces, type HeldIface, openIfaces } from './openIfaces.js';
import { refuseSecond } from './refuseSecond.js';
import { drainingAfter } from './reload/draining.js';
import { type ReloadStatus, startedStatus } from './reload/status.js';
import { Servers } from './servers.js';
import { StateIndex } from './stateIndex.js';
import { Steering } from './steering/steering.js';
import { StopSignals } from './stopSignals.js';
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
        ifaces: borrowed(held, workers, index),
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
    const built = buildSnapshot(
      config,
      held.map(({ opened }) => opened.mtu),
      index,
      1,
      1,
      drainingAfter(undefined, config, performance.now()),
    );
    const gateway = new Gateway(addon, buffers, held, config, built, index, log, onGiveUp, steering);
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
  takeOver(built: Built, held: readonly HeldIface[]): void {
    this.built = built;
    this.held = held;
    this.events.configure(built.config);
  }

  async stop(): Promise<void> {
    await this.supervisor.stop();
    await this.events.stop();
    closeIfaces(this.addon, [...this.held, ...this.left.splice(0)], this.steering);
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

function loadAddonOrSay(): Addon {
  try {
    return loadAddon();
  } catch (error) {
    throw fromAddonError(error);
  }
}

/** Not a fault: the process was told to stop before it forwarded anything. */
export class ToldToStop extends Error {}

export interface RunOptions {
  readonly configFile: string;
  /** How long it goes on forwarding after the first SIGTERM or SIGINT. */
  readonly drainMs?: number;
}

/** `windrose run`: forwards until SIGTERM or SIGINT. Resolves when everything is closed again; rejects with why it could not go on. */
export async function runGateway(config: Config, options: RunOptions): Promise<void> {
  const log = pino({ level: config.log.level, base: { name: config.name }, timestamp: pino.stdTimeFunctions.isoTime });
  let giveUp: (error: Error) => void = () => {};
  const failed = new Promise<never>((_, reject) => {
    giveUp = reject;
  });
  // Heard below, once the gateway runs; a failure before that must not end the process on its own.
  failed.catch(() => {});
  const signals = new StopSignals(log, options.drainMs ?? 0);
  const faultsUnheard = logFaults(log);
  let servers: Servers | undefined;
  let gateway: Gateway;
  try {
    // Before a device is opened: those of the other are busy, which would be said of the device.
    await refuseSecond(config);
    gateway = await Gateway.start(
      config,
      options.configFile,
      log,
      (error) => giveUp(error),
      async (opened) => {
        servers = await Servers.start(opened, options.configFile, () => signals.draining);
      },
      signals.stopped,
    );
  } catch (error) {
    await servers?.stop();
    if (!(error instanceof ToldToStop)) throw error;
    log.info({ signal: await signals.stopped }, 'stopped before it was ready');
    signals.close();
    faultsUnheard();
    return;
  }
  const ifaces = config.ifaces.map((iface) => iface.name);
  const { workers, cpus, idle } = gateway.built.config;
  const threads = { workers, ...(cpus.length === 0 ? {} : { cpus }), spin: idle.spin };
  const reason = config.idle.spin === 'auto' ? whyNotToPoll(thisMachine(), gateway.states.length) : undefined;
  if (reason !== undefined) log.info({ reason }, 'idle workers sleep at once; idle.spin makes them poll all the same');
  log.info({ ifaces, zones: config.zones.length, ...threads, ...servers?.addresses() }, 'ready');
  await notifySystemd(log, '--ready', `--status=forwarding, ${ifaces.length} interfaces`);
  try {
    const signal = await Promise.race([signals.stopped, failed]);
    log.info({ signal }, 'stopping');
  } finally {
    await notifySystemd(log, 'STOPPING=1');
    await servers?.stop();
    await gateway.stop();
    log.info('stopped');
    signals.close();
    faultsUnheard();
  }
}
