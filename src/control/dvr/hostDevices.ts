import { createHash } from 'node:crypto';
import type { Logger } from 'pino';
import type { HostConfig, IfaceConfig, MetadataConfig } from '../../config/config.js';
import { fromAddonError, isOfProcess } from '../../errors/system.js';
import { type Addon, IfaceKind, type OpenedIface } from '../../io/addon.js';
import { deviceKey } from '../buildRifs.js';
import { aboutDevice, closeIfaces, type HeldDevice, openOne } from '../openIfaces.js';
import { NOTHING } from '../packetSide.js';
import type { HostView, LportView } from './view/hostView.js';

/**
 * Frames a TAP holds for us (D13). With several queues it costs 6 KiB of the kernel's memory for each of them (native/tap.cc), and a host has
 * many ports: 25 MB a port, made in 8 ms, instead of 100 MB and a quarter of a second.
 */
const TX_QUEUE = 16_384;
const TX_QUEUE_SHARED = 4096;

type Wanted = Pick<HeldDevice, 'of' | 'config'>;

/**
 * The devices of a host's lports and physical networks, and the TAP to its metadata proxy: those held already as they are, the
 * others opened with a queue for each worker. One that cannot be opened stops nobody else: it is gone until it is there
 * (reload/deviceReturn.ts). Throws a WindroseError, with nothing opened, for what the process is not able to do with any device.
 */
export function openHostDevices(
  addon: Addon,
  view: HostView,
  held: readonly HeldDevice[],
  { name: host, physnets, metadata }: Pick<HostConfig, 'name' | 'physnets' | 'metadata'>,
  workers: number,
): HeldDevice[] {
  const mtus = new Map(view.networks.map(({ name, mtu }) => [name, mtu]));
  const known = new Map(held.map((one) => [keyOf(one), one]));
  const wanted: Wanted[] = [
    ...view.lports.map((port) => ({ of: 'lport' as const, config: lportConfig(port, mtus.get(port.network), workers) })),
    ...physnets.map(({ name, kind, device, netns }) => {
      return { of: 'physnet' as const, config: asIface(name, kind, device, netns, undefined, TX_QUEUE) };
    }),
    ...(metadata === undefined ? [] : [proxyDevice(host, metadata, workers)]),
  ];
  const opened: HeldDevice[] = [];
  try {
    return wanted.map((one) => {
      const before = known.get(keyOf(one));
      if (before !== undefined) return before.config.mtu === one.config.mtu ? before : { ...before, config: one.config };
      const fresh = open(addon, one, workers);
      opened.push(fresh);
      return fresh;
    });
  } catch (error) {
    closeIfaces(addon, opened, undefined);
    throw error;
  }
}

/** TAPs that stay follow the MTU of their networks, as guests have no other way to learn it. What cannot be set is told. */
export function followNetworkMtus(
  addon: Pick<Addon, 'setMtu'>,
  before: readonly HeldDevice[],
  after: readonly HeldDevice[],
  log: Logger,
): void {
  const known = new Map(before.map(({ opened, config }) => [opened, config.mtu]));
  for (const one of after) {
    const { device, netns, mtu } = one.config;
    if (mtu === undefined || one.opened.fds.length === 0 || !known.has(one.opened) || known.get(one.opened) === mtu) continue;
    try {
      addon.setMtu(device, mtu, netns);
    } catch (error) {
      const { message } = fromAddonError(error, placeOf(one));
      const remedy = `set it with "ip link set ${device} mtu ${mtu}" where the guest is`;
      log.warn({ ...aboutDevice(one), mtu, failure: message, remedy }, 'TAP does not have the MTU of its network');
    }
  }
}

/** Where a device stands, for an error: "lport a1", or what of the configuration it is of. */
export function placeOf({ of, config }: Wanted): string {
  return of === 'metadata' ? 'host.metadata' : `${of} ${config.name}`;
}

function keyOf(one: Wanted): string {
  return `${placeOf(one)} ${deviceKey(one.config)}`;
}

function open(addon: Addon, one: Wanted, workers: number): HeldDevice {
  try {
    return { ...one, ...openOne(addon, one.config, workers, undefined), returns: 0, lateDrops: 0 };
  } catch (error) {
    const why = fromAddonError(error, placeOf(one));
    if (isOfProcess(why)) throw why;
    const steeredBy = workers === 1 ? 'none' : 'software';
    return { ...one, ...NOTHING, opened: absent(one.config), steeredBy, returns: 0, lateDrops: 0, why };
  }
}

/** Of a device that has never been open. */
function absent({ kind, mtu = 0 }: IfaceConfig): OpenedIface {
  return {
    kind: kind === 'tap' ? IfaceKind.Tap : IfaceKind.Packet,
    fds: [],
    ...{ ifindex: 0, mac: '', mtu, up: false, running: false, netnsInode: 0 },
    ...{ offloadBits: 0, txDropped: 0, ringSlots: 0, ringRefused: '' },
  };
}

/** A TAP of an lport has the MTU of its network, so that its guest learns it where nothing else tells. */
function lportConfig({ name, device }: LportView, mtu: number | undefined, workers: number): IfaceConfig {
  const queue = workers === 1 ? TX_QUEUE : TX_QUEUE_SHARED;
  return asIface(name, device.kind, device.name, device.netns, device.kind === 'tap' ? mtu : undefined, queue);
}

/** Octets of a device's name, at most. */
const LONGEST_NAME = 15;

/** "wr-meta-h1"; of a longer name what tells it from others. */
function proxyTap(host: string): string {
  const name = `wr-meta-${host}`;
  if (name.length <= LONGEST_NAME) return name;
  return `wr-meta-${createHash('sha256').update(host).digest('hex')}`.slice(0, LONGEST_NAME);
}

function proxyDevice(host: string, { netns }: MetadataConfig, workers: number): Wanted {
  const queue = workers === 1 ? TX_QUEUE : TX_QUEUE_SHARED;
  return { of: 'metadata', config: asIface('metadata', 'tap', proxyTap(host), netns, undefined, queue) };
}

/** No router interface is on it: all that is asked of the device are its frames. */
function asIface(
  name: string,
  kind: 'tap' | 'packet',
  device: string,
  netns: string | undefined,
  mtu: number | undefined,
  txQueueLength: number,
): IfaceConfig {
  return {
    ...{ name, kind, device, netns, mtu, txQueueLength },
    role: 'inside',
    mac: new Uint8Array(6),
    addresses: [],
    group: 0,
    reversePath: 'off',
    offloads: true,
    sendOffloads: true,
    coalesce: true,
    promiscuous: true,
    exclusive: false,
    vlans: [],
  };
}
