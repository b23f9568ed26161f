import type { PipelineContext } from '../pipeline/context.js';
import { FullRemotes } from '../tables/fullRemotes.js';
import { flowHash } from '../tables/hash.js';
import { BLOCKS, headOf, PoolHead, type PortBlocks, swapPort, unavailable } from '../tables/portBlocks.js';
import { portShare } from '../tables/portTake.js';
import { findInward } from '../tables/sessionLookup.js';
import type { Sessions } from '../tables/sessions.js';

/**
 * Port overloading: a port in use serves another session, whose remote is another (dsnat's rule; MAP-3). Any of our ports that no
 * session with this remote has. The search begins anywhere and is exact; where it found none, that is remembered until a session
 * with this remote ends, so that a full remote costs one look instead of a walk over all ports.
 */

/** What the search says: no port is usable towards the remote; one is, but as many share it as can be counted. */
const NONE = -1;
const CROWDED = -2;

/** Protocol number by PortSpace. */
function protocolOf(p: PortBlocks, pool: number): number {
  return pool < p.addresses ? 6 : pool < 2 * p.addresses ? 17 : 1;
}

/** A port that is shared from now on, in host order, or less than 0. `remotePort` as loaded. */
export function sharePort(cx: PipelineContext, pool: number, external: number, remote: number, remotePort: number): number {
  const full = cx.fullRemotes;
  const known = full.find(pool, remote, remotePort, cx.ports64.heads[headOf(cx.ports64, cx.worker, pool) + PoolHead.Changes]!);
  if (known === FullRemotes.Full) return -1;
  if (known >= 0 && isUsable(cx, pool, external, known, remote, remotePort) && portShare(cx.ports64, pool, known)) return known;
  const port = search(cx, pool, external, remote, remotePort);
  if (port === NONE)
    full.remember(pool, remote, remotePort, cx.ports64.heads[headOf(cx.ports64, cx.worker, pool) + PoolHead.Changes]!);
  return port;
}

function search(cx: PipelineContext, pool: number, external: number, remote: number, remotePort: number): number {
  const p = cx.ports64;
  const random = cx.random.next();
  let none = NONE;
  const firstBlock = random & (BLOCKS - 1);
  const firstBit = (random >>> 10) & 63;
  for (let b = 0; b < BLOCKS; b++) {
    const block = (firstBlock + b) & (BLOCKS - 1);
    if (p.owner[pool * BLOCKS + block] !== cx.worker + 1) continue;
    for (let i = 0; i < 64; i++) {
      const port = (block << 6) | ((firstBit + i) & 63);
      if (!isUsable(cx, pool, external, port, remote, remotePort)) continue;
      if (portShare(p, pool, port)) return port;
      none = CROWDED;
    }
  }
  return none;
}

/**
 * True when the port is in use in a block of ours, and by no session with this remote. Nor may it be the remote itself (hairpin): what
 * is meant for who has the port would come back to its sender.
 */
export function isUsable(
  cx: PipelineContext,
  pool: number,
  external: number,
  port: number,
  remote: number,
  remotePort: number,
): boolean {
  const p = cx.ports64;
  const block = port >> 6;
  const half = (port >> 5) & 1;
  if (p.owner[pool * BLOCKS + block] !== cx.worker + 1) return false;
  if (remote === external && remotePort === swapPort(port)) return false;
  if ((p.taken[(pool * BLOCKS + block) * 2 + half]! & ~unavailable(p, pool, block, half) & (1 << (port & 31))) === 0)
    return false;
  return inwardRow(cx.sessions, remote, external, remotePort | (swapPort(port) << 16), cx.scope | protocolOf(p, pool)) < 0;
}

/** Row that answers of `remote` to this external endpoint find, a held one too, or -1. */
export function inwardRow(t: Sessions, remote: number, external: number, inwardPorts: number, scope: number): number {
  return findInward(t, flowHash(t.key, remote, external, inwardPorts, scope), remote, external, inwardPorts, scope);
}
