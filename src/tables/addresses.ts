/**
 * What an address is to the gateway, in at most four loads: a trie (prefixTrie.ts) of indices into rows of 4 int32, built by main
 * from interfaces, zones, static mappings and table local. Snapshot. Where packets go is another question (tables/fib.ts).
 */
export const enum AddressKind {
  /** In the subnet of an interface. */
  Connected = 0,
  /** One of the router's own. */
  Local,
  /** A zone's or a static mapping's: not the router's, but answered for. */
  Zone,
  /** Network or broadcast address of a subnet. */
  Broadcast,
  /** A floating IP that this host serves: not the exit's, but answered for on the interface it is behind. */
  Floating,
}

export const enum AddressRow {
  /** See AddressKind. */
  Kind = 0,
  /** Router interface it is on; -1 = it is routed to us. */
  Rif,
  /** Kinds Local and Zone: address index of its port pools + 1; 0 = it has none. */
  Pool,
  Words = 4,
}

export interface Addresses {
  readonly trie: Int32Array;
  readonly rows: Int32Array;
}

/** Address index of the port pools that the address in row `row` has; -1 when it has none, or there is no row. */
export function poolAddressOf(rows: Int32Array, row: number): number {
  if (row < 0) return -1;
  const at = row * AddressRow.Words;
  const kind = rows[at + AddressRow.Kind];
  return kind === AddressKind.Local || kind === AddressKind.Zone ? rows[at + AddressRow.Pool]! - 1 : -1;
}
