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
  Words = 8,
}

/** What a refused sender is told (GEN-4). Values are ICMP codes of type 3, or Silent. */
export const enum Reject {
  Silent = -1,
  HostUnreachable = 1,
  PortUnreachable = 3,
  AdminProhibited = 13,
}

export interface Zones {
  /** Trie of zone rows by source, built so that the earliest zone wins. */
  readonly trie: Int32Array;
  readonly rows: Int32Array;
  /** Local addresses, as loaded. */
  readonly addresses: Int32Array;
  /** Index of each among the port pools. */
  readonly pools: Int32Array;
  /** Reject for sources in no zone. */
  readonly rejectNoZone: number;
}
