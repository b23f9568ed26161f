import { Columns, columnOctets } from '../shared/columns.js';
import { type EventRing, eventBlock, NatEvent } from './eventRing.js';
import type { Random } from './hash.js';

/**
 * Ports of the zones' local addresses, in blocks of 64 (D4, zones.md 3.1). A block belongs to the worker whose number + 1
 * stands in `owner`; it is claimed by compare-exchange when the worker's current block runs dry and given back when its
 * last port is free. Inside a block a bitmap says which ports are taken. Blocks with room wait in a first-in-first-out
 * list, so the block that was used longest ago is used next; blocks are claimed and ports tried from a random place.
 *
 * A *pool* is one (protocol, local address); its number is protocol slot x addresses + address index. Ports are numbers in
 * host order, ICMP ids count as ports (0 to 65535). One writer per block: its owner.
 */
export const BLOCK_PORTS = 64;
export const BLOCKS = 1024;

/** Protocols that have ports of their own, as slots. */
export const enum PortSpace {
  Tcp = 0,
  Udp,
  Icmp,
  Count,
}

export const enum PoolHead {
  /** Block + 1 that ports are taken from now. */
  Current = 0,
  /** First and last block + 1 of the list of blocks with room. */
  First,
  Last,
  PortsUsed,
  BlocksHeld,
  /** Ports of the blocks held that lie in the pool's range. */
  Capacity,
  Words = 8,
}

export interface PortBlocks {
  readonly addresses: number;
  readonly workers: number;
  /** [pool][block]: worker + 1, 0 = free. Bytes, so that compare-exchange works on them. */
  readonly owner: Uint8Array;
  /** [pool][port / 32]: a set bit is a taken port. */
  readonly taken: Int32Array;
  /** [pool][block]: ports taken, and 64 is full. */
  readonly used: Uint8Array;
  /** [pool][block]: block + 1 of the neighbours in the list of blocks with room; 0 = none. */
  readonly next: Uint16Array;
  readonly previous: Uint16Array;
  /** [worker][pool][Head]. */
  readonly heads: Int32Array;
  /** [pool][2]: lowest and highest port that may be handed out. Main writes it before the pool is used, and never again. */
  readonly range: Int32Array;
  /** Where blocks that were claimed and given back are told (LOG-4); undefined: nowhere. */
  readonly events: EventRing | undefined;
}

export function portBlocksOctets(addresses: number, workers: number): number {
  const pools = PortSpace.Count * addresses;
  return columnOctets(
    pools * BLOCKS,
    pools * BLOCKS * 2 * 4,
    pools * BLOCKS,
    pools * BLOCKS * 2,
    pools * BLOCKS * 2,
    workers * pools * PoolHead.Words * 4,
    pools * 2 * 4,
  );
}

export function portBlocksIn(buffer: SharedArrayBuffer, addresses: number, workers: number, events?: EventRing): PortBlocks {
  const c = new Columns(buffer);
  const pools = PortSpace.Count * addresses;
  return {
    addresses,
    workers,
    owner: c.u8(pools * BLOCKS),
    taken: c.i32(pools * BLOCKS * 2),
    used: c.u8(pools * BLOCKS),
    next: c.u16(pools * BLOCKS),
    previous: c.u16(pools * BLOCKS),
    heads: c.i32(workers * pools * PoolHead.Words),
    range: c.i32(pools * 2),
    events,
  };
}

/** A port or ICMP id from the order of the wire, as loaded, to host order, or back. */
export function swapPort(port: number): number {
  return ((port & 0xff) << 8) | (port >> 8);
}

/** Number of the pool of a protocol (6, 17, 1) and an address index. */
export function poolOf(p: PortBlocks, protocol: number, address: number): number {
  return (protocol === 6 ? PortSpace.Tcp : protocol === 17 ? PortSpace.Udp : PortSpace.Icmp) * p.addresses + address;
}

/** Takes a free port of `pool` for `worker`, in host order; -1 when every one is taken. */
export function portTake(p: PortBlocks, worker: number, pool: number, random: Random): number {
  const head = headOf(p, worker, pool);
  for (;;) {
    const current = p.heads[head + PoolHead.Current]!;
    if (current !== 0) {
      const at = pool * BLOCKS + current - 1;
      if (p.used[at]! < BLOCK_PORTS) return takeInBlock(p, head, at, random.next());
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

/** Gives a port back; the block with it when no port of it is left in use. */
export function portRelease(p: PortBlocks, worker: number, pool: number, port: number): void {
  const head = headOf(p, worker, pool);
  const block = port >> 6;
  const at = pool * BLOCKS + block;
  p.taken[at * 2 + ((port >> 5) & 1)]! &= ~(1 << (port & 31));
  p.used[at] = p.used[at]! - 1;
  p.heads[head + PoolHead.PortsUsed] = p.heads[head + PoolHead.PortsUsed]! - 1;
  const isCurrent = p.heads[head + PoolHead.Current] === block + 1;
  if (p.used[at] === outsideRange(p, pool, block)) {
    if (isCurrent) p.heads[head + PoolHead.Current] = 0;
    else if (isListed(p, head, pool, block)) unlist(p, head, pool, block);
    p.taken[at * 2] = 0;
    p.taken[at * 2 + 1] = 0;
    p.used[at] = 0;
    hold(p, head, pool, block, -1);
    eventBlock(p.events, NatEvent.BlockRelease, pool, block);
    Atomics.store(p.owner, at, 0);
  } else if (!isCurrent && !isListed(p, head, pool, block)) {
    list(p, head, pool, block);
  }
}

/** Ports of `pool` that `worker` has in use. */
export function portsUsed(p: PortBlocks, worker: number, pool: number): number {
  return p.heads[headOf(p, worker, pool) + PoolHead.PortsUsed]!;
}

/** Blocks of `pool` that `worker` holds. */
export function blocksHeld(p: PortBlocks, worker: number, pool: number): number {
  return p.heads[headOf(p, worker, pool) + PoolHead.BlocksHeld]!;
}

/** First word of what `worker` knows of `pool` in `heads`. */
export function headOf(p: PortBlocks, worker: number, pool: number): number {
  return (worker * PortSpace.Count * p.addresses + pool) * PoolHead.Words;
}

/** Takes one of the block's free ports, looking from a random bit on. The block has one. */
function takeInBlock(p: PortBlocks, head: number, at: number, random: number): number {
  let word = at * 2 + (random >>> 31);
  let free = ~p.taken[word]!;
  if (free === 0) {
    word ^= 1;
    free = ~p.taken[word]!;
  }
  const turn = random & 31;
  const turned = turn === 0 ? free : (free >>> turn) | (free << (32 - turn));
  const bit = (31 - Math.clz32(turned & -turned) + turn) & 31;
  p.taken[word]! |= 1 << bit;
  p.used[at] = p.used[at]! + 1;
  p.heads[head + PoolHead.PortsUsed] = p.heads[head + PoolHead.PortsUsed]! + 1;
  return ((at & (BLOCKS - 1)) << 6) | ((word & 1) << 5) | bit;
}

/** Claims a free block that lies at least partly in the pool's range, looking from a random one on. Returns it or -1. */
function claim(p: PortBlocks, worker: number, pool: number, random: number): number {
  const low = p.range[pool * 2]!;
  const high = p.range[pool * 2 + 1]!;
  const first = low >> 6;
  const count = (high >> 6) - first + 1;
  // Refused senders come again and again, and a walk over a thousand blocks for each would be their lever.
  let held = 0;
  for (let w = 0; w < p.workers; w++) held += blocksHeld(p, w, pool);
  if (held >= count) return -1;
  let block = first + ((random >>> 1) % count);
  for (let i = 0; i < count; i++) {
    const at = pool * BLOCKS + block;
    if (p.owner[at] === 0 && Atomics.compareExchange(p.owner, at, 0, worker + 1) === 0) {
      reserveOutside(p, at, block);
      return block;
    }
    block = block + 1 < first + count ? block + 1 : first;
  }
  return -1;
}

/** Counts a block that was claimed (by 1) or given back (by -1). */
export function hold(p: PortBlocks, head: number, pool: number, block: number, by: number): void {
  const ports = BLOCK_PORTS - outsideRange(p, pool, block);
  p.heads[head + PoolHead.BlocksHeld] = p.heads[head + PoolHead.BlocksHeld]! + by;
  p.heads[head + PoolHead.Capacity] = p.heads[head + PoolHead.Capacity]! + by * ports;
}

/** How many ports of `block` lie outside the pool's range. */
export function outsideRange(p: PortBlocks, pool: number, block: number): number {
  const start = block << 6;
  return Math.max(0, p.range[pool * 2]! - start) + Math.max(0, start + BLOCK_PORTS - 1 - p.range[pool * 2 + 1]!);
}

/** Marks the ports of a fresh block that lie outside the pool's range as taken, so that they are never handed out. */
export function reserveOutside(p: PortBlocks, at: number, block: number): void {
  const pool = (at - block) / BLOCKS;
  if (outsideRange(p, pool, block) === 0) return;
  for (let i = 0; i < BLOCK_PORTS; i++) {
    const port = (block << 6) | i;
    if (port >= p.range[pool * 2]! && port <= p.range[pool * 2 + 1]!) continue;
    p.taken[at * 2 + (i >> 5)]! |= 1 << (i & 31);
    p.used[at] = p.used[at]! + 1;
  }
}

/** A listed block has a previous one or is the first. */
function isListed(p: PortBlocks, head: number, pool: number, block: number): boolean {
  return p.heads[head + PoolHead.First] === block + 1 || p.previous[pool * BLOCKS + block]! !== 0;
}

/** Puts a block with room at the end of the list. */
export function list(p: PortBlocks, head: number, pool: number, block: number): void {
  const at = pool * BLOCKS + block;
  const last = p.heads[head + PoolHead.Last]!;
  p.next[at] = 0;
  p.previous[at] = last;
  if (last !== 0) p.next[pool * BLOCKS + last - 1] = block + 1;
  else p.heads[head + PoolHead.First] = block + 1;
  p.heads[head + PoolHead.Last] = block + 1;
}

function unlist(p: PortBlocks, head: number, pool: number, block: number): void {
  const at = pool * BLOCKS + block;
  const next = p.next[at]!;
  const previous = p.previous[at]!;
  if (previous !== 0) p.next[pool * BLOCKS + previous - 1] = next;
  else p.heads[head + PoolHead.First] = next;
  if (next !== 0) p.previous[pool * BLOCKS + next - 1] = previous;
  else p.heads[head + PoolHead.Last] = previous;
  p.next[at] = 0;
  p.previous[at] = 0;
}
