import { Columns, columnOctets } from '../shared/columns.js';
import { bitsOf } from './bits.js';
import type { EventRing } from './eventRing.js';

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
  /** Ports of the blocks held that may be handed out. */
  Capacity,
  /** Rises when a block is claimed or given back. */
  Changes,
  /** First and last row + 1 of the sessions that are over and hold their port (ZON-7), oldest first, and how many. roomLists.ts keeps these. */
  HeldFirst,
  HeldLast,
  Held,
  /** First and last row + 1 of closing and half-open sessions, which may be ended to make room. */
  RecycleFirst,
  RecycleLast,
  /** Sessions of the pool: several may share a port, and a port may be held without any. How many of them share one (SessionFlag.Overlapped). */
  Sessions,
  Shared,
  Words = 16,
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
  /** [pool][port]: who has the port beyond the first: sessions, or a mapping as one. Memory that nobody shares a port in is never touched. */
  readonly sharers: Uint8Array;
  /** [pool][port / 32]: a set bit is a port that is never handed out (PRT-6). Main writes it. */
  readonly reserved: Int32Array;
  /** [pool][block]: ports the block gave when it was claimed. */
  readonly room: Uint8Array;
  /** [pool][2]: lowest and highest port that may be handed out. Main writes it before the pool is used, and never again. */
  readonly range: Int32Array;
  /** Where blocks that were claimed and given back are told (LOG-4); undefined: nowhere. */
  readonly events: EventRing | undefined;
  /**
   * `owner` once more, where programs in the kernel read it (D9); undefined: nowhere. Memory of one thread, so set after the rest.
   * Who claims a block writes it after `owner`, who gives one back before: so the two writers of a block never meet.
   */
  mirror: Uint8Array | undefined;
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
    pools * 65_536,
    pools * BLOCKS * 2 * 4,
    pools * BLOCKS,
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
    sharers: c.u8(pools * 65_536),
    reserved: c.i32(pools * BLOCKS * 2),
    room: c.u8(pools * BLOCKS),
    range: c.i32(pools * 2),
    events,
    mirror: undefined,
  };
}

/** A port or ICMP id from the order of the wire, as loaded, to host order, or back. */
export function swapPort(port: number): number {
  return ((port & 0xff) << 8) | (port >> 8);
}

/** Ports of a protocol number (6, 17, 1). */
export function portSpaceOf(protocol: number): PortSpace {
  return protocol === 6 ? PortSpace.Tcp : protocol === 17 ? PortSpace.Udp : PortSpace.Icmp;
}

/** Number of the pool of a protocol and an address index. */
export function poolOf(p: PortBlocks, protocol: number, address: number): number {
  return portSpaceOf(protocol) * p.addresses + address;
}

/** Ports of `pool` that `worker` has in use. */
export function portsUsed(p: PortBlocks, worker: number, pool: number): number {
  return p.heads[headOf(p, worker, pool) + PoolHead.PortsUsed]!;
}

/** Blocks of `pool` that `worker` holds. */
export function blocksHeld(p: PortBlocks, worker: number, pool: number): number {
  return p.heads[headOf(p, worker, pool) + PoolHead.BlocksHeld]!;
}

/** Counts a session of `pool` that begins (by 1) or ends (by -1); `shared`: 1 when it shares its port with another host's (MAP-3). */
export function countSession(p: PortBlocks, worker: number, pool: number, shared: number, by: number): void {
  const head = headOf(p, worker, pool);
  p.heads[head + PoolHead.Sessions] = p.heads[head + PoolHead.Sessions]! + by;
  p.heads[head + PoolHead.Shared] = p.heads[head + PoolHead.Shared]! + shared * by;
}

/** First word of what `worker` knows of `pool` in `heads`. */
export function headOf(p: PortBlocks, worker: number, pool: number): number {
  return (worker * PortSpace.Count * p.addresses + pool) * PoolHead.Words;
}

/** Ports of one of the block's two words (`half` 0 or 1) that may not be handed out: outside the pool's range, or reserved. A bit each. */
export function unavailable(p: PortBlocks, pool: number, block: number, half: number): number {
  return outOfRange(p, pool, block, half) | p.reserved[(pool * BLOCKS + block) * 2 + half]!;
}

/** Those outside the pool's range, which never change. */
function outOfRange(p: PortBlocks, pool: number, block: number, half: number): number {
  const start = (block << 6) | (half << 5);
  const low = p.range[pool * 2]! - start;
  const high = p.range[pool * 2 + 1]! - start;
  const below = low <= 0 ? 0 : low >= 32 ? -1 : (1 << low) - 1;
  const above = high >= 31 ? 0 : high < 0 ? -1 : ~((2 << high) - 1);
  return below | above;
}

/**
 * Takes the ports in `rows` (address index, protocol, port) out of what is handed out, or lets them in again. Every worker does so
 * when it adopts a configuration, all the same: the first of them decides for all. A block does not know its reserved ports as
 * taken: when they are let in again, they are free or a session's that began before.
 */
export function portsReserve(p: PortBlocks, worker: number, rows: Int32Array, reserve: boolean): void {
  for (let i = 0; i + 2 < rows.length; i += 3) {
    const port = rows[i + 2]!;
    const pool = poolOf(p, rows[i + 1]!, rows[i]!);
    const word = pool * BLOCKS * 2 + (port >> 5);
    if (reserve) Atomics.or(p.reserved, word, 1 << (port & 31));
    else {
      Atomics.and(p.reserved, word, ~(1 << (port & 31)));
      listWithRoom(p, worker, pool, port >> 6);
    }
  }
}

/** Lists a block of `worker` that left the list as nothing but reserved ports was free in it. */
function listWithRoom(p: PortBlocks, worker: number, pool: number, block: number): void {
  const at = pool * BLOCKS + block;
  if (p.owner[at] !== worker + 1 || p.used[at] === BLOCK_PORTS) return;
  const head = headOf(p, worker, pool);
  if (p.heads[head + PoolHead.Current] === block + 1 || isListed(p, head, pool, block)) return;
  list(p, head, pool, block);
}

/** True when no port of the block is in use. */
export function isUnused(p: PortBlocks, pool: number, block: number): boolean {
  const at = (pool * BLOCKS + block) * 2;
  return (p.taken[at]! & ~outOfRange(p, pool, block, 0)) === 0 && (p.taken[at + 1]! & ~outOfRange(p, pool, block, 1)) === 0;
}

/** A fresh block: only what lies outside the pool's range is taken. */
export function emptyBlock(p: PortBlocks, pool: number, block: number): void {
  const at = pool * BLOCKS + block;
  const first = outOfRange(p, pool, block, 0);
  const second = outOfRange(p, pool, block, 1);
  p.taken[at * 2] = first;
  p.taken[at * 2 + 1] = second;
  p.used[at] = bitsOf(first) + bitsOf(second);
  p.room[at] = BLOCK_PORTS - bitsOf(unavailable(p, pool, block, 0)) - bitsOf(unavailable(p, pool, block, 1));
  p.next[at] = 0;
  p.previous[at] = 0;
}

/** Counts a block that was claimed (by 1) or given back (by -1). */
export function hold(p: PortBlocks, head: number, pool: number, block: number, by: number): void {
  p.heads[head + PoolHead.BlocksHeld] = p.heads[head + PoolHead.BlocksHeld]! + by;
  p.heads[head + PoolHead.Capacity] = p.heads[head + PoolHead.Capacity]! + by * p.room[pool * BLOCKS + block]!;
  p.heads[head + PoolHead.Changes] = (p.heads[head + PoolHead.Changes]! + 1) | 0;
}

/** A listed block has a previous one or is the first. */
export function isListed(p: PortBlocks, head: number, pool: number, block: number): boolean {
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

export function unlist(p: PortBlocks, head: number, pool: number, block: number): void {
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
