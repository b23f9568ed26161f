import { CounterRoom } from '../shared/counters.js';
import { BLOCK_PORTS, BLOCKS, type PortBlocks, PortSpace } from '../tables/portBlocks.js';
import { MAX_IFACES } from '../tables/rifs.js';

/**
 * Which slot of the state a zone, local address, router interface or device has. State outlives configurations, so the slots
 * are given by name and address and kept across reloads: the rr cursor, the counters, the port pools and the neighbours stay
 * with their owner (D4).
 */
export class StateIndex {
  readonly #zones = new Map<string, number>();
  readonly #addresses = new Map<number, number>();
  /** Slots below the highest given that no address has; the one that was given back first is used first. */
  readonly #freeAddresses: number[] = [];
  readonly #rifs = new Map<string, number>();
  readonly #ifaces = new Map<string, number>();

  constructor(private readonly ports: PortBlocks) {}

  /** Index of cursor and counters of the zone. */
  zone(name: string): number {
    return slotOf(this.#zones, name, CounterRoom.Zones, 'zones');
  }

  /** Number of the router interface: its row, its counters. */
  rif(name: string): number {
    return slotOf(this.#rifs, name, CounterRoom.FirstDevice, 'router interfaces');
  }

  /** Number of the device among every worker's interfaces. `device` tells kind, name and namespace. */
  iface(device: string): number {
    return slotOf(this.#ifaces, device, MAX_IFACES, 'devices');
  }

  /** Index of the address among the port pools; its ranges are written when it is first seen, or seen again after forgetAddress. */
  address(address: number, low: number, high: number): number {
    const known = this.#addresses.get(address);
    if (known !== undefined) return known;
    const slot = this.#freeAddresses.shift() ?? this.#addresses.size;
    if (slot >= this.ports.addresses)
      throw new RangeError(`more than limits.localAddresses (${this.ports.addresses}) local addresses, draining ones included`);
    this.#addresses.set(address, slot);
    for (let space = 0; space < PortSpace.Count; space++) {
      const pool = space * this.ports.addresses + slot;
      const icmp = space === PortSpace.Icmp;
      this.ports.range[pool * 2] = icmp ? 0 : low;
      this.ports.range[pool * 2 + 1] = icmp ? BLOCKS * BLOCK_PORTS - 1 : high;
    }
    return slot;
  }

  /** Ports the address hands out, both included; undefined for one that has none. */
  rangeOf(address: number): { low: number; high: number } | undefined {
    const slot = this.#addresses.get(address);
    return slot === undefined ? undefined : { low: this.ports.range[slot * 2]!, high: this.ports.range[slot * 2 + 1]! };
  }

  /** Gives the slot of an address back. No worker may know the address any more, and no session may hold a port of it. */
  forgetAddress(address: number): void {
    const slot = this.#addresses.get(address);
    if (slot === undefined) return;
    this.#addresses.delete(address);
    this.#freeAddresses.push(slot);
  }

  /** Gives back, when called, every slot given since: what a configuration took that was refused in the end. */
  mark(): () => void {
    const undo = [forgetter(this.#zones), forgetter(this.#addresses), forgetter(this.#rifs), forgetter(this.#ifaces)];
    const free = [...this.#freeAddresses];
    return () => {
      for (const forget of undo) forget();
      this.#freeAddresses.splice(0, this.#freeAddresses.length, ...free);
    };
  }

  zoneNames(): ReadonlyMap<string, number> {
    return this.#zones;
  }

  addresses(): ReadonlyMap<number, number> {
    return this.#addresses;
  }
}

/** The slot of `key`, given on first sight and never taken back. */
function slotOf(slots: Map<string, number>, key: string, most: number, what: string): number {
  const known = slots.get(key);
  if (known !== undefined) return known;
  const slot = slots.size;
  if (slot >= most) throw new RangeError(`more than ${most} ${what} since the start`);
  slots.set(key, slot);
  return slot;
}

/** Deletes, when called, the keys that came since. */
function forgetter<K>(slots: Map<K, number>): () => void {
  const before = new Set(slots.keys());
  return () => {
    for (const key of [...slots.keys()]) if (!before.has(key)) slots.delete(key);
  };
}
