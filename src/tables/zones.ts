/**
 * Zones: ordered source prefixes; the first that covers the source decides, whatever its length, and there is no going on to
 * a later one (zones.md 1.3, ZON-1). Snapshot; the rr cursors and counters are state, found by the zone's state index, which
 * main keeps by name across reloads (D4).
 */
export const enum Zone {
  /** Index of cursor and counters. */
  State = 0,
  /** Its local addresses stand at First .. First + Count - 1 of `addresses` and `pools`. */
  First,
  Count,
  /** See Reject. */
  RejectExhausted,
  RejectEmpty,
  /** See Pooling. */
  Pooling,
  /** One octet per PortSpace (tcp, udp, icmp from the lowest): Mode bits. */
  Modes,
  /** Limits of each inside host (LIM-1, LIM-2): sessions, ports per protocol, half-open connections, new sessions per second, burst. */
  HostSessions,
  HostPorts,
  HostHalfOpen,
  HostRate,
  HostBurst,
  Words = 16,
}

/** How a zone chooses the local address of a session (zones.md 1.4). */
export const enum Pooling {
  /** Each session takes the next address (dsnat). */
  RoundRobin = 0,
  /** A host without sessions takes the next address and stays there while it has any. */
  RoundRobinHost,
  /** By the host's address. */
  Hash,
  /** The address with the fewest ports in use. */
  Least,
}

/** Bits of one protocol's octet in Zone.Modes. */
export const enum Mode {
  /** Translated at all (Z01). */
  On = 1,
  /** Endpoint-independent mapping (MAP-1); without it address-and-port-dependent, as dsnat. */
  Eim = 2,
  /** A port may serve several sessions with different remotes when none is free: port overloading (apdm), metered overlap (eim, MAP-3). */
  Overload = 4,
  /** Filtering (FIL-1): neither bit: apdf; Adf: from addresses talked to; Eif: from anywhere. */
  Adf = 8,
  Eif = 16,
}

/** What a refused sender is told (GEN-4). Values are ICMP codes of type 3, or Silent. */
export const enum Reject {
  Silent = -1,
  HostUnreachable = 1,
  PortUnreachable = 3,
  AdminProhibited = 13,
}

/** Gateways a router can have zones of. */
export const MAX_GATEWAYS = 255;

export interface Zones {
  /** Trie of zone rows by source, built so that the earliest zone wins. Of several gateways' zones those of the one that has the source. */
  readonly trie: Int32Array;
  /** The same of each gateway of a router that has several, by Rif.Zones - 1: what leaves by one is translated by its zones alone. */
  readonly ofGateways: readonly Int32Array[];
  /** By state number of a zone: Rif.Zones of its gateway's interface; 0: its router has one gateway. */
  readonly gatewayOf: Uint8Array;
  readonly rows: Int32Array;
  /** Local addresses, as loaded. */
  readonly addresses: Int32Array;
  /** Index of each among the port pools. */
  readonly pools: Int32Array;
  /** By index among the port pools: 1 for an address that takes new sessions. */
  readonly offered: Uint8Array;
  /** Reject for sources in no zone. */
  readonly rejectNoZone: number;
}
