import type { PipelineContext } from '../pipeline/context.js';
import { Host } from '../tables/hosts.js';
import { poolOf, portsUsed } from '../tables/portBlocks.js';
import { Pooling, Zone } from '../tables/zones.js';
import { Choice } from './choice.js';

/** Which of the zone's local addresses a new session begins its search at (zones.md 1.4): 0 to count - 1. */
export function firstAddress(cx: PipelineContext, z: number, protocol: number, inside: number): number {
  const count = cx.zones.rows[z + Zone.Count]!;
  const pooling = cx.zones.rows[z + Zone.Pooling]!;
  if (pooling === Pooling.RoundRobinHost) {
    const sticky = stickyAddress(cx, z, count);
    if (sticky >= 0) return sticky;
  }
  if (pooling === Pooling.Hash) return hashOf(inside) % count;
  const next = (Atomics.add(cx.cursors, cx.zones.rows[z + Zone.State]!, 1) & 0x7fff_ffff) % count;
  return pooling === Pooling.Least ? leastUsed(cx, z, protocol, next, count) : next;
}

/** The address the host has sessions on, if the zone still has it. */
function stickyAddress(cx: PipelineContext, z: number, count: number): number {
  const pool = cx.hosts.rows[cx.choice[Choice.Host]! + Host.Sticky]! - 1;
  if (pool < 0) return -1;
  const first = cx.zones.rows[z + Zone.First]!;
  for (let i = 0; i < count; i++) if (cx.zones.pools[first + i] === pool) return i;
  return -1;
}

/** Not the hash that chooses the home (ownership.ts): all hosts of a worker would have one address. */
function hashOf(inside: number): number {
  const mixed = Math.imul(inside ^ (inside >>> 15), 0x2c1b_3c6d);
  return (mixed ^ (mixed >>> 12)) >>> 1;
}

/** The address with the fewest ports in use by all workers; of equal ones the next in rotation. */
function leastUsed(cx: PipelineContext, z: number, protocol: number, next: number, count: number): number {
  let best = next;
  let least = 0x7fff_ffff;
  for (let i = 0; i < count; i++) {
    const chosen = (next + i) % count;
    const pool = poolOf(cx.ports64, protocol, cx.zones.pools[cx.zones.rows[z + Zone.First]! + chosen]!);
    let used = 0;
    for (let w = 0; w < cx.handoff.workers; w++) used += portsUsed(cx.ports64, w, pool);
    if (used >= least) continue;
    least = used;
    best = chosen;
  }
  return best;
}
