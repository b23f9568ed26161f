import { CounterRoom, STATIC_ZONE } from '../shared/counters.js';
import { BLOCK_PORTS, BLOCKS, type PortBlocks, PortSpace } from '../tables/portBlocks.js';
import { GATEWAY_ROUTER, MAX_IFACES, MAX_LPORTS, MAX_ROUTERS } from '../tables/rifs.js';

/** Tables that the objects of a cloud fill. */
export type RoomTable = 'lports' | 'rifs' | 'zones' | 'addresses' | 'routers';

/** Networks that one host can have a part of. */
const MAX_NETWORKS = 16_384;

/** Rows of each table, but for local addresses, of which limits.localAddresses says it. */
export const ROOM: Readonly<Record<Exclude<RoomTable, 'addresses'>, number>> = {
  lports: MAX_LPORTS,
  rifs: CounterRoom.FirstDevice,
  zones: STATIC_ZONE,
  routers: MAX_ROUTERS,
};

/**
 * Which slot of the state a zone, local address, router interface or device has. State outlives configurations, so the slots
 * are given by name and address and kept across reloads: the rr cursor, the counters, the port pools and the neighbours stay
 * with their owner (D4).
 */
export class StateIndex {
  readonly #zones = new Slots<string>();
  readonly #addresses = new Slots<number>();
  readonly #rifs = new Slots<string>();
  readonly #ifaces = new Slots<string>();
  readonly #networks = new Slots<string>();
  readonly #lports = new Slots<string>();
  readonly #routers = new Slots<string>();
  readonly #stands = new Slots<string>();

  constructor(private readonly ports: PortBlocks) {}

  /** How many port pools there are per protocol. */
  get pools(): number {
    return this.ports.addresses;
  }

  /** Index of cursor and counters of the zone. */
  zone(name: string): number {
    return this.#zones.slotOf(name, STATIC_ZONE, 'zones');
  }

  /** Number of a router interface of networks: its row, its counters. One of a device of the configuration may be called so too: `ifaceRif`. */
  rif(name: string): number {
    return this.#rifs.slotOf(name, CounterRoom.FirstDevice, 'router interfaces');
  }

  /** The same of one of the configuration's devices: objects know nothing of its name, and another host may apply one with an interface called so. */
  ifaceRif(name: string): number {
    return this.#rifs.slotOf(ifaceRifKey(name), CounterRoom.FirstDevice, 'router interfaces');
  }

  /** Number of the device among every worker's interfaces. `device` tells kind, name and namespace. */
  iface(device: string): number {
    return this.#ifaces.slotOf(device, MAX_IFACES, 'devices');
  }

  network(name: string): number {
    return this.#networks.slotOf(name, MAX_NETWORKS, 'networks');
  }

  /** Number of an lport of this host; its device's slot follows from it. */
  lport(name: string): number {
    return this.#lports.slotOf(name, MAX_LPORTS, 'lports');
  }

  /**
   * Number of what has routing tables of its own, above the gateway's, by its kind and the name of the object it follows from:
   * names shown may meet.
   */
  router(kind: 'replica' | 'service' | 'exit', of: string): number {
    return GATEWAY_ROUTER + 1 + this.#routers.slotOf(routerKey(kind, of), MAX_ROUTERS, 'routers');
  }

  /** Number of a port's fixed address among the `most` that metadata has addresses for; undefined: all are taken. */
  stand(key: string, most: number): number | undefined {
    return this.#stands.known.get(key) ?? this.#stands.take(key, most);
  }

  /** Index of the address among the port pools; its ranges are written when it is first seen, or seen again after forgetAddress. */
  address(address: number, low: number, high: number): number {
    const known = this.#addresses.known.get(address);
    if (known !== undefined) return known;
    const slot = this.#addresses.take(address, this.ports.addresses);
    if (slot === undefined)
      throw new RangeError(`more than limits.localAddresses (${this.ports.addresses}) local addresses, draining ones included`);
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
    const slot = this.#addresses.known.get(address);
    return slot === undefined ? undefined : { low: this.ports.range[slot * 2]!, high: this.ports.range[slot * 2 + 1]! };
  }

  /** Gives the slot of an address back. No worker may know the address any more, and no session may hold a port of it. */
  forgetAddress(address: number): void {
    this.#addresses.forget(address);
  }

  /**
   * Gives the slot of a zone, router interface or device back. No worker may go by a configuration with it any more, and
   * nothing may be in use under it: no session of the zone, no neighbour of the router interface, no frame of the device.
   */
  forget(kind: 'zones' | 'rifs' | 'ifaces' | 'networks' | 'lports' | 'routers' | 'stands', name: string): void {
    const kinds = {
      zones: this.#zones,
      rifs: this.#rifs,
      ifaces: this.#ifaces,
      networks: this.#networks,
      lports: this.#lports,
      routers: this.#routers,
      stands: this.#stands,
    };
    kinds[kind].forget(name);
  }

  /** Gives back, when called, every slot given since: what a configuration took that was refused in the end. */
  mark(): () => void {
    const all = [
      this.#zones,
      this.#addresses,
      this.#rifs,
      this.#ifaces,
      this.#networks,
      this.#lports,
      this.#routers,
      this.#stands,
    ];
    const undo = all.map((slots) => slots.mark());
    return () => {
      for (const back of undo) back();
    };
  }

  /** How many rows each has, and whose are taken. */
  tables(): Readonly<Record<RoomTable, { readonly most: number; readonly known: readonly (string | number)[] }>> {
    const table = <K extends string | number>(most: number, slots: Slots<K>) => ({ most, known: [...slots.known.keys()] });
    return {
      lports: table(ROOM.lports, this.#lports),
      rifs: table(ROOM.rifs, this.#rifs),
      zones: table(ROOM.zones, this.#zones),
      addresses: table(this.ports.addresses, this.#addresses),
      routers: table(ROOM.routers, this.#routers),
    };
  }

  zoneNames(): ReadonlyMap<string, number> {
    return this.#zones.known;
  }

  addresses(): ReadonlyMap<number, number> {
    return this.#addresses.known;
  }

  rifNames(): ReadonlyMap<string, number> {
    return this.#rifs.known;
  }

  networkNames(): ReadonlyMap<string, number> {
    return this.#networks.known;
  }

  lportNames(): ReadonlyMap<string, number> {
    return this.#lports.known;
  }

  stands(): ReadonlyMap<string, number> {
    return this.#stands.known;
  }

  devices(): ReadonlyMap<string, number> {
    return this.#ifaces.known;
  }
}

/** What a router interface of a device of the configuration is known by among all of the host; no name has a space. */
export function ifaceRifKey(name: string): string {
  return `iface ${name}`;
}

/** What the number of a router belongs to. */
export function routerKey(kind: 'replica' | 'service' | 'exit', of: string): string {
  return `${kind} ${of}`;
}

/** The names of numbers. */
export function namesOf(numbers: ReadonlyMap<string, number>): Map<number, string> {
  return new Map([...numbers].map(([name, number]) => [number, name]));
}

/** Slots by key. A key keeps its slot until it is forgotten. */
class Slots<K> {
  readonly known = new Map<K, number>();
  /** Slots below the highest given that no key has; the one that was given back first is used first. */
  readonly #free: number[] = [];

  slotOf(key: K, most: number, what: string): number {
    const slot = this.known.get(key) ?? this.take(key, most);
    if (slot === undefined)
      throw new RangeError(`more than ${most} ${what}, those that were removed and are still in use included; try again later`);
    return slot;
  }

  /** Undefined when all are taken. */
  take(key: K, most: number): number | undefined {
    if (this.known.size >= most) return undefined;
    const slot = this.#free.shift() ?? this.known.size;
    this.known.set(key, slot);
    return slot;
  }

  forget(key: K): void {
    const slot = this.known.get(key);
    if (slot === undefined) return;
    this.known.delete(key);
    this.#free.push(slot);
  }

  mark(): () => void {
    const before = new Set(this.known.keys());
    const free = [...this.#free];
    return () => {
      for (const key of [...this.known.keys()]) if (!before.has(key)) this.known.delete(key);
      this.#free.splice(0, this.#free.length, ...free);
    };
  }
}
