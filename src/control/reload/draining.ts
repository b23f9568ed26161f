import type { Config } from '../../config/config.js';
import { ControlWord } from '../../shared/control.js';
import { headOf, PoolHead, PortSpace } from '../../tables/portBlocks.js';
import type { WireIpv4 } from '../../types/ipv4.js';
import type { DrainingAddress } from '../buildAddresses.js';
import type { Built } from '../buildSnapshot.js';
import type { Gateway } from '../gateway.js';

/**
 * The addresses that take no new session under `after`: those it calls draining, and every one that `before` served and
 * `after` does not, whether used or not - a worker that still goes by `before` may be making its first session right now.
 * `before` is undefined at the start.
 */
export function drainingAfter(
  before: Pick<Built, 'config' | 'draining'> | undefined,
  after: Config,
  nowMs: number,
): DrainingAddress[] {
  const earlier = new Map<WireIpv4, DrainingAddress>(before?.draining.map((one) => [one.address, one]));
  const served =
    before === undefined
      ? []
      : before.config.zones.flatMap((zone) => zone.localAddresses.map((address) => ({ address, zone: zone.name })));
  const active = new Set(after.zones.flatMap((zone) => zone.localAddresses));
  const removed = new Set(after.zones.flatMap((zone) => zone.removed));
  const found = new Map<WireIpv4, DrainingAddress>();
  const add = (address: WireIpv4, zone: string, state: DrainingAddress['state']): void => {
    const sinceMs = earlier.get(address)?.sinceMs ?? nowMs;
    if (!active.has(address)) found.set(address, { address, zone, state: removed.has(address) ? 'removed' : state, sinceMs });
  };
  for (const { address, zone, state } of earlier.values()) add(address, zone, state);
  for (const { address, zone } of served) add(address, zone, 'draining');
  for (const zone of after.zones) for (const address of zone.draining) add(address, zone.name, 'draining');
  return [...found.values()];
}

/** Those that must stay: named by the configuration, or used. Only to be believed once every worker goes by the tables in use. */
export function stillDraining(gateway: Gateway): DrainingAddress[] {
  const { config, draining } = gateway.built;
  const named = new Set(config.zones.flatMap((zone) => zone.draining));
  return draining.filter(({ address }) => named.has(address) || inUse(gateway, address));
}

/** Those whose sessions are to be ended now: removed ones, and after `drainTimeout` all. */
export function overdue(gateway: Gateway, nowMs: number): DrainingAddress[] {
  const { config, draining } = gateway.built;
  const over = ({ state, sinceMs }: DrainingAddress): boolean =>
    state === 'removed' || (config.drainTimeout !== undefined && nowMs - sinceMs >= config.drainTimeout);
  return draining.filter((one) => over(one) && inUse(gateway, one.address));
}

/** True while any worker has a session of the address, or holds a port of it back. */
export function inUse(gateway: Pick<Gateway, 'index' | 'states'>, address: WireIpv4): boolean {
  return sumOf(gateway, address, PoolHead.PortsUsed) > 0;
}

/** Sessions of an address. */
export function sessionsOf(gateway: Pick<Gateway, 'index' | 'states'>, address: WireIpv4): number {
  return sumOf(gateway, address, PoolHead.Sessions);
}

/** What the workers know of the pools of an address, summed. */
function sumOf({ index, states }: Pick<Gateway, 'index' | 'states'>, address: WireIpv4, word: PoolHead): number {
  const slot = index.addresses().get(address);
  if (slot === undefined) return 0;
  let sum = 0;
  for (let space = 0; space < PortSpace.Count; space++) {
    states.forEach(({ ports }, worker) => {
      sum += ports.heads[headOf(ports, worker, space * ports.addresses + slot) + word]!;
    });
  }
  return sum;
}

/** Workers that do not go by the tables in use yet. */
export function lateWorkers({ states, built }: Pick<Gateway, 'states' | 'built'>): number[] {
  return states.flatMap(({ control }, id) =>
    Atomics.load(control, ControlWord.Acknowledged) === built.snapshot.generation ? [] : [id],
  );
}
