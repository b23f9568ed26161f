import type { Logger } from 'pino';
import type { Config, HostConfig, SettledConfig } from '../../config/config.js';
import { formatIssue } from '../../config/issues.js';
import type { Addon } from '../../io/addon.js';
import { HOST_MAC_BASE } from '../../objects/hostMacs.js';
import type { Objects } from '../../objects/model.js';
import { StoreCounts } from '../../store/counts.js';
import type { BorrowedTunnel } from '../../worker/protocol.js';
import { physnetKey } from '../buildRifs.js';
import { readSettings } from '../metadata/secrets.js';
import { closeIfaces, type HeldDevice } from '../openIfaces.js';
import type { StateIndex } from '../stateIndex.js';
import { openHostDevices } from './hostDevices.js';
import { DifferenceLog } from './hostDifferences.js';
import { ObjectBook } from './mirror/objectBook.js';
import { openStore } from './mirror/openStore.js';
import { type HeldTunnel, openTunnels } from './openTunnels.js';
import type { SnatHosts } from './placement/snatPlacement.js';
import { PortMoves } from './ports/portMoves.js';
import { HostLife } from './presence/hostLife.js';
import { DrainLog } from './snat/drainLog.js';
import { SnatArbiter } from './snat/snatArbiter.js';
import type { FabricSlots } from './tables/buildSwitching.js';
import type { HostView } from './view/hostView.js';
import { hostViewOf } from './view/hostViewOf.js';
import { NumberBook } from './view/numberBook.js';
import { RoomBook } from './view/roomBook.js';

/** This gateway as a host of distributed routers: the objects it goes by, what follows from them here, and the devices for it. */
export interface HostSide {
  readonly book: ObjectBook;
  /** Ports that come and go. */
  readonly moves: PortMoves;
  /** Of the store, when the objects were read that the view is of. */
  readonly revision: number;
  readonly objects: Objects;
  readonly view: HostView;
  readonly devices: readonly HeldDevice[];
  readonly tunnels: readonly HeldTunnel[];
  readonly slots: FabricSlots;
  readonly differences: DifferenceLog;
  readonly life: HostLife;
  readonly drain: DrainLog;
  /** Which SNAT services this host has; undefined: it has a store of its own, and the objects say it. */
  readonly snat: SnatArbiter | undefined;
  /** Where SNAT services are, as the view has them. */
  readonly snatHosts: SnatHosts;
  /** Numbers of this host's floating IPs. */
  readonly numbers: NumberBook;
  /** What of the objects this host has no room for. */
  readonly room: RoomBook;
}

/**
 * Opens the store, applies the file of objects and opens what they need here; undefined: the configuration makes this gateway no host.
 * Throws a WindroseError, or a ToldToStop when `told` resolves before the store answers, with nothing left open.
 */
export async function openHostSide(
  addon: Addon,
  config: SettledConfig,
  index: StateIndex,
  log: Logger,
  told: Promise<unknown>,
): Promise<HostSide | undefined> {
  const { host, workers } = config;
  if (host === undefined) return undefined;
  // What is wrong with it is told before anything begins.
  if (host.metadata !== undefined) readSettings(host.metadata);
  let begun: HostLife | undefined;
  // Before a file of objects is applied: a second gateway of this name changes nothing.
  const book = await ObjectBook.open(
    config,
    async (where) => {
      begun = await HostLife.begin(await openStore(where, log, told), new StoreCounts(), host, log, told);
      return begun.store;
    },
    log,
  ).catch(async (error: unknown) => {
    await begun?.leave();
    throw error;
  });
  const life = begun!;
  let devices: HeldDevice[] = [];
  let numbers: NumberBook | undefined;
  try {
    const moves = new PortMoves(host.name, () => addon.nowMs());
    const { store, presence, others } = life;
    const room = new RoomBook(index, host.name, log, book.shared);
    const snat = book.shared ? new SnatArbiter({ store, book, presence, others, log, room }) : undefined;
    const snatHosts = snat?.hosts() ?? book.now.snatHosts;
    numbers = await NumberBook.open(store, host.name, log);
    const view = room.fit(leasedBy(viewOf(book, moves, snatHosts, numbers), snat), config);
    devices = openHostDevices(addon, view, [], host, workers);
    const tunnels = await openTunnels(addon, host, index, workers);
    const differences = new DifferenceLog(log);
    const drain = new DrainLog(host.name, log);
    differences.look(host, book.now.objects);
    drain.look(book.now.objects, snatHosts);
    const slots = slotsOf(host, tunnels, index);
    const { revision, objects } = book.now;
    return {
      book,
      moves,
      revision,
      objects,
      view,
      devices,
      tunnels,
      slots,
      differences,
      life,
      drain,
      snat,
      snatHosts,
      numbers,
      room,
    };
  } catch (error) {
    closeIfaces(addon, devices, undefined);
    await numbers?.close();
    await life.leave();
    await book.close();
    throw error;
  }
}

/**
 * Makes the objects those of the file that the configuration names, if there is one; `dryRun` only says what that would do. `refused`: why
 * nothing of it was done.
 */
export async function applyFileOf(
  { book }: HostSide,
  { objects: file }: Config,
  dryRun: boolean,
): Promise<{ readonly changes: readonly string[]; readonly refused: readonly string[] }> {
  if (file === undefined) return { changes: [], refused: [] };
  const { issues, refused, changes } = await book.applyFile(file, dryRun);
  return { changes, refused: [...issues.filter(({ severity }) => severity === 'error').map(formatIssue), ...refused] };
}

/**
 * What follows from the objects as they are now: devices that are new are opened, those that stay are kept. Those that are gone
 * the caller closes.
 */
export function followObjects(addon: Addon, side: HostSide, config: Config, workers: number): HostSide {
  const snatHosts = side.snat?.hosts() ?? side.book.now.snatHosts;
  const view = side.room.fit(leasedBy(viewOf(side.book, side.moves, snatHosts, side.numbers), side.snat), config);
  const { revision, objects } = side.book.now;
  const devices = openHostDevices(addon, view, side.devices, config.host!, workers);
  return { ...side, revision, objects, view, devices, snatHosts };
}

/**
 * Something changed that the view follows from: the objects, what is remembered of them, which SNAT services may be served here,
 * or what there is room for.
 */
export function isStale(side: HostSide): boolean {
  return side.revision !== side.book.now.revision || side.snat?.isStale(side.snatHosts) === true || isOverdue(side);
}

/** The same of what nobody tells. */
export function isOverdue({ moves, room, view, snat }: HostSide): boolean {
  return moves.overdue || room.mayFitMore || leaseDiffers(view, snat);
}

/** The newest revision that the view is right for: changes that do not concern this host change nothing of it. */
export function appliedRevision({ book: { now }, objects, revision }: Pick<HostSide, 'book' | 'objects' | 'revision'>): number {
  return objects === now.objects ? now.revision : revision;
}

export async function closeHostSide(addon: Addon, { book, devices, tunnels, life, snat, numbers }: HostSide): Promise<void> {
  closeIfaces(addon, devices, undefined);
  for (const { fds } of tunnels) for (const fd of fds.flat()) addon.closeFd(fd);
  await snat?.close();
  await numbers.close();
  await life.leave();
  await book.close();
}

/** What worker `id` gets of the tunnels. */
export function borrowedTunnels({ tunnels }: HostSide, id: number): BorrowedTunnel[] {
  return tunnels.flatMap(({ name, kind, slot, fds }) => (fds[id] === undefined ? [] : [{ name, kind, slot, fds: fds[id] }]));
}

function viewOf({ now, host: name, mac }: ObjectBook, moves: PortMoves, snatHosts: SnatHosts, numbers: NumberBook): HostView {
  const base = Uint8Array.of(...HOST_MAC_BASE, 0, 0, 0);
  // Objects may give this host another MAC than it had when it began.
  const own = now.objects.hosts.find((one) => one.name === name)?.mac ?? mac;
  const self = { name, mac: own, prefix: { mac: base, octets: 3 } } as const;
  const remembered = moves.follow(now.objects, snatHosts);
  const view = hostViewOf(now.objects, self, now.claims, remembered, snatHosts, numbers.before);
  numbers.use(view.numbers);
  return view;
}

function slotsOf({ physnets, macRefresh }: HostConfig, tunnels: readonly HeldTunnel[], index: StateIndex): FabricSlots {
  const slot = (name: HeldTunnel['name']): number => tunnels.find((one) => one.name === name)?.slot ?? -1;
  const known = new Map(physnets.map(({ name }) => [name, index.iface(physnetKey(name))]));
  return {
    ...{ physnet: (name) => known.get(name) ?? -1, physnets: [...known.values()] },
    ...{ vxlan: slot('vxlan'), gre: slot('gre'), macRefreshMs: macRefresh ?? 0 },
  };
}

/** Services that other hosts may take are marked. */
function leasedBy(view: HostView, snat: SnatArbiter | undefined): HostView {
  if (snat === undefined) return view;
  return { ...view, services: view.services.map((one) => ({ ...one, leased: snat.isLeased(one.router) })) };
}

function leaseDiffers({ services }: HostView, snat: SnatArbiter | undefined): boolean {
  return snat !== undefined && services.some(({ router, leased }) => leased !== snat.isLeased(router));
}
