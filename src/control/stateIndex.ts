import { CounterRoom } from '../shared/counters.js';
import { BLOCKS, BLOCK_PORTS, type PortBlocks, PortSpace } from '../tables/portBlocks.js';

/**
 * Which slot of the state a zone or local address has. State outlives configurations, so the slots are given by name and
 * address and kept across reloads: the rr cursor, the counters and the port pools stay with their owner (D4).
 */
export class StateIndex {
  readonly #zones = new Map<string, number>();
  readonly #addresses = new Map<number, number>();

  constructor(private readonly ports: PortBlocks) {}

  /** Index of cursor and counters of the zone. */
  zone(name: string): number {
    const known = this.#zones.get(name);
    if (known !== undefined) return known;
    const slot = this.#zones.size;
    if (slot >= CounterRoom.Zones) throw new RangeError(`more than ${CounterRoom.Zones} zones since the start`);
    this.#zones.set(name, slot);
    return slot;
  }

  /** Index of the address among the port pools; its ranges are written when it is first seen. */
  address(address: number, low: number, high: number): number {
    const known = this.#addresses.get(address);
    if (known !== undefined) return known;
    const slot = this.#addresses.size;
    if (slot >= this.ports.addresses) throw new RangeError(`more than ${this.ports.addresses} local addresses since the start`);
    this.#addresses.set(address, slot);
    for (let space = 0; space < PortSpace.Count; space++) {
      const pool = space * this.ports.addresses + slot;
      const icmp = space === PortSpace.Icmp;
      this.ports.range[pool * 2] = icmp ? 0 : low;
      this.ports.range[pool * 2 + 1] = icmp ? BLOCKS * BLOCK_PORTS - 1 : high;
    }
    return slot;
  }

  zoneNames(): ReadonlyMap<string, number> {
    return this.#zones;
  }

  addresses(): ReadonlyMap<number, number> {
    return this.#addresses;
  }
}
