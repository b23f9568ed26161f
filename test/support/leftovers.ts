import { fragmentsWaiting, framesWaiting } from '../../src/control/show/totals.js';
import { ringFill } from '../../src/tables/handoffRing.js';
import { Host, HostsHead } from '../../src/tables/hosts.js';
import { blocksHeld, PoolHead, PortSpace, portsUsed } from '../../src/tables/portBlocks.js';
import { SessionsHead } from '../../src/tables/sessions.js';
import type { State } from '../../src/tables/state.js';

/** What a gateway without traffic must not have any more when its timers have run out; every value is then 0. */
export interface Leftovers {
  readonly sessions: number;
  /** Rows that say which other worker has a session. */
  readonly elsewhere: number;
  /** Ports kept from other hosts after their session. */
  readonly held: number;
  /** Entries of both indices of flows. */
  readonly flows: number;
  /** Entries of both indices of endpoint-independent mappings. */
  readonly mappings: number;
  readonly hosts: number;
  readonly halfOpen: number;
  readonly ports: number;
  readonly blocks: number;
  /** What the pools count of sessions, held rows and shared ports, and who shares a port. */
  readonly pools: number;
  readonly sharers: number;
  readonly framesWaiting: number;
  readonly fragmentsWaiting: number;
  readonly ringOctets: number;
}

/** Read out of the tables of all workers. */
export function leftovers(states: readonly State[]): Leftovers {
  const sum = (of: (state: State, worker: number) => number): number =>
    states.reduce((total, state, worker) => total + of(state, worker), 0);
  const { ports } = states[0]!;
  const pools = Array.from({ length: PortSpace.Count * ports.addresses }, (_, pool) => pool);
  const overPools = (of: (worker: number, pool: number) => number): number =>
    sum((_, worker) => pools.reduce((total, pool) => total + of(worker, pool), 0));
  const head = (word: SessionsHead): number => sum(({ sessions }) => sessions.head[word]!);
  const [elsewhere, held] = [head(SessionsHead.Elsewhere), head(SessionsHead.Held)];
  return {
    sessions: head(SessionsHead.Count) - elsewhere - held,
    elsewhere,
    held,
    flows: sum(({ sessions }) => entries(sessions.outward.slots) + entries(sessions.inward.slots)),
    mappings: sum(({ sessions }) => entries(sessions.insides) + entries(sessions.peers)),
    hosts: sum(({ hosts }) => hosts.head[HostsHead.Active]!),
    halfOpen: sum(({ hosts }) => {
      let count = 0;
      for (let i = 0; i < hosts.head[HostsHead.HighWater]!; i++) count += hosts.rows[i * Host.Words + Host.HalfOpen]!;
      return count;
    }),
    ports: overPools((worker, pool) => portsUsed(ports, worker, pool)),
    blocks: overPools((worker, pool) => blocksHeld(ports, worker, pool)) + entries(ports.owner),
    pools: overPools((worker, pool) => {
      const at = (worker * pools.length + pool) * PoolHead.Words;
      return [PoolHead.Held, PoolHead.Sessions, PoolHead.Shared].reduce((total, word) => total + ports.heads[at + word]!, 0);
    }),
    sharers: entries(ports.sharers),
    framesWaiting: framesWaiting(states),
    fragmentsWaiting: fragmentsWaiting(states),
    ringOctets: sum(({ handoff }) => handoff.inbound.reduce((total, ring) => total + ringFill(ring), 0)),
  };
}

/** The ones that are not 0, as text; '' when nothing is left. */
export function whatIsLeft(left: Leftovers): string {
  return Object.entries(left)
    .filter(([, count]) => count !== 0)
    .map(([what, count]) => `${what} ${count}`)
    .join(', ');
}

/** Slots or words that are in use. */
export function entries(slots: Int32Array | Uint8Array): number {
  let count = 0;
  for (let i = 0; i < slots.length; i++) if (slots[i] !== 0) count++;
  return count;
}
