import { formatIssue, type Issue } from '../../config/issues.js';
import { type LoadResult, loadConfigFile } from '../../config/load.js';
import { settleLike } from '../../config/settle.js';
import { WindroseError } from '../../errors/catalog.js';
import { formatIpv4 } from '../../types/ipv4.js';
import type { ReloadReport } from '../../types/reload.js';
import { applyFileOf, isOverdue } from '../dvr/hostSide.js';
import type { Gateway } from '../gateway.js';
import { kernelWarnings } from '../kernelSide.js';
import { changesBetween, changeText } from './changes.js';
import { collectGarbage } from './collect.js';
import { DeviceReturn } from './deviceReturn.js';
import { sessionsOf } from './draining.js';
import { SlotReturn } from './giveBack.js';
import { GuestFollower } from './guests.js';
import { inLog } from './inLog.js';
import { LinkFollower } from './links.js';
import { MtuFollower } from './mtus.js';
import { ProbeFollower } from './probes.js';
import { closeLeft, endOverdue, forgetDrained, refusals, republish, takeObjects, takeOver } from './reload.js';
import { startSnat, watchObjects } from './serveFor.js';
import { nextStatus } from './status.js';

/** How often draining addresses are looked at. */
const DRAIN_LOOK_MS = 1000;
/** How often devices are asked for their state, their MTU, and what the kernel does on them. */
const LINK_LOOK_MS = 1000;
/** How often the probes of next hops are judged: a packet to a dead one is lost, so sooner than the rest. */
const PROBE_LOOK_MS = 200;
/** How often it is looked whether a device was taken away or is back: until then its frames are lost. */
const DEVICE_LOOK_MS = 200;

/**
 * Reloads one at a time (SIGHUP, control socket), in the order they were asked for, and between them lets go of addresses that
 * are drained. A file that is faulty or cannot be taken over changes nothing; the log and the report say why.
 */
export class Reloader {
  #queue: Promise<unknown> = Promise.resolve();
  /** None: not started, or stopped. */
  #timers: readonly NodeJS.Timeout[] = [];
  /** Runs only while there is something to probe: it wakes the main thread five times a second. */
  #probeTimer: NodeJS.Timeout | undefined;
  readonly #slots = new SlotReturn();
  readonly #links: LinkFollower;
  readonly #mtus: MtuFollower;
  readonly #probes: ProbeFollower;
  readonly #devices: DeviceReturn;
  readonly #guests: GuestFollower | undefined;
  /** Warnings told already: each is logged once, until it is gone and comes back. */
  #told: Readonly<Record<'file' | 'kernel', readonly string[]>> = { file: [], kernel: [] };

  constructor(
    private readonly gateway: Gateway,
    readonly configFile: string,
  ) {
    this.#links = new LinkFollower(gateway);
    this.#mtus = new MtuFollower(gateway);
    this.#devices = new DeviceReturn(gateway, configFile);
    this.#guests = GuestFollower.of(gateway);
    this.#probes = new ProbeFollower(gateway, () => republish(gateway));
  }

  /** Ends the watch for changes of the objects. */
  #objects: { close(): void } | undefined;
  readonly #onHangup = (): void => void this.reload();

  /** Hears SIGHUP and looks after draining addresses until stop(); keeps no process alive. */
  start(): void {
    process.on('SIGHUP', this.#onHangup);
    // `windrose run` has printed those of the file it started with.
    this.#told = { ...this.#told, file: warningsOf(loadConfigFile(this.configFile).issues) };
    this.#lookAtKernel();
    this.#timers = [
      this.#often(LINK_LOOK_MS, () => this.#lookAtLinks()),
      this.#often(DRAIN_LOOK_MS, () => this.#drain()),
      this.#often(DEVICE_LOOK_MS, () => this.#followDevices()),
    ];
    this.#lookAtProbes();
    this.#guests?.start();
    const follow = (): void => void this.#inTurn(() => this.#followObjects()).catch(() => {});
    this.#objects = watchObjects(this.gateway, follow);
    startSnat(this.gateway, follow);
  }

  /** What cannot be taken over stays as it was, and is tried again with the next change. */
  async #followObjects(): Promise<void> {
    const { gateway } = this;
    try {
      const { revision } = gateway.host!;
      if ((await takeObjects(gateway)) && gateway.host!.revision !== revision)
        gateway.log.info({ revision: gateway.host!.revision }, 'objects taken over');
      const { life, book, snat } = gateway.host!;
      await life.keepMac(book.now.objects, book.mac);
      void snat?.look();
    } catch (error) {
      const { message, remedy } = error as WindroseError;
      gateway.log.error({ failure: message, remedy }, 'objects were not taken over');
    }
    this.#guests?.renew();
  }

  #often(ms: number, look: () => Promise<unknown>): NodeJS.Timeout {
    return setInterval(() => void this.#inTurn(look).catch(() => {}), ms).unref();
  }

  #lookAtProbes(): void {
    if (this.#timers.length === 0 || this.#probes.idle) return;
    this.#probeTimer ??= this.#often(PROBE_LOOK_MS, async () => {
      await this.#probes.look();
      if (!this.#probes.idle) return;
      clearInterval(this.#probeTimer);
      this.#probeTimer = undefined;
    });
  }

  /** Resolves when a reload under way is through. */
  async stop(): Promise<void> {
    process.off('SIGHUP', this.#onHangup);
    for (const timer of this.#timers) clearInterval(timer);
    clearInterval(this.#probeTimer);
    this.#guests?.stop();
    this.#objects?.close();
    this.#timers = [];
    await this.#queue;
  }

  /** Reads the file again and takes it over; `dryRun` only says what that would do. Never rejects. */
  reload(dryRun = false): Promise<ReloadReport> {
    return this.#inTurn(async () => {
      const report = await this.#apply(loadConfigFile(this.configFile), dryRun);
      // Whatever became of the configuration: logrotate(8), and who changes a secret, say so by the same signal.
      if (!dryRun) this.gateway.reopen();
      if (!dryRun) this.#tell(report);
      this.#lookAtProbes();
      return report;
    });
  }

  async #apply({ config: file, issues, notes }: LoadResult, dryRun: boolean): Promise<ReloadReport> {
    const { gateway } = this;
    const report = (ok: boolean, changes: readonly string[], refused: readonly string[], late: readonly number[] = []) => ({
      ok,
      dryRun,
      configFile: this.configFile,
      issues,
      notes,
      begun: false,
      changes,
      refused,
      generation: gateway.built.snapshot.generation,
      draining: gateway.built.draining.map(({ address, zone }) => ({
        address: formatIpv4(address),
        zone,
        sessions: sessionsOf(gateway, address),
      })),
      lateWorkers: late,
    });
    if (file === undefined) return report(false, [], []);
    const config = settleLike(file, gateway.built.config);
    const objects = gateway.host && (await applyFileOf(gateway.host, config, true).catch(notReached));
    const changes = [...changesBetween(gateway.built.config, config).map(changeText), ...(objects?.changes ?? [])];
    const refused = [...refusals(gateway, config), ...(objects?.refused ?? [])];
    if (refused.length > 0 || changes.length === 0 || dryRun) return report(refused.length === 0, changes, refused);
    try {
      const late = await takeOver(gateway, config, this.configFile);
      gateway.log.level = config.log.level;
      return report(true, changes, [], late);
    } catch (error) {
      return { ...report(false, changes, [reason(error)]), begun: true };
    }
  }

  #tell({ ok, issues, changes, refused, generation, draining, lateWorkers }: ReloadReport): void {
    const { gateway } = this;
    gateway.reloads = nextStatus(gateway.reloads, ok, Date.now());
    const { log } = gateway;
    const file = this.configFile;
    if (!ok) log.error({ file, faults: issues.map(formatIssue), refused }, 'reload refused; nothing has changed');
    else if (changes.length === 0) log.info({ file, generation }, 'reload: no difference');
    else {
      const drained = draining.map(({ address }) => address);
      log.info({ file, generation, changes: inLog(changes), draining: drained }, 'configuration taken over');
    }
    if (ok) this.#warn('file', warningsOf(issues), 'the configuration has warnings');
    if (ok) this.#lookAtKernel();
    if (ok && changes.length > 0) setImmediate(collectGarbage);
    if (lateWorkers.length > 0) log.warn({ workers: lateWorkers, generation }, 'workers are late with the configuration');
  }

  #lookAtKernel(): void {
    const warnings = kernelWarnings(this.gateway.addon, this.gateway.built.config.ifaces);
    this.#warn('kernel', warnings, 'the kernel acts on devices of packet interfaces');
  }

  #warn(about: 'file' | 'kernel', warnings: readonly string[], sentence: string): void {
    const fresh = warnings.filter((one) => !this.#told[about].includes(one));
    this.#told = { ...this.#told, [about]: warnings };
    if (fresh.length > 0) this.gateway.log.warn({ warnings: fresh }, sentence);
  }

  /** One look at each device for all that goes by it. */
  async #lookAtLinks(): Promise<void> {
    const { links, held, devices } = this.gateway;
    links.renew(held.map(({ config }) => config));
    links.forgetOthers(devices.map(({ config }) => config));
    await this.#links.look();
    this.#lookAtKernel();
    await this.#mtus.look();
  }

  /** Routes by a device that went, or is there again, change with it. */
  async #followDevices(): Promise<void> {
    if (await this.#devices.look()) await this.#links.look();
  }

  async #drain(): Promise<void> {
    const { gateway } = this;
    closeLeft(gateway);
    this.#slots.look(gateway, performance.now());
    if (gateway.host !== undefined && isOverdue(gateway.host)) await this.#followObjects();
    const ended = await endOverdue(gateway, performance.now());
    if (ended > 0) gateway.log.info({ sessions: ended }, 'sessions of drained addresses ended');
    const gone = await forgetDrained(gateway);
    if (gone.length === 0) return;
    const addresses = gone.map(({ address }) => formatIpv4(address));
    gateway.log.info({ addresses, generation: gateway.built.snapshot.generation }, 'addresses drained');
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#queue.then(work);
    this.#queue = done.catch((error: unknown) => this.gateway.log.error({ failure: String(error) }, 'reload failed'));
    return done;
  }
}

/** Warnings of a file as text, each with its remedy. */
function warningsOf(issues: readonly Issue[]): string[] {
  return issues.filter(({ severity }) => severity === 'warning').map((issue) => `${formatIssue(issue)}. ${issue.remedy}`);
}

/** A store that does not answer lets nothing be applied. */
function notReached(error: unknown): { changes: string[]; refused: string[] } {
  return { changes: [], refused: [reason(error)] };
}

/** One sentence, with what to do about it where the catalogue knows. */
function reason(error: unknown): string {
  if (error instanceof WindroseError) return `${error.message} ${error.remedy}`;
  return error instanceof Error ? error.message : String(error);
}
