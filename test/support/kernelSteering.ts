import type { Built } from '../../src/control/buildSnapshot.js';
import { closeMaps, createMaps, MOST_DEVICES, ownersOctets, type SteeringMaps, VLANS } from '../../src/control/steering/maps.js';
import { MirroredMap } from '../../src/control/steering/mirroredMap.js';
import { steeringProgram } from '../../src/control/steering/program.js';
import { steeringTargets } from '../../src/control/steering/targets.js';
import { type Addon, loadAddon } from '../../src/io/addon.js';
import type { HashKey } from '../../src/tables/hash.js';

/** Why programs cannot be loaded into the kernel here, or false when they can. */
export function bpfSkipReason(addon: Addon = loadAddon()): string | false {
  try {
    closeMaps(addon, createMaps(addon, 1));
    return false;
  } catch (error) {
    return (error as Error).message;
  }
}

/** The programs of a configuration in the kernel, run on single frames (BPF_PROG_TEST_RUN) instead of a device's. */
export class KernelSteering {
  /** PortBlocks.owner as the programs see it. */
  readonly owners: Uint8Array;
  readonly #addon: Addon = loadAddon();
  readonly #maps: SteeringMaps;
  /** Of each device: for a TAP, which sees the Ethernet header, and for a packet socket, which does not. */
  readonly #programs: readonly { readonly tap: number; readonly packet: number }[];

  /** `pools`, `addresses` and `key` as the workers' state has them. */
  constructor(built: Built, pools: ReadonlyMap<number, number>, addresses: number, workers: number, key: HashKey) {
    const addon = this.#addon;
    this.#maps = createMaps(addon, addresses);
    const maps = this.#maps;
    this.owners = new Uint8Array(addon.bpfMapMemory(maps.owners, ownersOctets(addresses)));
    const roles = new Uint8Array(addon.bpfMapMemory(maps.roles, MOST_DEVICES * VLANS));
    const targets = steeringTargets(built, pools, workers);
    [...targets.roles.values()].forEach((byVlan, device) => {
      roles.set(byVlan, device * VLANS);
    });
    new MirroredMap(addon, maps.addresses).add(targets.addresses);
    new MirroredMap(addon, maps.statics).add(targets.statics);
    const load = (device: number, ethernet: boolean): number =>
      addon.bpfProgramLoad(steeringProgram({ workers, addresses, key, maps, device, ethernet }), 'wr_test');
    this.#programs = built.config.ifaces.map((_, device) => ({ tap: load(device, true), packet: load(device, false) }));
  }

  /** The worker of a frame on a TAP; `device` is its place in the configuration. */
  ofTap(device: number, frame: Uint8Array): number {
    // The kernel takes the first Ethernet header for its own.
    const octets = new Uint8Array(14 + Math.max(14, frame.length));
    octets.set(frame, 14);
    return this.#addon.bpfProgramRun(this.#programs[device]!.tap, octets);
  }

  /** The same on a packet socket, for a frame without a VLAN tag: the kernel takes tags off, which this way of running does not. */
  ofPacket(device: number, frame: Uint8Array): number {
    return this.#addon.bpfProgramRun(this.#programs[device]!.packet, frame);
  }

  close(): void {
    for (const { tap, packet } of this.#programs) for (const fd of [tap, packet]) this.#addon.closeFd(fd);
    closeMaps(this.#addon, this.#maps);
  }
}
