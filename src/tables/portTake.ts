import { eventBlock, NatEvent } from './eventRing.js';
import type { Random } from './hash.js';
import {
  BLOCK_PORTS,
  BLOCKS,
  blocksHeld,
  emptyBlock,
  headOf,
  hold,
  isListed,
  isUnused,
  list,
  PoolHead,
  type PortBlocks,
  unavailable,
  unlist,
} from './portBlocks.js';

const MOST_SHARERS = 0xff;

/** Taking and giving back ports (portBlocks.ts): a free one while there is one, and sharing one that is in use when there is none. */

/** Takes a free port of `pool` for `worker`, in host order; -1 when every one is taken. */
export function portTake(p: PortBlocks, worker: number, pool: number, random: Random): number {
  const head = headOf(p, worker, pool);
  for (;;) {
    const current = p.heads[head + PoolHead.Current]!;
    if (current !== 0) {
      const block = current - 1;
      if (p.used[pool * BLOCKS + block]! < BLOCK_PORTS) {
        const port = takeInBlock(p, head, pool, block, random.next());
        if (port >= 0) return port;
        // Nothing but reserved ports is free in it: it comes back with the next port it gets back (portRelease).
        p.heads[head + PoolHead.Current] = 0;
        continue;
      }
    }
    const listed = p.heads[head + PoolHead.First]!;
    if (listed !== 0) {
      unlist(p, head, pool, listed - 1);
      p.heads[head + PoolHead.Current] = listed;
      continue;
    }
    const claimed = claim(p, worker, pool, random.next());
    if (claimed < 0) return -1;
    p.heads[head + PoolHead.Current] = claimed + 1;
    hold(p, head, pool, claimed, 1);
    eventBlock(p.events, NatEvent.BlockAllocate, pool, claimed);
  }
}

/**
 * A session, or a mapping as a whole, less on a port; with the last one the port is free, and the block when no port of it is in
 * use. True when the port is free.
 */
export function portRelease(p: PortBlocks, worker: number, pool: number, port: number): boolean {
  const sharers = p.sharers[pool * 65_536 + port]!;
  if (sharers > 0) {
    p.sharers[pool * 65_536 + port] = sharers - 1;
    return false;
  }
  const head = headOf(p, worker, pool);
  const block = port >> 6;
  const at = pool * BLOCKS + block;
  p.heads[head + PoolHead.PortsUsed] = p.heads[head + PoolHead.PortsUsed]! - 1;
  p.taken[at * 2 + ((port >> 5) & 1)]! &= ~(1 << (port & 31));
  p.used[at] = p.used[at]! - 1;
  const isCurrent = p.heads[head + PoolHead.Current] === block + 1;
  if (isUnused(p, pool, block)) {
    if (isCurrent) p.heads[head + PoolHead.Current] = 0;
    else if (isListed(p, head, pool, block)) unlist(p, head, pool, block);
    hold(p, head, pool, block, -1);
    giveBackBlock(p, pool, block);
  } else if (!isCurrent && !isListed(p, head, pool, block) && p.used[at]! < BLOCK_PORTS) {
    list(p, head, pool, block);
  }
  return true;
}

/** Gives a block back to whoever claims it next: cleared before its owner goes, so that a claimer finds nothing of ours in it. */
export function giveBackBlock(p: PortBlocks, pool: number, block: number): void {
  const at = pool * BLOCKS + block;
  p.taken[at * 2] = 0;
  p.taken[at * 2 + 1] = 0;
  p.used[at] = 0;
  eventBlock(p.events, NatEvent.BlockRelease, pool, block);
  if (p.mirror !== undefined) p.mirror[at] = 0;
  Atomics.store(p.owner, at, 0);
}

/** One session more on a port that has one. False when 256 have it. */
export function portShare(p: PortBlocks, pool: number, port: number): boolean {
  const at = pool * 65_536 + port;
  if (p.sharers[at] === MOST_SHARERS) return false;
  p.sharers[at] = p.sharers[at]! + 1;
  return true;
}

/** Takes one of the block's free ports, looking from a random bit on; -1 when those are reserved. */
function takeInBlock(p: PortBlocks, head: number, pool: number, block: number, random: number): number {
  const at = pool * BLOCKS + block;
  let word = at * 2 + (random >>> 31);
  let free = ~(p.taken[word]! | p.reserved[word]!);
  if (free === 0) {
    word ^= 1;
    free = ~(p.taken[word]! | p.reserved[word]!);
    if (free === 0) return -1;
  }
  const turn = random & 31;
  const turned = turn === 0 ? free : (free >>> turn) | (free << (32 - turn));
  const bit = (31 - Math.clz32(turned & -turned) + turn) & 31;
  p.taken[word]! |= 1 << bit;
  p.used[at] = p.used[at]! + 1;
  p.heads[head + PoolHead.PortsUsed] = p.heads[head + PoolHead.PortsUsed]! + 1;
  return (block << 6) | ((word & 1) << 5) | bit;
}

/** Claims a free block that has ports to hand out, looking from a random one on. Returns it or -1. */
function claim(p: PortBlocks, worker: number, pool: number, random: number): number {
  const first = p.range[pool * 2]! >> 6;
  const count = (p.range[pool * 2 + 1]! >> 6) - first + 1;
  // Refused senders come again and again, and a walk over a thousand blocks for each would be their lever.
  let held = 0;
  for (let w = 0; w < p.workers; w++) held += blocksHeld(p, w, pool);
  if (held >= count) return -1;
  let block = first + ((random >>> 1) % count);
  for (let i = 0; i < count; i++) {
    const at = pool * BLOCKS + block;
    if (p.owner[at] === 0 && hasRoom(p, pool, block) && Atomics.compareExchange(p.owner, at, 0, worker + 1) === 0) {
      if (p.mirror !== undefined) p.mirror[at] = worker + 1;
      emptyBlock(p, pool, block);
      return block;
    }
    block = block + 1 < first + count ? block + 1 : first;
  }
  return -1;
}

/** False for a block all of whose ports are reserved. */
function hasRoom(p: PortBlocks, pool: number, block: number): boolean {
  return (unavailable(p, pool, block, 0) & unavailable(p, pool, block, 1)) !== -1;
}
