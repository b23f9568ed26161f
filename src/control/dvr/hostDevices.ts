import { release } from 'node:os';
import type { IfaceConfig, PhysnetConfig } from '../../config/config.js';
import { fromAddonError } from '../../errors/system.js';
import type { Addon, OpenedIface } from '../../io/addon.js';
import { FIRST_LPORT } from '../../tables/rifs.js';
import type { BorrowedIface } from '../../worker/protocol.js';
import { deviceKey } from '../buildRifs.js';
import { lacksOf } from '../offloads.js';
import { openOne } from '../openIfaces.js';
import type { StateIndex } from '../stateIndex.js';
import type { HostView, LportView } from './hostView.js';

/** A device of networks that main opened and keeps (D8): an lport's, or a physical network's. */
export interface HeldDevice {
  /** "lport a1", "physnet physnet1" */
  readonly of: string;
  readonly slot: number;
  readonly config: IfaceConfig;
  readonly opened: OpenedIface;
}

/** Name a physical network's device has among the slots of devices. */
export function physnetKey(name: string): string {
  return `physnet ${name}`;
}

/**
 * The devices of a host's lports and physical networks: those held already as they are, the others opened, all or none, with a queue for each
 * worker. Throws a WindroseError that names the lport or physical network, the device and the remedy.
 */
export function openHostDevices(
  addon: Addon,
  view: HostView,
  held: readonly HeldDevice[],
  physnets: readonly PhysnetConfig[],
  index: StateIndex,
  workers: number,
): HeldDevice[] {
  const wanted = [
    ...view.lports.map((port) => ({
      of: `lport ${port.name}`,
      slot: FIRST_LPORT + index.lport(port.name),
      config: deviceConfig(port, view.networks.find(({ name }) => name === port.network)?.mtu),
    })),
    ...physnets.map(({ name, kind, device, netns }) => {
      return { of: physnetKey(name), slot: index.iface(physnetKey(name)), config: asIface(name, kind, device, netns, undefined) };
    }),
  ];
  const opened: HeldDevice[] = [];
  try {
    return wanted.map((one) => {
      const known = held.find((other) => other.of === one.of && deviceKey(other.config) === deviceKey(one.config));
      if (known !== undefined) return known;
      const fresh = open(addon, one.of, one.slot, one.config, workers);
      opened.push(fresh);
      return fresh;
    });
  } catch (error) {
    closeHostDevices(addon, opened);
    throw error;
  }
}

export function closeHostDevices(addon: Addon, held: readonly HeldDevice[]): void {
  for (const { opened } of held) for (const fd of opened.fds) addon.closeFd(fd);
}

/** What worker `id` gets of them. */
export function borrowedOf(held: readonly HeldDevice[], id: number): BorrowedIface[] {
  return held.map(({ slot, config, opened }) => ({
    slot,
    name: config.name,
    fd: opened.fds[id] ?? -1,
    kind: opened.kind,
    lacks: lacksOf(config, opened, release()),
    coalesce: config.coalesce,
  }));
}

function open(addon: Addon, of: string, slot: number, config: IfaceConfig, workers: number): HeldDevice {
  try {
    return { of, slot, config, opened: openOne(addon, config, workers, undefined).opened };
  } catch (error) {
    throw fromAddonError(error, of);
  }
}

/** A TAP of an lport has the MTU of its network, so that its guest learns it where nothing else tells. */
function deviceConfig({ name, device }: LportView, mtu: number | undefined): IfaceConfig {
  return asIface(name, device.kind, device.name, device.netns, device.kind === 'tap' ? mtu : undefined);
}

/** No router interface is on it: all that is asked of the device are its frames. */
function asIface(
  name: string,
  kind: 'tap' | 'packet',
  device: string,
  netns: string | undefined,
  mtu: number | undefined,
): IfaceConfig {
  return {
    ...{ name, kind, device, netns, mtu },
    role: 'inside',
    mac: new Uint8Array(6),
    addresses: [],
    group: 0,
    reversePath: 'off',
    offloads: true,
    sendOffloads: true,
    coalesce: true,
    txQueueLength: 16_384,
    promiscuous: true,
    exclusive: false,
    vlans: [],
  };
}
