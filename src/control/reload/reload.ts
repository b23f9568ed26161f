import type { Config } from '../../config/config.js';
import type { DrainingAddress } from '../buildRoutes.js';
import { buildSnapshot } from '../buildSnapshot.js';
import type { Gateway } from '../gateway.js';
import { borrowed, closeIfaces, type HeldIface, heldAs, openMissing } from '../openIfaces.js';
import { type Change, changesBetween } from './changes.js';
import { drainingAfter } from './draining.js';
import { restartOnly } from './restartOnly.js';

/** What a reload did. */
export interface ReloadResult {
  readonly changes: readonly Change[];
  /** Why nothing was changed; empty when it was. */
  readonly refused: readonly string[];
  readonly generation: number;
  /** Workers that did not take the configuration over in time; it waits for them in their channel. */
  readonly lateWorkers: readonly number[];
  readonly draining: readonly DrainingAddress[];
}

/**
 * Takes a checked configuration over as a difference (K13): devices that are new are opened first, the tables are built, every
 * worker swaps references between two turns, and only then are devices that are gone closed. No frame and no session is lost
 * (D42). When anything refuses, nothing has changed. Throws a WindroseError when a device cannot be opened.
 */
export async function reload(gateway: Gateway, after: Config, configFile: string): Promise<ReloadResult> {
  const before = gateway.built;
  const changes = changesBetween(before.config, after);
  const refused = restartOnly(gateway, after);
  const unchanged = { changes, refused, generation: before.snapshot.generation, lateWorkers: [], draining: before.draining };
  if (refused.length > 0 || changes.length === 0) return unchanged;
  const opened = openMissing(gateway.addon, after, gateway.held, configFile);
  try {
    return { changes, refused, ...(await publish(gateway, after, opened)) };
  } catch (error) {
    closeIfaces(
      gateway.addon,
      opened.filter(({ config }) => heldAs(gateway.held, config) === undefined),
    );
    throw error;
  }
}

/** Forgets draining addresses whose last session has ended. */
export async function forgetDrained(gateway: Gateway): Promise<void> {
  const { config, draining } = gateway.built;
  if (draining.length === 0) return;
  const active = new Set(config.zones.flatMap((zone) => zone.localAddresses));
  if (drainingAfter(gateway, active).length < draining.length) await publish(gateway, config, gateway.held);
}

/** `held`: the devices of `config`, in its order. */
async function publish(gateway: Gateway, config: Config, held: readonly HeldIface[]) {
  const { built, index, supervisor, addon } = gateway;
  const active = new Set(config.zones.flatMap((zone) => zone.localAddresses));
  const draining = drainingAfter(gateway, active);
  const mtus = held.map(({ config: { device, netns } }) => addon.linkInfo(device, netns).mtu);
  const next = buildSnapshot(config, mtus, index, built.snapshot.generation + 1, built.snapshot.epoch + 1, draining);
  const lateWorkers = await supervisor.publish(next.snapshot, borrowed(held, config.workers, index));
  const gone = gateway.held.filter((old) => heldAs(held, old.config) === undefined);
  gateway.takeOver(next, held);
  // A worker that is late still reads from them: they are closed with the process then.
  if (lateWorkers.length === 0) closeIfaces(addon, gone);
  return { generation: next.snapshot.generation, lateWorkers, draining };
}
