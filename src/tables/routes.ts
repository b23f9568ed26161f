/** Routes as compiled by main: a trie of indices into rows of 4 int32. Snapshot. */
export const enum RouteType {
  /** Directly attached: the destination is the next hop. */
  Connected = 0,
  /** Through a next hop. */
  Via,
  /** One of the router's own addresses. */
  Local,
  /** A zone's local address: not the router's, but answered for. */
  Zone,
  /** Network or broadcast address of a connected subnet. */
  Broadcast,
  Unreachable,
  Prohibit,
  Blackhole,
}

export const enum Route {
  Type = 0,
  Rif,
  /** Next hop of a Via route, as loaded. Of a Local or Zone route: address index of its port pools + 1, 0 = it has none. */
  Gateway,
  Words = 4,
}

export interface Routes {
  readonly trie: Int32Array;
  readonly rows: Int32Array;
}
