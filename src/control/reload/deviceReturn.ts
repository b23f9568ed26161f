import type { WindroseError } from '../../errors/catalog.js';
import { fromAddonError } from '../../errors/system.js';
import { IfaceKind } from '../../io/addon.js';
import { deviceKey } from '../buildRifs.js';
import { placeOf } from '../dvr/hostDevices.js';
import type { Gateway } from '../gateway.js';
import { isFailure } from '../linkLooks.js';
import { aboutDevice, closeIfaces, type HeldDevice, openOne } from '../openIfaces.js';
import { NOTHING } from '../packetSide.js';
import { lateWorkers } from './draining.js';
import { exchangeDevices } from './reload.js';

/** A device that was lost is tried at each look for so long, and then every so often. */
const EAGER_MS = 5000;
const PATIENT_MS = 1000;
/** Devices tried in one look at most, each for some 50 us: a thousand guests that are not there hold the main thread up no longer. */
const MOST_TRIES = 50;

interface Lost {
  readonly sinceMs: number;
  triedMs: number;
  /** What was said last about why it cannot be opened. */
  said: string;
}

/**
 * Devices that are taken away under the running gateway, and come back: of `ifaces`, of lports and of physical networks; those of networks may
 * be missing from the start on.
 *
 * A descriptor follows the device, not its name: whose device was deleted never works again, and a socket of ours keeps a namespace alive
 * whose name is gone. So a lost device's descriptors are given back; what is sent to it is counted as sent to a device that is down.
 * Packet interfaces take the next device of the name, a TAP is made anew as at the start. Workers take the new descriptors in the way a
 * reload hands them over: sessions stay, neighbours are asked for again, addresses announced, the MTU is the new device's.
 *
 * A TAP that was moved or renamed, and a packet device that was renamed, still work and are left alone.
 */
export class DeviceReturn {
  readonly #lost = new Map<string, Lost>();
  #tries = 0;
  /** Place of the device that is tried first. */
  #next = 0;

  constructor(
    private readonly gateway: Gateway,
    /** Of the configuration, for errors. */
    private readonly configFile: string,
    private readonly nowMs: () => number = () => performance.now(),
  ) {}

  /** Looks once; to be called between reloads. Resolves to whether descriptors were given back or opened. */
  async look(): Promise<boolean> {
    const { gateway } = this;
    if (lateWorkers(gateway).length > 0) return false;
    const now = this.nowMs();
    this.#tries = 0;
    const before = gateway.devices;
    const after = [...before];
    // Behind the last one that was tried, so that many that are not there keep nobody from a turn.
    const first = this.#next;
    for (let n = 0; n < before.length; n++) {
      const i = (first + n) % before.length;
      after[i] = this.#follow(before[i]!, i, now);
    }
    this.#forgetOthers();
    const changed = after.filter((one, i) => one !== before[i]);
    if (changed.length === 0) return false;
    const ifaces = gateway.held.length;
    try {
      await exchangeDevices(gateway, after.slice(0, ifaces), gateway.host && after.slice(ifaces));
    } catch (error) {
      closeIfaces(gateway.addon, changed, gateway.steering);
      throw error;
    }
    for (const one of changed) {
      const { opened, returns } = one;
      if (opened.fds.length === 0) continue;
      const { ifindex, mac, mtu } = opened;
      const kernelSide =
        opened.kind === IfaceKind.Tap && one.of !== 'metadata'
          ? { note: 'addresses and routes of its kernel side are to be set again' }
          : {};
      gateway.log.warn(
        { ...aboutDevice(one), ifindex, mac, mtu, returns, ...kernelSide },
        returns === 0 ? 'device is there and is opened' : 'device was gone and is opened again',
      );
    }
    return true;
  }

  #follow(one: HeldDevice, place: number, now: number): HeldDevice {
    const key = keyOf(one);
    if (one.opened.fds.length > 0 && !this.#isLost(one)) return one;
    const lost = this.#lost.get(key) ?? { sinceMs: now, triedMs: -Infinity, said: one.why?.message ?? '' };
    this.#lost.set(key, lost);
    const wait = now - lost.sinceMs < EAGER_MS ? 0 : PATIENT_MS;
    const opened = now - lost.triedMs >= wait && this.#tries++ < MOST_TRIES ? this.#open(one, place, lost, now) : undefined;
    if (opened === undefined && one.opened.fds.length === 0) return one;
    const lateDrops = one.lateDrops + one.opened.fds.reduce((sum, fd) => sum + this.gateway.addon.kernelDrops(fd), 0);
    if (opened === undefined) return { ...one, ...NOTHING, lateDrops, opened: { ...one.opened, fds: [] } };
    this.#lost.delete(key);
    // What was seen before is of another device, or of none.
    this.gateway.links.renew([one.config]);
    const { why, ...known } = one;
    return { ...known, ...opened, lateDrops, returns: why === undefined ? one.returns + 1 : one.returns };
  }

  /** That its descriptor is dead is seen at each look; that another device has its name, or its namespace none, once a second. */
  #isLost({ config, opened }: HeldDevice): boolean {
    const { addon, links } = this.gateway;
    if (opened.fds.some((fd) => !addon.attached(fd))) return true;
    const now = links.of(config);
    // Without the right to look there, what is open stays.
    if (isFailure(now)) return now.failure === 'ENOENT' && now.syscall === 'open(netns)';
    return now.netnsInode !== opened.netnsInode || (opened.kind === IfaceKind.Packet && now.ifindex !== opened.ifindex);
  }

  /** Undefined: not there, or it cannot be opened, which is said once for each reason. */
  #open(one: HeldDevice, place: number, lost: Lost, now: number): ReturnType<typeof openOne> | undefined {
    const { of, config } = one;
    const { addon, states, log, steering } = this.gateway;
    lost.triedMs = now;
    this.#next = place + 1;
    try {
      // Nothing is prepared for a device that is not there.
      if (config.kind === 'packet') addon.linkInfo(config.device, config.netns);
      return openOne(addon, config, states.length, of === 'iface' ? steering : undefined);
    } catch (error) {
      const failure = fromAddonError(error, of === 'iface' ? `${this.configFile}: ifaces[${place}]` : placeOf(one));
      if (isAbsent(failure) || this.#isDown(config) || failure.message === lost.said) return undefined;
      lost.said = failure.message;
      const again = one.why === undefined ? 'again ' : '';
      log.warn({ ...aboutDevice(one), failure: failure.message, remedy: failure.remedy }, `device cannot be opened ${again}yet`);
      return undefined;
    }
  }

  /** Kernels before 6.14 let nobody join a fanout group on a device that is down: it is opened when it comes up. */
  #isDown(config: HeldDevice['config']): boolean {
    const now = this.gateway.links.ask(config);
    return config.kind === 'packet' && !isFailure(now) && !now.up;
  }

  /** Of a device that a reload took out of the configuration nothing is remembered. */
  #forgetOthers(): void {
    if (this.#lost.size === 0) return;
    const keys = new Set(this.gateway.devices.map(keyOf));
    for (const key of [...this.#lost.keys()]) if (!keys.has(key)) this.#lost.delete(key);
  }
}

function keyOf({ of, config }: HeldDevice): string {
  return `${of} ${deviceKey(config)}`;
}

function isAbsent(failure: WindroseError): boolean {
  return failure.code === 'DEVICE_MISSING' || failure.code === 'NETNS_MISSING';
}
