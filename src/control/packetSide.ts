import type { IfaceConfig } from '../config/config.js';
import type { Addon, OpenedIface } from '../io/addon.js';
import { formatMac, parseMac } from '../types/mac.js';
import { isFault } from '../types/parsed.js';

/**
 * What a packet interface asks of its device beside a copy of the frames: to take those to our MACs, and to keep them from the kernel
 * (D30). Both end with their descriptors, so nothing is left behind however the process ends, and both can change while it runs.
 */
export interface PacketSide {
  /** Descriptor of the program that keeps frames from the kernel; -1: the kernel gets them too. */
  readonly exclusive: number;
  /** MACs the device takes beside its own, as text, or ALL alone. */
  readonly accepts: readonly string[];
}

/** Frames to any MAC: promiscuous. */
export const ALL = 'all';

/** Of a TAP, and of a device that is gone. */
export const NOTHING: PacketSide = { exclusive: -1, accepts: [] };

/**
 * Brings the side of an open device in line with `iface`: adds what `before` lacks, and takes nothing away (`letGo` does, once workers go
 * by the new configuration). Throws AddonError with nothing changed.
 */
export function adapt(addon: Addon, iface: IfaceConfig, opened: OpenedIface, before: PacketSide = NOTHING): PacketSide {
  const fd = opened.fds[0];
  if (iface.kind !== 'packet' || fd === undefined) return NOTHING;
  const accepts = acceptAll(addon, fd, wanted(iface, opened.mac), before);
  if (!iface.exclusive) return { accepts, exclusive: -1 };
  if (before.exclusive >= 0) return { accepts, exclusive: before.exclusive };
  try {
    return { accepts, exclusive: addon.dropIngress(iface.device, iface.netns) };
  } catch (error) {
    letGo(addon, opened, { accepts, exclusive: -1 }, before);
    throw error;
  }
}

/** Takes back what `from` has and `to` has not. */
export function letGo(addon: Addon, opened: OpenedIface, from: PacketSide, to: PacketSide): void {
  const fd = opened.fds[0];
  if (fd !== undefined) for (const one of from.accepts) if (!to.accepts.includes(one)) drop(addon, fd, one);
  if (from.exclusive >= 0 && from.exclusive !== to.exclusive) addon.closeFd(from.exclusive);
}

/** `auto`: our MACs into the device's filter; one without a filter the kernel makes promiscuous itself. */
function wanted(iface: IfaceConfig, own: string): readonly string[] {
  if (iface.promiscuous === true) return [ALL];
  if (iface.promiscuous === false) return [];
  const macs = [iface, ...iface.vlans].map(({ mac }) => formatMac(mac));
  return [...new Set(macs)].filter((mac) => mac !== own);
}

function acceptAll(addon: Addon, fd: number, wished: readonly string[], { accepts }: PacketSide): readonly string[] {
  const added: string[] = [];
  try {
    for (const one of wished) {
      if (accepts.includes(one)) continue;
      addon.packetAccept(fd, octets(one), true);
      added.push(one);
    }
    return wished;
  } catch (error) {
    for (const one of added) drop(addon, fd, one);
    if (wished.includes(ALL)) throw error;
    // The device takes no further address.
    return acceptAll(addon, fd, [ALL], { exclusive: -1, accepts });
  }
}

/** A device that went has forgotten it already. */
function drop(addon: Addon, fd: number, one: string): void {
  try {
    addon.packetAccept(fd, octets(one), false);
  } catch (error) {
    if ((error as { errno?: unknown }).errno === undefined) throw error;
  }
}

function octets(one: string): Uint8Array | null {
  if (one === ALL) return null;
  const parsed = parseMac(one);
  if (isFault(parsed)) throw new Error(`${one} ${parsed.fault}`);
  return parsed.value;
}
