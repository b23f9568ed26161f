import type { Config, IfaceConfig } from '../config/config.js';
import { fromAddonError } from '../errors/system.js';
import type { Addon, OpenedIface } from '../io/addon.js';

/** A device main opened and keeps (D8). */
export interface HeldIface {
  readonly config: IfaceConfig;
  readonly opened: OpenedIface;
}

/** Opens every configured device, all or none. Throws a WindroseError that names the device, the cause and the remedy. */
export function openIfaces(addon: Addon, config: Config, configFile: string): HeldIface[] {
  const held: HeldIface[] = [];
  try {
    config.ifaces.forEach((iface, i) => {
      try {
        held.push({ config: iface, opened: openOne(addon, iface, config.workers) });
      } catch (error) {
        throw fromAddonError(error, `${configFile}: ifaces[${i}]`);
      }
    });
  } catch (error) {
    closeIfaces(addon, held);
    throw error;
  }
  return held;
}

export function closeIfaces(addon: Addon, held: readonly HeldIface[]): void {
  for (const { opened } of held) for (const fd of opened.fds) addon.closeFd(fd);
}

function openOne(addon: Addon, iface: IfaceConfig, queues: number): OpenedIface {
  const where = { device: iface.device, queues, ...(iface.netns === undefined ? {} : { netns: iface.netns }) };
  if (iface.kind === 'packet') return addon.openPacket({ ...where, promiscuous: iface.promiscuous });
  const mtu = iface.mtu === undefined ? {} : { mtu: iface.mtu };
  return addon.openTap({ ...where, ...mtu, offloads: iface.offloads, txQueueLength: iface.txQueueLength, up: true });
}
