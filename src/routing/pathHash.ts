import { flowHash, type HashKey } from '../tables/hash.js';

/** Another use of the hash than flows make, as its protocol argument; the protocol is added. */
const MULTIPATH = 0x200;

/** 31 bits over two ends. They are put in one order, so that both directions of a flow give the same. */
export function pathHash(key: HashKey, source: number, destination: number, from: number, to: number, protocol: number): number {
  const turned = destination < source || (destination === source && to < from);
  const hash = turned
    ? flowHash(key, destination, source, (from << 16) | to, MULTIPATH + protocol)
    : flowHash(key, source, destination, (to << 16) | from, MULTIPATH + protocol);
  return hash >>> 1;
}
