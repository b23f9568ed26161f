/** Where frames of a router interface that is gone end: an outlet nobody sends from. */
export const GONE_IFACE = 30;

/** Devices a worker can have: the addon's handles. */
export const MAX_IFACES = 30;

/**
 * Router interfaces: one per (device, VLAN). Snapshot, built by main. Rows of 8 int32; MACs in a column of their own.
 * A number belongs to a name for the life of the process; the row of a router interface that is gone has Iface GONE_IFACE.
 */
export const enum Rif {
  /** Number of the device among the worker's interfaces. */
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
  Words = 8,
}

export const enum RifRole {
  Inside = 0,
  Outside = 1,
}

export interface Rifs {
  readonly count: number;
  readonly rows: Int32Array;
  /** Six octets each, eight apart. */
  readonly macs: Uint8Array;
  /** MACs once more as words for comparing: first two octets (u16), last four (i32). */
  readonly macWords: Int32Array;
  /** [iface][vlan]: rif + 1, or 0. 4,096 per device. */
  readonly byVlan: Uint16Array;
}

/** The router interface for a device and VLAN id, or -1. */
export function rifOf(t: Rifs, iface: number, vlan: number): number {
  return t.byVlan[(iface << 12) | vlan]! - 1;
}
