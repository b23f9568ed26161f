import type { Config, IfaceConfig, SettledConfig } from '../config/config.js';
import { fromAddonError } from '../errors/system.js';
import type { Addon, OpenedIface } from '../io/addon.js';
import type { BorrowedIface } from '../worker/protocol.js';
import { deviceKey } from './buildRifs.js';
import type { StateIndex } from './stateIndex.js';
import type { SteeredBy, Steering } from './steering/steering.js';

/** A device main opened and keeps (D8). */
export interface HeldIface {
  readonly config: IfaceConfig;
  readonly opened: OpenedIface;
  readonly steeredBy: SteeredBy;
}

/** Opens every configured device, all or none. Throws a WindroseError that names the device, the cause and the remedy. */
export function openIfaces(addon: Addon, config: SettledConfig, configFile: string, steering: Steering | undefined): HeldIface[] {
  return openMissing(addon, config, [], config.workers, configFile, steering);
}

/**
 * The devices of `config` in its order: those held already as they are, the others opened now with a queue for each worker, all
 * or none.
 */
export function openMissing(
  addon: Addon,
  config: Config,
  held: readonly HeldIface[],
  workers: number,
  configFile: string,
  steering: Steering | undefined,
): HeldIface[] {
  const fresh: HeldIface[] = [];
  try {
    return config.ifaces.map((iface, i) => {
      const known = heldAs(held, iface);
      if (known !== undefined) return { ...known, config: iface };
      try {
        const opened = { config: iface, ...openOne(addon, iface, workers, steering) };
        fresh.push(opened);
        return opened;
      } catch (error) {
        throw fromAddonError(error, `${configFile}: ifaces[${i}]`);
      }
    });
  } catch (error) {
    closeIfaces(addon, fresh, steering);
    throw error;
  }
}

/** The held device that `iface` names, whatever else is configured about it. */
export function heldAs(held: readonly HeldIface[], iface: IfaceConfig): HeldIface | undefined {
  return held.find((one) => deviceKey(one.config) === deviceKey(iface));
}

export function closeIfaces(addon: Addon, held: readonly HeldIface[], steering: Steering | undefined): void {
  for (const { opened } of held) {
    steering?.leave(opened);
    for (const fd of opened.fds) addon.closeFd(fd);
  }
}

/** Queue i of every device belongs to worker i. */
export function borrowed(held: readonly HeldIface[], workers: number, index: StateIndex): BorrowedIface[][] {
  return Array.from({ length: workers }, (_, id) =>
    held.map(({ config, opened }) => ({
      slot: index.iface(deviceKey(config)),
      name: config.name,
      fd: opened.fds[id]!,
      kind: opened.kind,
    })),
  );
}

function openOne(addon: Addon, iface: IfaceConfig, queues: number, steering: Steering | undefined) {
  if (steering !== undefined) return steering.open(iface, (program) => openQueues(addon, iface, queues, program));
  const steeredBy: SteeredBy = queues === 1 ? 'none' : 'software';
  return { opened: openQueues(addon, iface, queues, undefined), steeredBy };
}

/** `program`: what chooses the queue of a frame; undefined: the kernel, by flow. */
function openQueues(addon: Addon, iface: IfaceConfig, queues: number, program: number | undefined): OpenedIface {
  const netns = iface.netns === undefined ? {} : { netns: iface.netns };
  const where = { device: iface.device, queues, ...netns, ...(program === undefined ? {} : { steering: program }) };
  if (iface.kind === 'packet') return addon.openPacket({ ...where, promiscuous: iface.promiscuous });
  const mtu = iface.mtu === undefined ? {} : { mtu: iface.mtu };
  return addon.openTap({ ...where, ...mtu, offloads: iface.offloads, txQueueLength: iface.txQueueLength, up: true });
}
