import { CounterRoom, ZoneCounter } from '../../shared/counters.js';
import { Adjacency, NeighborState, NeighborsHead } from '../../tables/neighbors.js';
import { FIRST_LPORT, NETWORK_IFACE } from '../../tables/rifs.js';
import type { State } from '../../tables/state.js';
import type { WireIpv4 } from '../../types/ipv4.js';
import { deviceKey, METADATA_KEY, physnetKey, tunnelKey } from '../buildRifs.js';
import type { Gateway } from '../gateway.js';
import type { HeldDevice } from '../openIfaces.js';
import { beginAnew } from '../show/baselines.js';
import { zoneTotal } from '../show/totals.js';
import { ifaceRifKey } from '../stateIndex.js';
import { inUse, lateWorkers } from './draining.js';

/** How long a name is gone before its slot goes to another: frames wait for a neighbour no longer than 1 s. */
const REST_MS = 5000;

type Indexed = Pick<Gateway, 'built' | 'states' | 'index'> & { readonly host?: SideNames | undefined };

/** What of a host of distributed routers has slots among the devices. */
interface SideNames {
  readonly devices: readonly Pick<HeldDevice, 'of' | 'config'>[];
  readonly tunnels: readonly { readonly name: string }[];
}

/**
 * Gives the slots of devices, lports, router interfaces, zones and local addresses back that neither the configuration nor the objects name
 * any more and nothing uses. Without it a gateway would run out of them after so many names since its start.
 */
export class SlotReturn {
  /** Since when each is gone, milliseconds of the caller's clock. */
  #gone = new Map<string, number>();

  /** Looks once; to be called between reloads, never during one. */
  look(gateway: Indexed, nowMs: number): void {
    const { built, states, index, host } = gateway;
    // A worker that is late still goes by a configuration that names them.
    if (lateWorkers(gateway).length > 0) return;
    const gone = new Map<string, number>();
    const rested = (what: string): boolean => {
      const since = this.#gone.get(what) ?? nowMs;
      gone.set(what, since);
      return nowMs - since >= REST_MS;
    };
    const ofNetworks = host?.devices ?? [];
    const named = (of: HeldDevice['of']) => ofNetworks.flatMap((one) => (one.of === of ? [one.config.name] : []));
    const devices = new Set([
      ...built.config.ifaces.map(deviceKey),
      ...named('physnet').map(physnetKey),
      ...(host?.tunnels ?? []).map(({ name }) => tunnelKey(name)),
      ...named('metadata').map(() => METADATA_KEY),
    ]);
    for (const [device, slot] of [...index.devices()]) {
      if (devices.has(device) || !rested(`device ${device}`)) continue;
      beginAnew(states, 'rifs', CounterRoom.FirstDevice + slot);
      index.forget('ifaces', device);
    }
    const lports = new Set(named('lport'));
    for (const [name, number] of [...index.lportNames()]) {
      if (lports.has(name) || !rested(`lport ${name}`)) continue;
      beginAnew(states, 'rifs', CounterRoom.FirstDevice + FIRST_LPORT + number);
      index.forget('lports', name);
    }
    const stands = new Set(built.stands.map(({ key }) => key));
    for (const key of [...index.stands().keys()]) if (!stands.has(key) && rested(`stand ${key}`)) index.forget('stands', key);
    const rifs = new Set(
      built.rifs.map(({ config, iface }) => (iface === NETWORK_IFACE ? config.name : ifaceRifKey(config.name))),
    );
    for (const [name, slot] of [...index.rifNames()]) {
      if (rifs.has(name) || !rested(`rif ${name}`) || hasNeighbors(states, slot)) continue;
      beginAnew(states, 'rifs', slot);
      index.forget('rifs', name);
    }
    const zones = new Set([...built.zones.map(({ name }) => name), ...built.draining.map(({ zone }) => zone)]);
    for (const [name, slot] of [...index.zoneNames()]) {
      if (zones.has(name) || !rested(`zone ${name}`) || hasSessions(states, slot)) continue;
      beginAnew(states, 'zones', slot);
      Atomics.store(states[0]!.cursors, slot, 0);
      index.forget('zones', name);
    }
    const addresses = new Set<number>(built.draining.map(({ address }) => address));
    for (const { localAddresses, draining } of built.zones)
      for (const address of [...localAddresses, ...draining]) addresses.add(address);
    for (const address of [...index.addresses().keys()]) {
      if (addresses.has(address) || !rested(`address ${address}`) || inUse(gateway, address as WireIpv4)) continue;
      index.forgetAddress(address);
    }
    this.#gone = gone;
  }
}

/** A neighbour stays as long as sessions point to it, and some time after (neighborTimers.stale). */
function hasNeighbors(states: readonly State[], rif: number): boolean {
  return states.some(({ neighbors: { rows, head } }) => {
    for (let i = head[NeighborsHead.HighWater]! - 1; i >= 0; i--) {
      const row = i * Adjacency.Words;
      if (rows[row + Adjacency.State] !== NeighborState.Free && rows[row + Adjacency.Rif] === rif) return true;
    }
    return false;
  });
}

/** An address may have gone to another zone with the sessions it had: they still end in the zone that made them. */
function hasSessions(states: readonly State[], zone: number): boolean {
  return zoneTotal(states, zone, ZoneCounter.Created) > zoneTotal(states, zone, ZoneCounter.Ended);
}
