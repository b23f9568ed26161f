/** Where frames of a router interface that is gone end: an outlet nobody sends from. */
export const GONE_IFACE = 30;

/** Devices with router interfaces, and those of physical networks: slots from 0. */
export const MAX_IFACES = 30;

/**
 * Not a device: what a router interface of a network is on (src/switching). As the device of a frame that waits or changes hands: it came to
 * the router interface whose number is its tag.
 */
export const NETWORK_IFACE = 31;

/** Slots of lports' devices begin here: FIRST_LPORT + number of the lport. */
export const FIRST_LPORT = 32;

/** Lports a host can have. */
export const MAX_LPORTS = 1024;

/** Router a device's own router interfaces belong to: the gateway of the configuration file. */
export const GATEWAY_ROUTER = 0;

/** Routers beside it that a host can have, numbered from 1. Sessions have 15 bits for the number. */
export const MAX_ROUTERS = 8192;

/**
 * Router interfaces: one per (device, VLAN), or per subnet of a distributed router. Snapshot, built by main. Rows of 16 int32; MACs in
 * a column of their own.
 * A number belongs to a name for the life of the process; the row of a router interface that is gone has Iface GONE_IFACE.
 */
export const enum Rif {
  /** Slot of the device; NETWORK_IFACE when it is on a network. */
  Iface = 0,
  /** 1 to 4094, or 0 untagged. */
  Vlan,
  /** See RifRole. */
  Role,
  Mtu,
  /** First address, as loaded; the source of ICMP errors and ARP requests. */
  Address,
  /** Netmask of the first address, as loaded. */
  Mask,
  /** Offset of its rows in `Rifs.addresses`, -1 when it has no address. */
  Addresses,
  /** See ReversePath. */
  ReversePath,
  /** Whose routes it goes by: GATEWAY_ROUTER, or number of a router (tables/routers.ts). */
  Router,
  /** Network it is on; -1: it is on a device. */
  Network,
  /** See RifFlag. */
  Flags,
  /** 1 + place of the zones of what leaves by it in Zones.ofGateways; 0: those of its router. */
  Zones,
  Words = 16,
}

export const enum RifFlag {
  /** On a network, and on this host alone: its MAC crosses the fabric (sg-, qg-, fg-; dvr.md 1.2, I4). */
  Unique = 1,
  /** Outside, and what leaves by it keeps its source unless it has a static mapping (enable_snat=false). */
  Untranslated = 2,
  /**
   * Of floating IPs (dvr.md 2.7): with Unique the exit's on an external network; else one of the two between a replica and the
   * exit, on no network.
   */
  Exit = 4,
  /** Of a SNAT service that another host takes when the lease of this one is over: see ControlWord.ServeUntil. */
  Leased = 8,
}

export const enum RifRole {
  Inside = 0,
  Outside = 1,
}

/** Reverse-path filter (RFC 3704): what the route to a frame's source has to be. */
export const enum ReversePath {
  Off = 0,
  /** One there is, by whatever interface. */
  Loose,
  /** One that leaves by the interface the frame came in by. */
  Strict,
}

/** A row of `Rifs.addresses`: those of one router interface stand together, in the order of the file. */
export const enum RifAddress {
  Rif = 0,
  /** As loaded, both. */
  Address,
  Mask,
  Words = 3,
}

export interface Rifs {
  readonly count: number;
  /** Behind the last one that is on a device: what is sent by those on networks counts for the devices of others. */
  readonly onDevices: number;
  readonly rows: Int32Array;
  /** Six octets each, eight apart. */
  readonly macs: Uint8Array;
  /** MACs once more as words for comparing: first two octets (u16), last four (i32). */
  readonly macWords: Int32Array;
  /** [iface][vlan]: rif + 1, or 0. 4,096 per device. */
  readonly byVlan: Uint16Array;
  /** All addresses of all router interfaces: rows of RifAddress.Words. */
  readonly addresses: Int32Array;
  /** [slot]: 1 when a router interface of the device has a reverse-path filter. */
  readonly filters: Uint8Array;
}

/**
 * The router interface's address in the subnet of `neighbor`, else its first one; 0 when it has none. What the router sends by
 * it to `neighbor` comes from there (RFC 1812 4.3.2.4).
 */
export function ownAddressTowards(t: Rifs, rif: number, neighbor: number): number {
  const a = t.addresses;
  const first = t.rows[rif * Rif.Words + Rif.Addresses]!;
  for (let at = first; at >= 0 && at < a.length && a[at + RifAddress.Rif] === rif; at += RifAddress.Words) {
    if (((a[at + RifAddress.Address]! ^ neighbor) & a[at + RifAddress.Mask]!) === 0) return a[at + RifAddress.Address]!;
  }
  return t.rows[rif * Rif.Words + Rif.Address]!;
}

/** The router interface for a device and VLAN id, or -1. */
export function rifOf(t: Rifs, iface: number, vlan: number): number {
  return t.byVlan[(iface << 12) | vlan]! - 1;
}
