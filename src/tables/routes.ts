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

/** Address index of the port pools that the address of a route has; -1 when it has none, or the route is no Local or Zone route. */
export function poolAddressOf(rows: Int32Array, route: number): number {
  if (route < 0) return -1;
  const at = route * Route.Words;
  const type = rows[at + Route.Type];
  return type === RouteType.Local || type === RouteType.Zone ? rows[at + Route.Gateway]! - 1 : -1;
}
