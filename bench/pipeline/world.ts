/**
 * The world of the in-memory benches: one inside and one outside interface, one zone with enough local addresses, hosts with
 * permanent neighbour entries, all compiled by the gateway's own configuration code. No device, no thread.
 */
import { loadConfig } from '../../src/config/load.js';
import { buildSnapshot } from '../../src/control/buildSnapshot.js';
import { hugeTables } from '../../src/control/hugeTables.js';
import { StateIndex } from '../../src/control/stateIndex.js';
import { warmUpWorld } from '../../src/control/warmUpWorld.js';
import { loadAddon } from '../../src/io/addon.js';
import { PipelineContext } from '../../src/pipeline/context.js';
import { countSent } from '../../src/pipeline/listed.js';
import { Outlet } from '../../src/pipeline/outlet.js';
import type { HashKey } from '../../src/tables/hash.js';
import type { Snapshot } from '../../src/tables/snapshot.js';
import { allocateState, type State, type StateBuffers, stateOf } from '../../src/tables/state.js';
import { frameMemoryIn, makeArena } from '../../src/wire/memory.js';
import { useSnapshot } from '../../src/worker/adopt.js';
import { tuneCompiler } from '../../src/worker/compilerFlags.js';
import { warmUp } from '../../src/worker/warmUp.js';

/** Ports of one local address in the default range 1024 to 65535. */
export const PORTS_PER_ADDRESS = 64_512;
export const INSIDE = 0;
export const OUTSIDE = 1;

export const KEY: HashKey = { k0: 0x1b873593, k1: 0x2545f491 };
const MTUS = [1500, 1500];

export interface World {
  readonly cx: PipelineContext;
  readonly state: StateBuffers;
  /** The same configuration compiled twice, to swap between (D7). */
  readonly snapshots: readonly [Snapshot, Snapshot];
  readonly hosts: number;
  readonly addresses: number;
}

export interface WorldSizes {
  /** Capacity of the session table. */
  readonly sessions: number;
  /** Inside hosts, each a neighbour. */
  readonly hosts: number;
  /** Local addresses of the zone. */
  readonly addresses: number;
  /** Idle time of a UDP session without an answer, as the configuration writes it. */
  readonly unanswered: string;
}

/** Builds the tables, warms the pipeline up with a world of its own, then attaches this one. */
export function makeWorld(sizes: WorldSizes): World {
  const { config, issues } = loadConfig(configText(sizes), 'bench');
  if (config === undefined) throw new Error(`the bench configuration is faulty: ${issues[0]?.message}`);
  const state = allocateState(
    { workers: 1, sessions: sizes.sessions, neighbors: sizes.hosts + 64, addresses: sizes.addresses, hosts: sizes.hosts + 64 },
    KEY,
  );
  hugeTables(loadAddon(), state);
  const own = stateOf(state, 0);
  const index = new StateIndex(own.ports);
  const first = buildSnapshot(config, MTUS, index, 1, 1).snapshot;
  const second = buildSnapshot(config, MTUS, index, 2, 1).snapshot;
  const cx = warmContext(own, first);
  return { cx, state, snapshots: [first, second], hosts: sizes.hosts, addresses: sizes.addresses };
}

/**
 * A context that has seen the warm-up's frames, compiled as for a worker, and goes by `snapshot` now. `networks`: of a host of
 * distributed routers.
 */
export function warmContext(own: State, snapshot: Snapshot, networks = false): PipelineContext {
  tuneCompiler();
  const cx = new PipelineContext(frameMemoryIn(makeArena()), 0, own, snapshot);
  cx.outlets = [new Outlet(), new Outlet()];
  cx.flush = () => {
    for (const outlet of cx.outlets) outlet.queued = 0;
    for (const tunnel of cx.tunnels) tunnel.queued = 0;
    countSent(cx);
    cx.scratch.reset();
  };
  warmUp(cx, warmUpWorld(KEY, networks));
  // Frames of the warm-up left virtio-net headers behind; prepared frames bring none.
  cx.memory.u8.fill(0);
  cx.attach(own);
  cx.now = 1000;
  useSnapshot(cx, snapshot);
  return cx;
}

/** Address of inside host number `host`, as loaded: 10.0.1.0 and up. */
export function hostAddress(host: number): number {
  return 10 | (((host >> 8) + 1) << 16) | ((host & 0xff) << 24);
}

function configText({ hosts, addresses, unanswered, sessions }: WorldSizes): string {
  const neighbors = Array.from({ length: hosts }, (_, h) => {
    const mac = `02:00:00:01:${hex(h >> 8)}:${hex(h & 0xff)}`;
    return `  - { address: 10.0.${(h >> 8) + 1}.${h & 0xff}, mac: '${mac}', dev: in }`;
  });
  return `
name: bench
ifaces:
  - { name: in, tap: b0, role: inside, addresses: [10.0.0.1/16] }
  - { name: out, tap: b1, role: outside, addresses: [100.64.0.1/16] }
routes: [ default via 100.64.0.2 dev out ]
neighbors:
  - { address: 100.64.0.2, mac: '02:00:00:02:00:01', dev: out }
${neighbors.join('\n')}
zones:
  - { match: 10.0.0.0/8, localAddresses: [100.64.1.1-100.64.1.${addresses}], hostLimits: { ports: off, newSessions: off } }
timers: { allowShort: true, udpUnanswered: ${unanswered}, portHold: off }
limits: { sessions: ${sessions}, neighbors: ${hosts + 64}, hosts: ${Math.max(64, hosts + 64)} }
`;
}

export function hex(octet: number): string {
  return octet.toString(16).padStart(2, '0');
}
