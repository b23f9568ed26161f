import { flowHash, type HashKey } from './hash.js';

/**
 * Floating IPs of this host (dvr.md 2.7): an address of an external network for a fixed address of a router, one to one. Snapshot,
 * built by main. A replica leads to an exit by a pair of router interfaces, one on either side (Neutron: rfp-, fpr-); both have
 * RifFlag.Exit and are on no network.
 */

/** Rows of 8 int32; a row is told by the offset of its first word. */
export const enum Floating {
  /** As loaded, both. */
  Address = 0,
  Fixed,
  /** Offset of its row in `Floatings.pairs`. */
  Pair,
  /** Number of its exit's router. */
  Exit,
  /** What the floating address in place of the fixed one makes of a checksum (RFC 1624); the opposite way it is negated. */
  Delta,
  /** Router interface it is behind on the external network: the exit's, or one of its own. */
  Rif,
  Words = 8,
}

/** A router and an exit of this host. Rows of 8 int32. */
export const enum ExitPair {
  /** Numbers of the router of the replica, and of the exit's. */
  Router = 0,
  Exit,
  /** Router interfaces on either side. */
  RouterSide,
  ExitSide,
  /** The exit's on the external network, and its own address there; 0: it has none. */
  Rif,
  Own,
  Words = 8,
}

/** A subnet whose addresses pass an exit as they are (dvr.md 4.1, priority 80000). Rows of 4 int32. */
export const enum Untranslated {
  /** Offset of the row in `Floatings.pairs`. */
  Pair = 0,
  /** As loaded, both. */
  Address,
  Mask,
  Words = 4,
}

export interface Floatings {
  readonly count: number;
  readonly rows: Int32Array;
  /** Row number + 1 by hash, linear probing, at most half full: by (pair, fixed address), by (exit, floating address). */
  readonly byFixed: Int32Array;
  readonly byAddress: Int32Array;
  readonly pairs: Int32Array;
  /** [router interface]: offset of the row in `pairs` it belongs to + 1, or 0. */
  readonly pairOf: Int32Array;
  readonly untranslated: Int32Array;
  readonly key: HashKey;
}

/** Row of the floating IP that a fixed address has at the exit of `pair`, or -1. */
export function floatingOfFixed(t: Floatings, pair: number, fixed: number): number {
  if (t.count === 0) return -1;
  const mask = t.byFixed.length - 1;
  for (let s = floatingHash(t.key, fixed, pair) & mask; ; s = (s + 1) & mask) {
    const w = t.byFixed[s]!;
    if (w === 0) return -1;
    const row = (w - 1) * Floating.Words;
    if (t.rows[row + Floating.Fixed] === fixed && t.rows[row + Floating.Pair] === pair) return row;
  }
}

/** Row of the floating IP `address` of the exit with this router number, or -1. */
export function floatingOfAddress(t: Floatings, exit: number, address: number): number {
  if (t.count === 0) return -1;
  const mask = t.byAddress.length - 1;
  for (let s = floatingHash(t.key, address, exit) & mask; ; s = (s + 1) & mask) {
    const w = t.byAddress[s]!;
    if (w === 0) return -1;
    const row = (w - 1) * Floating.Words;
    if (t.rows[row + Floating.Address] === address && t.rows[row + Floating.Exit] === exit) return row;
  }
}

/** Whether addresses of `pair`'s router pass its exit as they are. */
export function passesAsIs(t: Floatings, pair: number, address: number): boolean {
  for (let at = 0; at < t.untranslated.length; at += Untranslated.Words)
    if (t.untranslated[at + Untranslated.Pair] === pair && covers(t, at, address)) return true;
  return false;
}

/** The pair of an exit to whose router `address` belongs untranslated; -1: there is none. */
export function pairOfUntranslated(t: Floatings, exit: number, address: number): number {
  for (let at = 0; at < t.untranslated.length; at += Untranslated.Words) {
    const pair = t.untranslated[at + Untranslated.Pair]!;
    if (t.pairs[pair + ExitPair.Exit] === exit && covers(t, at, address)) return pair;
  }
  return -1;
}

/** First slot to look into. */
export function floatingHash(key: HashKey, address: number, of: number): number {
  return flowHash(key, address, of, 0, 0);
}

function covers(t: Floatings, at: number, address: number): boolean {
  return ((address ^ t.untranslated[at + Untranslated.Address]!) & t.untranslated[at + Untranslated.Mask]!) === 0;
}
