import { flowHash, type HashKey } from './hash.js';

/**
 * Tunnel endpoints of the other hosts. Snapshot, built by main. Frames from any other address are dropped (D14).
 */
export interface Vteps {
  /** IPv4 address by number, as loaded. */
  readonly addresses: Int32Array;
  /** Number + 1 by hash of the address, linear probing, at most half full. */
  readonly byAddress: Int32Array;
  readonly key: HashKey;
}

/** Number of the tunnel endpoint with an address, or -1. */
export function vtepOf(t: Vteps, address: number): number {
  const mask = t.byAddress.length - 1;
  for (let s = vtepHash(t.key, address) & mask; ; s = (s + 1) & mask) {
    const number = t.byAddress[s]!;
    if (number === 0) return -1;
    if (t.addresses[number - 1] === address) return number - 1;
  }
}

/** First slot to look into. */
export function vtepHash(key: HashKey, address: number): number {
  return flowHash(key, address, 0, 0, 0);
}
