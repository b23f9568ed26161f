import { flowHash, type HashKey } from './hash.js';
import { BLOCKS, type PortBlocks } from './portBlocks.js';

/** Golden ratio: sources that differ in their last bits go to different workers. */
export const HOME_FACTOR = 0x9e37_79b1;

/**
 * The worker that decides about frames of an inside host which no session took, and that makes the host's sessions: its home
 * (D4). `source` as loaded; 32-bit arithmetic over the address in host order, so that a program in the kernel can compute the same (D9).
 */
export function homeOf(source: number, workers: number): number {
  const s = source;
  const host = (s << 24) | ((s & 0xff00) << 8) | ((s >>> 8) & 0xff00) | (s >>> 24);
  return (Math.imul(host, HOME_FACTOR) >>> 16) % workers;
}

/** Another use of the hash than flows make, as its protocol argument. */
export const FRAGMENTS = 0x104;

/**
 * The worker at which the fragments of all datagrams from outside between two addresses meet (FRG-7). Those from inside meet at
 * the home of their source.
 */
export function fragmentHomeOf(key: HashKey, source: number, destination: number, workers: number): number {
  return (flowHash(key, source, destination, 0, FRAGMENTS) >>> 0) % workers;
}

/** The worker that holds the block a port of `pool` lies in, or -1 when nobody does. `port` in host order. */
export function ownerOf(ports: PortBlocks, pool: number, port: number): number {
  return ports.owner[pool * BLOCKS + (port >> 6)]! - 1;
}

/** True when somebody has the port, or it lies outside the pool's range in a block that is held. */
export function isTaken(p: PortBlocks, pool: number, port: number): boolean {
  return (p.taken[pool * BLOCKS * 2 + (port >> 5)]! & (1 << (port & 31))) !== 0;
}

/** True when the port is a static mapping's (PRT-6). */
export function isReserved(p: PortBlocks, pool: number, port: number): boolean {
  return (p.reserved[pool * BLOCKS * 2 + (port >> 5)]! & (1 << (port & 31))) !== 0;
}
