import type { Config, IfaceConfig, SettledConfig } from '../config/config.js';
import { fromAddonError } from '../errors/system.js';
import type { Addon, OpenedIface } from '../io/addon.js';
import type { BorrowedIface } from '../worker/protocol.js';
import { deviceKey } from './buildRifs.js';
import type { StateIndex } from './stateIndex.js';

/** A device main opened and keeps (D8). */
export interface HeldIface {
  readonly config: IfaceConfig;
  readonly opened: OpenedIface;
}

/** Opens every configured device, all or none. Throws a WindroseError that names the device, the cause and the remedy. */
export function openIfaces(addon: Addon, config: SettledConfig, configFile: string): HeldIface[] {
  return openMissing(addon, config, [], config.workers, configFile);
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
): HeldIface[] {
  const fresh: HeldIface[] = [];
  try {
    return config.ifaces.map((iface, i) => {
      const known = heldAs(held, iface);
      if (known !== undefined) return { config: iface, opened: known.opened };
      try {
        const opened = { config: iface, opened: openOne(addon, iface, workers) };
        fresh.push(opened);
        return opened;
      } catch (error) {
        throw fromAddonError(error, `${configFile}: ifaces[${i}]`);
      }
    });
  } catch (error) {
    closeIfaces(addon, fresh);
    throw error;
  }
}

/** The held device that `iface` names, whatever else is configured about it. */
export function heldAs(held: readonly HeldIface[], iface: IfaceConfig): HeldIface | undefined {
  return held.find((one) => deviceKey(one.config) === deviceKey(iface));
}

export function closeIfaces(addon: Addon, held: readonly HeldIface[]): void {
  for (const { opened } of held) for (const fd of opened.fds) addon.closeFd(fd);
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

function openOne(addon: Addon, iface: IfaceConfig, queues: number): OpenedIface {
  const where = { device: iface.device, queues, ...(iface.netns === undefined ? {} : { netns: iface.netns }) };
  if (iface.kind === 'packet') return addon.openPacket({ ...where, promiscuous: iface.promiscuous });
  const mtu = iface.mtu === undefined ? {} : { mtu: iface.mtu };
  return addon.openTap({ ...where, ...mtu, offloads: iface.offloads, txQueueLength: iface.txQueueLength, up: true });
}
