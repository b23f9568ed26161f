/**
 * Who asks the metadata endpoint of this host (dvr.md 2.15). Tenants use the same addresses, so towards the endpoint each fixed address of a
 * port has one that stands for it, from a range of the provider's that no guest ever sees. Snapshot, built by main.
 */

/** 169.254.169.254, as loaded. */
export const METADATA_ADDRESS: number = 0xfea9_fea9 | 0;
/** TCP port 80 of it, as loaded. */
export const METADATA_PORT = 0x5000;
/** TCP port that the proxy of this host listens to, in host order and as loaded. */
export const PROXY_PORT = 9697;
export const PROXY_PORT_WIRE: number = ((PROXY_PORT & 0xff) << 8) | (PROXY_PORT >> 8);

/** MACs on the TAP between the two, as words (tables/macWords.ts): the kernel's, 02:00:64:64:00:01, and ours, 02:00:64:64:00:02. */
export const enum MetadataMac {
  Head = 0x0002,
  KernelTail = 0x0100_6464,
  OwnTail = 0x0200_6464,
}

/** Rows of `MetadataTable.rows`, one for each address that stands for another. */
export const enum Stand {
  /** Number of the port; -1: the address stands for none. */
  Lport = 0,
  /** Its fixed address, and the one that stands for it, both as loaded. */
  Fixed,
  Address,
  /** MAC that answers come from: that of its router's interface on the network, as words (tables/macWords.ts). */
  MacA,
  MacB,
  Words = 5,
}

/** Rows of `MetadataTable.own`: a port has one for each fixed address, router of its network, and MAC that leads there. */
export const enum OwnStand {
  /** Offset in `rows`. */
  Stand = 0,
  /** MAC that is asked, as words. */
  MacA,
  MacB,
  Words = 3,
}

export interface MetadataTable {
  /** Slot of the TAP to the proxy; -1: there is none. */
  readonly slot: number;
  /** What the proxy listens to, as loaded. */
  readonly proxy: number;
  /** Address of row 0, in host order, int32. */
  readonly first: number;
  readonly rows: Int32Array;
  /** [lport * 2]: where its rows begin in `own`, and how many there are. */
  readonly ofLport: Int32Array;
  /** See OwnStand; those of a port together. */
  readonly own: Int32Array;
  /** New connections of a port: tokens. */
  readonly perSecond: number;
  readonly burst: number;
}

/** Offset of the row of a port's fixed address towards the router whose MAC it asked, or -1. */
export function standOf(t: MetadataTable, lport: number, fixed: number, macA: number, macB: number): number {
  if (lport < 0 || lport * 2 >= t.ofLport.length) return -1;
  const { own, rows } = t;
  const first = t.ofLport[lport * 2]! * OwnStand.Words;
  const end = first + t.ofLport[lport * 2 + 1]! * OwnStand.Words;
  for (let at = first; at < end; at += OwnStand.Words) {
    const row = own[at + OwnStand.Stand]!;
    if (own[at + OwnStand.MacB] === macB && own[at + OwnStand.MacA] === macA && rows[row + Stand.Fixed] === fixed) return row;
  }
  return -1;
}

/** Offset of the row of an address (host order, int32) that stands for a port's, or -1. */
export function standAt(t: MetadataTable, address: number): number {
  const at = ((address - t.first) | 0) * Stand.Words;
  return at >= 0 && at < t.rows.length && t.rows[at + Stand.Lport]! >= 0 ? at : -1;
}
