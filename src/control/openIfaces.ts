import { release } from 'node:os';
import type { Config, IfaceConfig, SettledConfig } from '../config/config.js';
import type { WindroseError } from '../errors/catalog.js';
import { fromAddonError } from '../errors/system.js';
import type { Addon, OpenedIface } from '../io/addon.js';
import { FIRST_LPORT } from '../tables/rifs.js';
import type { BorrowedIface } from '../worker/protocol.js';
import { deviceKey, METADATA_KEY, physnetKey } from './buildRifs.js';
import { isSince, lacksOf } from './offloads.js';
import { adapt, letGo, type PacketSide } from './packetSide.js';
import type { StateIndex } from './stateIndex.js';
import type { SteeredBy, Steering } from './steering/steering.js';

/** A device main opened and keeps (D8): of `ifaces`, of an lport, of a physical network, or the TAP to the metadata proxy. */
export interface HeldDevice extends PacketSide {
  readonly of: 'iface' | 'lport' | 'physnet' | 'metadata';
  /** The name in it is the interface's, the lport's, the physical network's. */
  readonly config: IfaceConfig;
  /** Without descriptors while the device is gone (reload/deviceReturn.ts). */
  readonly opened: OpenedIface;
  readonly steeredBy: SteeredBy;
  /** How often it was opened again since. */
  readonly returns: number;
  /** Frames the kernel dropped on descriptors that were given back, seen when they were. */
  readonly lateDrops: number;
  /** Why it has no descriptors, when it has had none yet. */
  readonly why?: WindroseError;
}

/** What of a device stands in each line of the log about it. */
export function aboutDevice({ of, config }: Pick<HeldDevice, 'of' | 'config'>): Record<string, string> {
  const { name, device, netns } = config;
  return { [of]: name, device, ...(netns === undefined ? {} : { netns }) };
}

/** Opens every configured device, all or none. Throws a WindroseError that names the device, the cause and the remedy. */
export function openIfaces(
  addon: Addon,
  config: SettledConfig,
  configFile: string,
  steering: Steering | undefined,
): HeldDevice[] {
  return openMissing(addon, config, [], config.workers, configFile, steering);
}

/**
 * The devices of `config` in its order: those held already with what they lack by it, the others opened now with a queue for each worker,
 * all or none.
 */
export function openMissing(
  addon: Addon,
  config: Config,
  held: readonly HeldDevice[],
  workers: number,
  configFile: string,
  steering: Steering | undefined,
): HeldDevice[] {
  const done: HeldDevice[] = [];
  try {
    for (const [i, iface] of config.ifaces.entries()) {
      const known = heldAs(held, iface);
      try {
        if (known === undefined)
          done.push({ of: 'iface', config: iface, ...openOne(addon, iface, workers, steering), returns: 0, lateDrops: 0 });
        else done.push({ ...known, config: iface, ...adapt(addon, iface, known.opened, known) });
      } catch (error) {
        throw fromAddonError(error, `${configFile}: ifaces[${i}]`);
      }
    }
    return done;
  } catch (error) {
    giveUp(addon, done, held, steering);
    throw error;
  }
}

/** What `openMissing` made of `held` is not wanted after all: closes devices that are new, takes back what others got. */
export function giveUp(
  addon: Addon,
  made: readonly HeldDevice[],
  held: readonly HeldDevice[],
  steering: Steering | undefined,
): void {
  for (const one of made) {
    const known = heldAs(held, one.config);
    if (known === undefined) closeIfaces(addon, [one], steering);
    else letGo(addon, known.opened, one, known);
  }
}

/** `after` is in use: devices that stay let go of what they have no more. */
export function settleSides(addon: Addon, before: readonly HeldDevice[], after: readonly HeldDevice[]): void {
  for (const one of before) {
    const now = heldAs(after, one.config);
    if (now !== undefined && now.opened === one.opened) letGo(addon, one.opened, one, now);
  }
}

/** The held device that `iface` names, whatever else is configured about it. */
export function heldAs(held: readonly HeldDevice[], iface: IfaceConfig): HeldDevice | undefined {
  return held.find((one) => deviceKey(one.config) === deviceKey(iface));
}

export function closeIfaces(addon: Addon, held: readonly HeldDevice[], steering: Steering | undefined): void {
  for (const { opened, exclusive } of held) {
    steering?.leave(opened);
    for (const fd of [...opened.fds, exclusive]) if (fd >= 0) addon.closeFd(fd);
  }
}

/** Queue i of every device belongs to worker i; -1 of a device that is gone. */
export function borrowed(held: readonly HeldDevice[], workers: number, index: StateIndex): BorrowedIface[][] {
  return Array.from({ length: workers }, (_, id) =>
    held.map(({ of, config, opened }) => ({
      slot: slotOf(of, config, index),
      name: config.name,
      fd: opened.fds[id] ?? -1,
      kind: opened.kind,
      lacks: lacksOf(config, opened, release()),
      coalesce: config.coalesce,
    })),
  );
}

/** Number of the device among every worker's. */
export function slotOf(of: HeldDevice['of'], config: IfaceConfig, index: StateIndex): number {
  if (of === 'lport') return FIRST_LPORT + index.lport(config.name);
  if (of === 'metadata') return index.iface(METADATA_KEY);
  return index.iface(of === 'physnet' ? physnetKey(config.name) : deviceKey(config));
}

/**
 * Before Linux 6.2 a super-frame of datagrams, which any host behind a veth pair may send, stops a ring for good (native/README.md): it
 * would not last.
 */
const TOO_OLD = 'the kernel is older than Linux 6.2, where a UDP super-frame would stop the ring for good';

/** Opens a device with so many queues, by what a kernel of version `kernel` (uname -r) is able to. Throws AddonError. */
export function openOne(
  addon: Addon,
  iface: IfaceConfig,
  queues: number,
  steering: Steering | undefined,
  kernel = release(),
): Pick<HeldDevice, 'opened' | 'steeredBy' | keyof PacketSide> {
  const open = (program: number | undefined) => openQueues(addon, iface, queues, program, isSince(kernel, 6, 2));
  const unsteered = queues === 1 ? 'none' : 'software';
  const one = steering?.open(iface, open) ?? { opened: open(undefined), steeredBy: unsteered };
  try {
    return { ...one, ...adapt(addon, iface, one.opened) };
  } catch (error) {
    steering?.leave(one.opened);
    for (const fd of one.opened.fds) addon.closeFd(fd);
    throw error;
  }
}

/** `program`: what chooses the queue of a frame; undefined: the kernel, by flow. `rings`: the queues of packet sockets may have them. */
function openQueues(addon: Addon, iface: IfaceConfig, queues: number, program: number | undefined, rings: boolean): OpenedIface {
  const netns = iface.netns === undefined ? {} : { netns: iface.netns };
  const where = { device: iface.device, queues, ...netns, ...(program === undefined ? {} : { steering: program }) };
  if (iface.kind === 'packet') {
    if (rings) return addon.openPacket({ ...where, promiscuous: false });
    return { ...addon.openPacket({ ...where, promiscuous: false, ringSlots: 0 }), ringRefused: TOO_OLD };
  }
  const mtu = iface.mtu === undefined ? {} : { mtu: iface.mtu };
  return addon.openTap({ ...where, ...mtu, offloads: iface.offloads, txQueueLength: iface.txQueueLength, up: true });
}
