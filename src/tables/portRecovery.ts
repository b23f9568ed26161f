import { eventBlock, NatEvent } from './eventRing.js';
import {
  BLOCK_PORTS,
  BLOCKS,
  emptyBlock,
  headOf,
  hold,
  isUnused,
  list,
  PoolHead,
  type PortBlocks,
  PortSpace,
} from './portBlocks.js';
import { giveBackBlock } from './portTake.js';

/**
 * The ports of a failed worker from its sessions (D10), in three steps: portForget, portRestore for each live session,
 * portSettle; portMirror brings what the kernel reads in line. The other workers go on meanwhile. So a block stays its owner's
 * throughout: given back in between, it would be claimed by another although sessions have ports of it.
 */

/** Every port of the blocks `worker` holds is free; nobody is offered one before portSettle. */
export function portForget(p: PortBlocks, worker: number): void {
  const pools = PortSpace.Count * p.addresses;
  for (let at = 0; at < pools * BLOCKS; at++) {
    if (p.owner[at] === worker + 1) empty(p, at);
  }
  const first = headOf(p, worker, 0);
  p.heads.fill(0, first, first + pools * PoolHead.Words);
}

/**
 * Marks the port of a live session. False when it cannot have it: the block is another worker's by now, as the session was
 * just ending when the worker failed. A port that several sessions have is shared again.
 */
export function portRestore(p: PortBlocks, worker: number, pool: number, port: number): boolean {
  const at = pool * BLOCKS + (port >> 6);
  if (p.owner[at] !== worker + 1) {
    if (Atomics.compareExchange(p.owner, at, 0, worker + 1) !== 0) return false;
    if (p.mirror !== undefined) p.mirror[at] = worker + 1;
    empty(p, at);
    eventBlock(p.events, NatEvent.BlockAllocate, pool, port >> 6);
  }
  const word = at * 2 + ((port >> 5) & 1);
  const bit = 1 << (port & 31);
  if ((p.taken[word]! & bit) !== 0) {
    p.sharers[pool * 65_536 + port] = p.sharers[pool * 65_536 + port]! + 1;
    return true;
  }
  p.taken[word]! |= bit;
  p.used[at] = p.used[at]! + 1;
  const used = headOf(p, worker, pool) + PoolHead.PortsUsed;
  p.heads[used] = p.heads[used]! + 1;
  return true;
}

/** Gives back the blocks of which no port is in use and lists those with room. */
export function portSettle(p: PortBlocks, worker: number): void {
  const pools = PortSpace.Count * p.addresses;
  for (let pool = 0; pool < pools; pool++) {
    const head = headOf(p, worker, pool);
    for (let block = 0; block < BLOCKS; block++) {
      const at = pool * BLOCKS + block;
      if (p.owner[at] !== worker + 1) continue;
      if (isUnused(p, pool, block)) {
        giveBackBlock(p, pool, block);
        continue;
      }
      hold(p, head, pool, block, 1);
      if (p.used[at]! < BLOCK_PORTS) list(p, head, pool, block);
    }
  }
}

/** What a worker that died between two stores left in the mirror. Others go on claiming meanwhile: only what says `worker` is changed. */
export function portMirror(p: PortBlocks, worker: number): void {
  if (p.mirror === undefined) return;
  for (let at = 0; at < p.owner.length; at++) {
    if (p.owner[at] === worker + 1) p.mirror[at] = worker + 1;
    else Atomics.compareExchange(p.mirror, at, worker + 1, 0);
  }
}

/** A block none of whose ports is in use, or shared. */
function empty(p: PortBlocks, at: number): void {
  emptyBlock(p, Math.floor(at / BLOCKS), at & (BLOCKS - 1));
  p.sharers.fill(0, at * BLOCK_PORTS, (at + 1) * BLOCK_PORTS);
}
