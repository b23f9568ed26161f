import { flowHash, type HashKey } from './hash.js';

/**
 * Static mappings (nat-behaviour.md 7): an inside host has an external address of its own (1:1, every protocol, ports unchanged),
 * or one inside port is reachable by an external one. Snapshot. They come before every zone.
 */
export const enum Static {
  /** As loaded. */
  Inside = 0,
  External,
  /** 0: the whole host. */
  Protocol,
  /** Inside port | external port << 16, as loaded; 0 for a whole host. */
  Ports,
  Words = 4,
}

export interface Statics {
  readonly count: number;
  readonly rows: Int32Array;
  /** Row number + 1 by hash of (address, protocol, port), linear probing, at most half full. */
  readonly byInside: Int32Array;
  readonly byExternal: Int32Array;
  readonly mask: number;
  readonly key: HashKey;
}

/** Row (row number x 4) of the mapping of an inside endpoint, or -1: its port's, else its host's. `port` as loaded. */
export function staticOfInside(t: Statics, address: number, protocol: number, port: number): number {
  if (t.count === 0) return -1;
  const own = find(t, t.byInside, Static.Inside, address, protocol, port);
  return own >= 0 ? own : find(t, t.byInside, Static.Inside, address, 0, 0);
}

/** Row of the mapping of an external endpoint, or -1. */
export function staticOfExternal(t: Statics, address: number, protocol: number, port: number): number {
  if (t.count === 0) return -1;
  const own = find(t, t.byExternal, Static.External, address, protocol, port);
  return own >= 0 ? own : find(t, t.byExternal, Static.External, address, 0, 0);
}

/** First slot to look into. */
export function staticHash(key: HashKey, address: number, protocol: number, port: number): number {
  return flowHash(key, address, port, 0, protocol);
}

function find(t: Statics, slots: Int32Array, word: Static, address: number, protocol: number, port: number): number {
  let s = staticHash(t.key, address, protocol, port) & t.mask;
  const shift = word === Static.Inside ? 0 : 16;
  for (;;) {
    const w = slots[s]!;
    if (w === 0) return -1;
    const row = (w - 1) * Static.Words;
    if (
      t.rows[row + word] === address &&
      t.rows[row + Static.Protocol] === protocol &&
      ((t.rows[row + Static.Ports]! >>> shift) & 0xffff) === port
    )
      return row;
    s = (s + 1) & t.mask;
  }
}
