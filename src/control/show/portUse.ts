import { headOf, PoolHead, type PortBlocks, PortSpace, poolOf } from '../../tables/portBlocks.js';
import type { State } from '../../tables/state.js';
import type { PortUse, PortUses } from '../../types/showNat.js';
import type { Built } from '../buildSnapshot.js';

/**
 * Ports and sessions of a local address, by protocol, summed over the workers. Neither says the other: a port has several
 * sessions where mapping is endpoint independent or the port is shared, and none while it is held. A recovery counts both anew
 * from the rows, which differences of counters would not survive.
 *
 * `address` is the index among the port pools.
 */
export function portUses(states: readonly State[], address: number, built?: Reserving): PortUses {
  return {
    tcp: portUse(states, PortSpace.Tcp, address, built),
    udp: portUse(states, PortSpace.Udp, address, built),
    icmp: portUse(states, PortSpace.Icmp, address, built),
  };
}

/** The same of one protocol. Without `built`, ports of static mappings count as ports to hand out. */
export function portUse(states: readonly State[], space: PortSpace, address: number, built?: Reserving): PortUse {
  const { ports } = states[0]!;
  const pool = space * ports.addresses + address;
  const use: PortUse = { used: 0, held: 0, free: 0, capacity: portCapacity(ports, pool, built), sessions: 0, shared: 0 };
  for (let worker = 0; worker < states.length; worker++) {
    const head = headOf(ports, worker, pool);
    use.used += ports.heads[head + PoolHead.PortsUsed]!;
    use.held += ports.heads[head + PoolHead.Held]!;
    use.sessions += ports.heads[head + PoolHead.Sessions]!;
    use.shared += ports.heads[head + PoolHead.Shared]!;
  }
  use.free = Math.max(0, use.capacity - use.used);
  return use;
}

type Reserving = { readonly snapshot: Pick<Built['snapshot'], 'reservedPorts'> };

function portCapacity(ports: PortBlocks, pool: number, built: Reserving | undefined): number {
  const [low, high] = [ports.range[pool * 2]!, ports.range[pool * 2 + 1]!];
  let reserved = 0;
  if (built !== undefined)
    for (const port of reservedOf(ports, built.snapshot.reservedPorts).get(pool) ?? [])
      if (port >= low && port <= high) reserved++;
  return high - low + 1 - reserved;
}

/** Ports by pool, put together once for each snapshot. */
const known = new WeakMap<Int32Array, ReadonlyMap<number, ReadonlySet<number>>>();

function reservedOf(ports: PortBlocks, rows: Int32Array): ReadonlyMap<number, ReadonlySet<number>> {
  const before = known.get(rows);
  if (before !== undefined) return before;
  const byPool = new Map<number, Set<number>>();
  for (let i = 0; i + 2 < rows.length; i += 3) {
    const pool = poolOf(ports, rows[i + 1]!, rows[i]!);
    byPool.set(pool, (byPool.get(pool) ?? new Set()).add(rows[i + 2]!));
  }
  known.set(rows, byPool);
  return byPool;
}
