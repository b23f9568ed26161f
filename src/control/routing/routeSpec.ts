import type { FibType } from '../../tables/fib.js';

/** Scopes of rtnetlink(7). */
export const enum Scope {
  Universe = 0,
  Link = 253,
  Host = 254,
  Nowhere = 255,
}

/** One way of a route, before compilation. */
export interface FibWay {
  /** Router interface; -1 = none, or `lo`. */
  readonly rif: number;
  /** As loaded; 0 = the destination is on-link. */
  readonly gateway: number;
  readonly weight: number;
  readonly onlink: boolean;
  readonly scope: number;
}

/** A route before compilation. Two are the same route when all of it is equal. */
export interface FibRouteSpec {
  /** 1 to 2^32 - 1. */
  readonly table: number;
  /** As loaded, host bits zero. */
  readonly destination: number;
  readonly length: number;
  readonly type: FibType;
  /** Octet; 0 = any. */
  readonly tos: number;
  /** 0 to 2^32 - 1. */
  readonly metric: number;
  readonly scope: number;
  /** As loaded; 0 = that of the interface. */
  readonly source: number;
  /** Octets; 0 = that of the interface. */
  readonly mtu: number;
  readonly mtuLocked: boolean;
  /** Bits of FibFlag. */
  readonly flags: number;
  /** Address index of the port pools + 1; 0 = it has none. */
  readonly pool: number;
  readonly ways: readonly FibWay[];
}

type Order = Pick<FibRouteSpec, 'tos' | 'metric'>;

/** Among routes of one prefix: negative when `a` is tried before `b`, 0 when the one that was there first is (dvr.md 4.2). */
export function compareAliases(a: Order, b: Order): number {
  return b.tos - a.tos || a.metric - b.metric;
}
