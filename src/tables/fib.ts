/**
 * Policy routing as compiled by main: rules, tables, routes, next hops (dvr.md 4). Snapshot; what of it changes afterwards is
 * named. Addresses as loaded, unless said otherwise.
 */

/** Types of a route: RTN_ numbers of rtnetlink(7). */
export const enum FibType {
  Unicast = 1,
  Local = 2,
  Broadcast = 3,
  Multicast = 5,
  Blackhole = 6,
  Unreachable = 7,
  Prohibit = 8,
  Throw = 9,
}

/** Rows of 16 int32, one for each route; never changed once a trie leads to them. */
export const enum FibRoute {
  /** See FibType. */
  Type = 0,
  /** Octet; 0 = any. */
  Tos,
  /** Unsigned. */
  Metric,
  Scope,
  /** Source of packets of our own; 0 = that of the interface. */
  Source,
  /** Octets; 0 = that of the interface. */
  Mtu,
  /** 1: Mtu is not lowered by anything learned. */
  MtuLocked,
  /** Row of the first next hop, counted in FibNexthop.Words. */
  Nexthop,
  /** 0 for types that have none. */
  Nexthops,
  Destination,
  /** Prefix length. */
  Length,
  /** Number of the table, unsigned. */
  Table,
  /** The next route of the same prefix, in the order they are tried in: its row + 1, 0 = the last one. */
  Next,
  /** Types Local and Broadcast: address index of the port pools + 1; 0 = it has none. */
  Pool,
  /** See FibFlag. */
  Flags,
  Words = 16,
}

export const enum FibFlag {
  /** An external address of zones or static mappings: answered for, not the router's own. */
  Zone = 1,
  /** Made from an interface's address, not configured. */
  Kernel = 2,
}

/** Rows of 8 int32. Flags and UpperBound are stored by main while workers read them, each by one Atomics.store. */
export const enum FibNexthop {
  /** Router interface; -1 = `lo`, or none. */
  Rif = 0,
  /** 0 = the destination is on-link. */
  Gateway,
  Weight,
  /** Multipath: hashes (31 bits) up to this, and above that of the way before, take this way; -1 = none do. */
  UpperBound,
  /** See NexthopFlag. */
  Flags,
  /** Scope of the route the gateway was found by. */
  Scope,
  Words = 8,
}

export const enum NexthopFlag {
  /** Its device is gone or down, or its probes are not answered: passed over. */
  Dead = 1,
  /** No carrier: passed over when Fib.ignoreLinkdown. */
  Linkdown = 2,
  Onlink = 4,
}

export const enum FibAction {
  Lookup = 1,
  Goto = 2,
  Nop = 3,
  Blackhole = 6,
  Unreachable = 7,
  Prohibit = 8,
  /** Rewrite the source, then look up. */
  Nat = 10,
}

/** Rows of 32 int32, one for each rule, in order of evaluation. */
export const enum FibRule {
  /** See FibAction. */
  Action = 0,
  /** Bits of FibSelector: what has to be compared at all. */
  Selectors,
  From,
  FromMask,
  To,
  ToMask,
  Tos,
  /** Differentiated services code point (6 bits) and mask. */
  Dscp,
  DscpMask,
  /** Router interface; RIF_LO; RIF_UNKNOWN. */
  Iif,
  Oif,
  Mark,
  MarkMask,
  Protocol,
  /** Ports in host order. By range: Low, High. By mask (High = -1 - mask): Low is the value. */
  SportLow,
  SportHigh,
  DportLow,
  DportHigh,
  /** Unsigned. */
  UidLow,
  UidHigh,
  /** Low and high half of 64 bits. */
  TunnelLow,
  TunnelHigh,
  /** Lookup, Nat: index in Fib.roots of the table. */
  Table,
  /** Goto: row of the rule to go on with; -1 = none has that priority. */
  Target,
  /** Results as short as this are passed over; -1 = none. */
  SuppressLength,
  /** Results out of this interface group are passed over; -1 = none. */
  SuppressGroup,
  /** Nat: what the source becomes, by FromMask. */
  NatAddress,
  /** Unsigned. */
  Priority,
  Words = 32,
}

export const enum FibSelector {
  Not = 1,
  From = 2,
  To = 4,
  Tos = 8,
  Dscp = 0x10,
  Iif = 0x20,
  Oif = 0x40,
  Mark = 0x80,
  Protocol = 0x100,
  Sport = 0x200,
  Dport = 0x400,
  Uid = 0x800,
  Tunnel = 0x1000,
}

/** In place of a router interface: what the router itself sends; a name that no interface has. */
export const RIF_LO = -1;
export const RIF_ANY = -2;
export const RIF_UNKNOWN = -3;

/** What is asked: words of a key, filled by who asks. */
export const enum FibKey {
  Source = 0,
  Destination,
  /** Octet of the header. */
  Tos,
  /** Router interface, or RIF_LO. */
  Iif,
  /** Router interface, or RIF_ANY. */
  Oif,
  Mark,
  /** 0 = not said. */
  Protocol,
  /** Host order; -1 = it has none, or is a fragment: the kernel looks for ports in no fragment, not even the first. */
  SourcePort,
  DestinationPort,
  /** The result has this scope or a narrower one. */
  Scope,
  /** A forwarded packet has 0 here, as in Linux 6.18, where `uidrange 0-0` matches it. */
  Uid,
  TunnelLow,
  TunnelHigh,
  Words = 16,
}

/** What was found besides the route. */
export const enum FibResult {
  /** Row of the rule that decided; -1 = none. */
  Rule = 0,
  /** Row of the way to take (FibNexthop); -1 = none. */
  Nexthop,
  /** What the source becomes; 0 = it stays. A rule of action nat said so. */
  NatAddress,
  NatMask,
  /** Leading bits of the destination that the tables asked looked at, or a few more. */
  Bits,
  Words,
}

/** No route was found: why. Zero and above is the row of a route, whose type says what to do. */
export const enum FibError {
  /** No rule led to one: network unreachable. */
  None = -1,
  /** A rule of that action decided. */
  Unreachable = -2,
  Prohibit = -3,
  Blackhole = -4,
  /** Table local has the answer: nothing to send there. */
  Ours = -6,
  /** Nobody has asked before (resolve/wayCache.ts). */
  NotCached = -5,
}

export const enum MultipathPolicy {
  /** Both addresses. */
  Addresses = 0,
  /** Both addresses and ports, and the protocol; of fragments without the ports. */
  Ports = 1,
  /** Both addresses of the innermost packet in an IPv4, IPv6 or GRE tunnel, or of the packet itself (Linux: "layer 3 or inner layer 3"). */
  Inner = 2,
}

export interface Fib {
  /** Number of the snapshot (control/routing/fibStore.ts). */
  readonly generation: number;
  readonly ruleCount: number;
  readonly rules: Int32Array;
  /** Source prefix -> rules that may match it (routing/ruleClasses.ts). */
  readonly classTrie: Int32Array;
  readonly classLists: Int32Array;
  /** Nodes of all tables' tries (routing/routeTrie.ts). */
  readonly nodes: Int32Array;
  /** By index of the table: offset of its root in nodes; 0 = the table is empty. */
  readonly roots: Int32Array;
  readonly routes: Int32Array;
  readonly nexthops: Int32Array;
  /** By router interface: its group. */
  readonly groups: Int32Array;
  /** Indices in roots. */
  readonly localTable: number;
  readonly mainTable: number;
  readonly policy: MultipathPolicy;
  readonly ignoreLinkdown: boolean;
  /** FibSelector bits of what any rule looks at, with Tos for a route that has one. */
  readonly used: number;
  /** Tos, Dscp or Iif is among them: packets of one session may go different ways, so it keeps none. */
  readonly perPacket: boolean;
  /** Rule 0 is `from all lookup local`, and that table holds nothing but addresses and broadcasts: who asked the address trie may pass it by. */
  readonly localFirst: boolean;
}
