import type { Logger } from 'pino';
import type { IfaceConfig, SettledConfig } from '../../config/config.js';
import type { Addon, OpenedIface } from '../../io/addon.js';
import type { HashKey } from '../../tables/hash.js';
import { deviceKey } from '../buildRifs.js';
import type { Built } from '../buildSnapshot.js';
import { closeMaps, createMaps, MOST_DEVICES, ownersOctets, Role, type SteeringMaps, VLANS } from './maps.js';
import { MirroredMap } from './mirroredMap.js';
import { steeringProgram } from './program.js';
import { steeringTargets } from './targets.js';

/** Who chooses the worker of a frame: a program in the kernel, exactly; a hash of the flow, and workers hand frames over; nobody, for one worker. */
export type SteeredBy = 'kernel' | 'software' | 'none';

interface SteeredDevice {
  readonly key: string;
  readonly number: number;
}

const REMEDY =
  'Give the process CAP_BPF (systemd: AmbientCapabilities=CAP_BPF and SystemCallFilter=bpf; docker: --cap-add BPF) on Linux 5.8 or later, or say "steering: off"';

/**
 * Programs in the kernel that give each frame to the worker that owns it (D9), and what they read. Nothing depends on them: a frame
 * they send elsewhere is handed over.
 */
export class Steering {
  readonly #maps: SteeringMaps;
  readonly #roles: Uint8Array;
  readonly #addresses: MirroredMap;
  readonly #statics: MirroredMap;
  /** Devices that are steered, with their numbers in the map of roles. */
  readonly #devices = new Map<OpenedIface, SteeredDevice>();
  #isFull = false;

  private constructor(
    private readonly addon: Addon,
    private readonly log: Logger,
    private readonly workers: number,
    private readonly room: number,
    private readonly key: HashKey,
  ) {
    this.#maps = createMaps(addon, room);
    try {
      this.#roles = new Uint8Array(addon.bpfMapMemory(this.#maps.roles, MOST_DEVICES * VLANS));
    } catch (error) {
      closeMaps(addon, this.#maps);
      throw error;
    }
    this.#addresses = new MirroredMap(addon, this.#maps.addresses);
    this.#statics = new MirroredMap(addon, this.#maps.statics);
  }

  /** Undefined with one worker, where it is off, and where the system forbids it, which is said here. */
  static start(addon: Addon, config: SettledConfig, key: HashKey, log: Logger): Steering | undefined {
    if (config.workers === 1 || config.steering === 'off') return undefined;
    try {
      return new Steering(addon, log, config.workers, config.limits.localAddresses, key);
    } catch (error) {
      log.warn(
        { reason: (error as Error).message, remedy: REMEDY },
        'frames are not steered in the kernel; workers hand them over',
      );
      return undefined;
    }
  }

  /** What a worker maps to mirror the owners of blocks. */
  get mirror(): { readonly fd: number; readonly octets: number } {
    return { fd: this.#maps.owners, octets: ownersOctets(this.room) };
  }

  /**
   * Opens a device with a program of its own; where that is refused, says so and opens it without. `open` throws AddonError, and so
   * does this when the device cannot be opened at all.
   */
  open(iface: IfaceConfig, open: (program: number | undefined) => OpenedIface): { opened: OpenedIface; steeredBy: SteeredBy } {
    let program: number | undefined;
    try {
      const number = this.#freeNumber();
      program = this.#load(iface, number);
      const opened = open(program);
      this.#devices.set(opened, { key: deviceKey(iface), number });
      return { opened, steeredBy: 'kernel' };
    } catch (error) {
      const opened = open(undefined);
      const reason = (error as Error).message;
      this.log.warn(
        { iface: iface.name, reason, remedy: REMEDY },
        'frames of a device are not steered in the kernel; workers hand them over',
      );
      return { opened, steeredBy: 'software' };
    } finally {
      // The device keeps it loaded.
      if (program !== undefined) this.addon.closeFd(program);
    }
  }

  /** To be called before the device is closed: a persistent TAP would keep its program. */
  leave(opened: OpenedIface): void {
    const device = this.#devices.get(opened);
    if (device === undefined) return;
    this.addon.unsteer(opened.fds[0]!);
    this.#roles.fill(Role.None, device.number * VLANS, (device.number + 1) * VLANS);
    this.#devices.delete(opened);
  }

  /** Before workers go by a configuration: programs know what it has, and still what the one before has. */
  add(built: Built, pools: ReadonlyMap<number, number>): void {
    const { roles, addresses, statics } = steeringTargets(built, pools, this.workers);
    this.#attempt(() => {
      // A VLAN that goes keeps its role until settle.
      this.#eachDevice(roles, (at, role) => {
        if (role !== Role.None) this.#roles[at] = role;
      });
      const left = this.#addresses.add(addresses) + this.#statics.add(statics);
      if (left > 0 && !this.#isFull)
        this.log.warn({ left }, 'the tables of steering are full; workers hand the frames of the others over');
      this.#isFull = left > 0;
    });
  }

  /** Once every worker goes by the configuration: nothing else is known. */
  settle(built: Built, pools: ReadonlyMap<number, number>): void {
    const { roles, addresses, statics } = steeringTargets(built, pools, this.workers);
    this.#attempt(() => {
      this.#eachDevice(roles, (at, role) => {
        this.#roles[at] = role;
      });
      this.#addresses.keep(addresses);
      this.#statics.keep(statics);
    });
  }

  close(): void {
    closeMaps(this.addon, this.#maps);
  }

  /** Calls with the place and the role of each VLAN of each device that is steered. */
  #eachDevice(roles: ReadonlyMap<string, Uint8Array>, call: (at: number, role: number) => void): void {
    for (const { key, number } of this.#devices.values()) {
      const byVlan = roles.get(key) ?? new Uint8Array();
      for (let vlan = 0; vlan < byVlan.length; vlan++) call(number * VLANS + vlan, byVlan[vlan]!);
    }
  }

  /** What a program does not know is handed over: no reason to refuse a configuration. */
  #attempt(change: () => void): void {
    try {
      change();
    } catch (error) {
      this.log.warn(
        { reason: (error as Error).message, remedy: REMEDY },
        'steering does not follow the configuration; workers hand frames over',
      );
    }
  }

  #load(iface: IfaceConfig, device: number): number {
    const { workers, key } = this;
    const ethernet = iface.kind === 'tap';
    return this.addon.bpfProgramLoad(
      steeringProgram({ workers, addresses: this.room, key, maps: this.#maps, device, ethernet }),
      'wr_steer',
    );
  }

  #freeNumber(): number {
    const taken = new Set([...this.#devices.values()].map(({ number }) => number));
    let number = 0;
    while (taken.has(number)) number++;
    if (number >= MOST_DEVICES) throw new RangeError(`more than ${MOST_DEVICES} devices, those being closed included`);
    return number;
  }
}
