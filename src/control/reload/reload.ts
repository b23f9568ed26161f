import { setTimeout as pause } from 'node:timers/promises';
import type { Config } from '../../config/config.js';
import type { WindroseError } from '../../errors/catalog.js';
import { anySession } from '../../pipeline/sessionSweep.js';
import type { DrainingAddress } from '../buildAddresses.js';
import { deviceKey } from '../buildRifs.js';
import { type Built, buildSnapshot } from '../buildSnapshot.js';
import { followNetworkMtus } from '../dvr/hostDevices.js';
import { applyFileOf, followObjects, type HostSide, isStale } from '../dvr/hostSide.js';
import type { SnatHosts } from '../dvr/placement/snatPlacement.js';
import type { Gateway } from '../gateway.js';
import { isFailure } from '../linkLooks.js';
import { readSettings } from '../metadata/secrets.js';
import { closeIfaces, giveUp, type HeldDevice, openMissing, settleSides } from '../openIfaces.js';
import { compileFib } from '../routing/compileFib.js';
import { announceNew, returned } from './announceNew.js';
import { collectGarbage } from './collect.js';
import { drainingAfter, lateWorkers, overdue, stillDraining } from './draining.js';
import { portRanges, restartOnly } from './restartOnly.js';
import { keepPlaces } from './rotation.js';

/** Why a configuration cannot be taken over now, one sentence each; empty: it can. Changes nothing. */
export function refusals(gateway: Gateway, after: Config): string[] {
  const late = lateWorkers(gateway).map(
    (id) => `worker ${id} has not taken over the configuration before this one yet; try again`,
  );
  return [...late, ...restartOnly(gateway.built.config, after), ...portRanges(gateway.index, after), ...unreadable(after)];
}

/** Files of the metadata proxy that cannot be used. */
function unreadable({ host }: Config): string[] {
  if (host?.metadata === undefined) return [];
  try {
    readSettings(host.metadata);
    return [];
  } catch (error) {
    const { message, remedy } = error as WindroseError;
    return [`${message} ${remedy}`];
  }
}

/**
 * Takes a checked configuration over as a difference (K13): devices that are new are opened first, the tables are built, every
 * worker swaps references between two turns, and only then are devices that are gone closed. No frame and no session is lost
 * (D42), but those of addresses that are `removed`. Returns the workers that did not take it over in time: it waits for them in
 * their channel. Throws, with nothing changed, a WindroseError when a device cannot be opened and a RangeError when a table of
 * the running gateway has no room.
 */
export async function takeOver(gateway: Gateway, after: Config, configFile: string): Promise<number[]> {
  closeLeft(gateway);
  const before = gateway.host?.devices ?? [];
  if (gateway.host !== undefined) await applyFileOf(gateway.host, after, false);
  const opened = openMissing(gateway.addon, after, gateway.held, gateway.states.length, configFile, gateway.steering);
  const giveBack = gateway.index.mark();
  let next: Built;
  let host: HostSide | undefined;
  try {
    host = gateway.host && followObjects(gateway.addon, gateway.host, after, gateway.states.length);
    next = build(gateway, after, opened, drainingAfter(gateway.built, after, performance.now()), host);
  } catch (error) {
    if (host !== undefined) closeFresh(gateway, host);
    giveBack();
    keepRoutes(gateway);
    giveUp(gateway.addon, opened, gateway.held, gateway.steering);
    throw error;
  }
  let late: number[];
  try {
    late = await publish(gateway, next, opened, host);
  } catch (error) {
    keepRoutes(gateway);
    throw error;
  }
  if (host !== undefined) followNetworkMtus(gateway.addon, before, host.devices, gateway.log);
  await endOverdue(gateway, performance.now());
  return late;
}

/**
 * The objects have changed, or what was remembered of them is over: devices of ports that are new are opened, the tables built,
 * and workers swap references as at a reload. Resolves to whether anything was to be done. Throws, with nothing changed, when a
 * device cannot be opened.
 */
export async function takeObjects(gateway: Gateway): Promise<boolean> {
  const { host: before, held, built } = gateway;
  if (before === undefined || !isStale(before)) return false;
  closeLeft(gateway);
  const host = followObjects(gateway.addon, before, built.config, gateway.states.length);
  try {
    await publish(gateway, build(gateway, built.config, held, built.draining, host), held, host);
  } catch (error) {
    closeFresh(gateway, host);
    keepRoutes(gateway);
    throw error;
  }
  followNetworkMtus(gateway.addon, before.devices, host.devices, gateway.log);
  return true;
}

/** Where SNAT services are by what all workers go by; undefined: one of them is late. */
export function appliedSnat(gateway: Gateway): SnatHosts | undefined {
  return lateWorkers(gateway).length > 0 ? undefined : gateway.host?.snatHosts;
}

/** Devices that were opened for objects that are not taken over after all. */
function closeFresh({ addon, host: known }: Gateway, { devices }: HostSide): void {
  closeIfaces(addon, without(devices, known?.devices ?? []), undefined);
}

/** Those of `devices` whose descriptors none of `others` has. */
function without(devices: readonly HeldDevice[], others: readonly HeldDevice[]): HeldDevice[] {
  const kept = new Set(others.map(({ opened }) => opened));
  return devices.filter(({ opened }) => !kept.has(opened));
}

/** A configuration that was compiled is not taken over after all: the routes of the next one differ from those in force. */
function keepRoutes({ built, index }: Gateway): void {
  const own = built.rifs.filter(({ network }) => network === undefined);
  compileFib(built.config, own, built.draining, index.addresses(), built.fibStore);
}

/** A worker that hangs, or is not replaced any more, ends no session: reloads and the stop do not wait for it. */
const PURGE_MS = 10_000;

/**
 * Ends the sessions of addresses that are removed or drain for too long; resolves to how many there were. Those that were not
 * ended in time are left to the next look.
 */
export async function endOverdue(gateway: Gateway, nowMs: number, withinMs: number = PURGE_MS): Promise<number> {
  const over = overdue(gateway, nowMs);
  if (over.length === 0) return 0;
  let ended = 0;
  const purge = async (): Promise<void> => {
    for (const { address } of over)
      ended += await gateway.supervisor.purge({ ...anySession, external: address, externalMask: -1 });
  };
  const late = new AbortController();
  await Promise.race([purge(), pause(withinMs, undefined, { signal: late.signal, ref: false }).catch(() => {})]);
  late.abort();
  return ended;
}

/** Forgets draining addresses whose last session has ended; returns them. */
export async function forgetDrained(gateway: Gateway): Promise<DrainingAddress[]> {
  const { config, draining } = gateway.built;
  if (draining.length === 0 || lateWorkers(gateway).length > 0) return [];
  const still = stillDraining(gateway);
  const gone = draining.filter((one) => !still.includes(one));
  if (gone.length === 0) return [];
  const late = await publish(gateway, build(gateway, config, gateway.held, still), gateway.held);
  // A worker that is late still knows the address: its slot stays taken then.
  if (late.length === 0) for (const { address } of gone) gateway.index.forgetAddress(address);
  return gone;
}

function build(
  { links, built, index, held: before, host: known }: Gateway,
  config: Config,
  held: readonly HeldDevice[],
  draining: readonly DrainingAddress[],
  host: HostSide | undefined = known,
) {
  const mtus = held.map(({ config: iface, opened }) => {
    const answer = links.ask(iface);
    if (!isFailure(answer)) return answer.mtu;
    // Taken away under us, or out of our reach by now: it keeps its place with what was known of it, as it does without a reload.
    const known = before.findIndex((one) => deviceKey(one.config) === deviceKey(iface));
    return built.mtus[known] ?? opened.mtu;
  });
  const { generation, epoch } = built.snapshot;
  return buildSnapshot(config, mtus, index, generation + 1, epoch + 1, draining, built, host?.view, host?.slots);
}

/** Every way is asked for anew, by the configuration in use: a link or a next hop has changed its state. */
export async function republish(gateway: Gateway): Promise<void> {
  const { built, held } = gateway;
  const { generation, epoch } = built.snapshot;
  const snapshot = { ...built.snapshot, generation: generation + 1, epoch: epoch + 1 };
  await publish(gateway, { ...built, snapshot }, held);
}

/**
 * Once every worker goes by the configuration in use: closes the devices that are gone from it, and the room of routes that it has
 * no more is free for others.
 */
export function closeLeft(gateway: Gateway): void {
  if (lateWorkers(gateway).length > 0) return;
  closeIfaces(gateway.addon, gateway.left.splice(0), gateway.steering);
  const { fibStore, snapshot } = gateway.built;
  fibStore.retire(snapshot.fib.generation);
}

/**
 * The configuration in use goes on with other descriptors of its devices (`held`) and of those of networks (`ofNetworks`), or none of those
 * that are gone. Throws, with nothing changed, when a table has no room for what follows from other MTUs.
 */
export async function exchangeDevices(
  gateway: Gateway,
  held: readonly HeldDevice[],
  ofNetworks?: readonly HeldDevice[],
): Promise<void> {
  const host = gateway.host && { ...gateway.host, devices: ofNetworks ?? gateway.host.devices };
  if (ofNetworks !== undefined && held.every((one, i) => one === gateway.held[i])) {
    // No table depends on devices of networks.
    const { built } = gateway;
    const snapshot = { ...built.snapshot, generation: built.snapshot.generation + 1 };
    await publish(gateway, { ...built, snapshot }, held, host);
    return;
  }
  let next: Built;
  try {
    next = build(gateway, gateway.built.config, held, gateway.built.draining);
  } catch (error) {
    keepRoutes(gateway);
    throw error;
  }
  await publish(gateway, next, held, host);
  setImmediate(collectGarbage);
}

/** `held`: the devices of the configuration, in its order. */
async function publish(
  gateway: Gateway,
  next: Built,
  held: readonly HeldDevice[],
  host: HostSide | undefined = gateway.host,
): Promise<number[]> {
  const { built, index, supervisor, steering } = gateway;
  const snapshot = { ...next.snapshot, announce: announceNew(built, next, returned(gateway, held, host)) };
  keepPlaces(built.config, next.config, index, gateway.states[0]!.cursors);
  steering?.add(next, index.addresses());
  const late = await supervisor.publish(snapshot, gateway.borrowed(held, host));
  settleSides(gateway.addon, gateway.held, held);
  const gone = without(gateway.devices, [...held, ...(host?.devices ?? [])]);
  gateway.takeOver(next, held, host);
  if (late.length === 0) steering?.settle(next, index.addresses());
  // A worker that is late still reads from them.
  gateway.left.push(...gone);
  closeLeft(gateway);
  return late;
}
