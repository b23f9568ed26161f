import { flowHash, type HashKey, type Random } from './hash.js';

/** Counters: destinations share one when their hash says so, which only makes ids come round sooner. */
const COUNTERS = 1024;
/** Keys of the two uses of the hash, as its protocol argument. */
const BUCKET = 0x101;
const ROUND = 0x102;

/**
 * IPv4 ids for datagrams that leave in fragments (FRG-8; RFC 6864 5.3.1, RFC 4963): a counter for each destination, sent through a
 * keyed permutation of 16 bits. So an id towards one destination comes again only after all others, and none tells the next
 * (RFC 7739). Workers take every n-th place of the permutation, so no two of them give out the same.
 */
export class FragmentIds {
  /** Next place, + 1; 0 = not begun: then it begins anywhere. */
  readonly #next = new Int32Array(COUNTERS);

  /** Sixteen bits. `destination` as loaded; the id's byte order is of no matter. */
  take(key: HashKey, random: Random, destination: number, worker: number, workers: number): number {
    const share = (65_536 / workers) | 0;
    const bucket = flowHash(key, destination, 0, 0, BUCKET) & (COUNTERS - 1);
    let place = this.#next[bucket]! - 1;
    if (place < 0 || place >= share) place = (random.next() >>> 0) % share;
    this.#next[bucket] = place + 1 === share ? 1 : place + 2;
    return permute(key, place * workers + worker);
  }
}

/** A Feistel network of four rounds over two octets (M. Luby, C. Rackoff 1988): one to one for every key. */
function permute(key: HashKey, value: number): number {
  let left = value >>> 8;
  let right = value & 0xff;
  for (let round = 0; round < 4; round++) {
    const before = left;
    left = right;
    right = before ^ (flowHash(key, right, round, 0, ROUND) & 0xff);
  }
  return (left << 8) | right;
}
