import assert from 'node:assert/strict';
import { loadConfig } from '../../src/config/load.js';
import type { StateIndex } from '../../src/control/stateIndex.js';
import { type Counters, IfaceCounter } from '../../src/shared/counters.js';
import type { HashKey } from '../../src/tables/hash.js';
import type { Snapshot } from '../../src/tables/snapshot.js';
import { allocateState, type StateBuffers } from '../../src/tables/state.js';
import { arp, eth, packet, vlan } from './layers.js';

/** Parts of worlds (world.ts) and teams (team.ts). */

/** Chunks of 512 octets for fragments that wait: one MiB, not a worker's sixteen, which every world would have to clear. */
export const HELD_CHUNKS = 2048;

export interface WorldOptions {
  readonly yaml?: string;
  /**
   * The configuration is that of an SNAT service of networks (asService.ts). Or there are several, by name: their interfaces are called
   * `name:interface`, and of the world's own configuration only timers and limits are used.
   */
  readonly asService?: boolean | Readonly<Record<string, string>>;
  /** Sessions, neighbours the tables have room for. */
  readonly sessions?: number;
  readonly neighbors?: number;
  /** Inside hosts with sessions. */
  readonly hosts?: number;
  /** Chunks for fragments that wait; HELD_CHUNKS when omitted. */
  readonly heldChunks?: number;
  /** First tick of 100 ms. */
  readonly startTick?: number;
  readonly mtus?: Readonly<Record<string, number>>;
  /** Key of hashes and random numbers: the same key gives the same ports. */
  readonly key?: HashKey;
  /** Hosts answer ARP by themselves (macOf their address). True when omitted. */
  readonly answerArp?: boolean;
  /** Frames with wrong checksums are put in on purpose. */
  readonly wrongChecksums?: boolean;
  /** Hosts that never answer. */
  readonly silent?: readonly string[];
  /** Memory that a team mirrors the owners of blocks in; its own when omitted. */
  readonly mirror?: Uint8Array;
  /** One of several workers (team.ts): its number, what they share, and who delivers the answers of hosts that are asked by ARP. */
  readonly seat?: {
    readonly worker: number;
    readonly buffers: StateBuffers;
    readonly index: StateIndex;
    readonly answer: (iface: string, frame: Uint8Array) => void;
  };
}

export function allocateWorld(options: WorldOptions, workers: number, key: HashKey): StateBuffers {
  return allocateState(
    {
      workers,
      sessions: options.sessions ?? 4096,
      neighbors: options.neighbors ?? 512,
      addresses: 16,
      hosts: options.hosts ?? 1024,
    },
    key,
  );
}

/** The MAC every test host has: 02:00 and its address. */
export function macOf(address: string): string {
  return `02:00:${address
    .split('.')
    .map((o) => Number(o).toString(16).padStart(2, '0'))
    .join(':')}`;
}

export function arpReply(from: string, to: string, toMac: string, tag?: number, mac = macOf(from)): Uint8Array {
  const body = arp({ op: 2, senderMac: mac, senderIp: from, targetMac: toMac, targetIp: to });
  return packet(eth({ dst: toMac, src: mac }), ...(tag === undefined ? [] : [vlan({ id: tag })]), body);
}

/** Texts that were read; a property test makes hundreds of worlds of one. */
const known = new Map<string, LoadedConfig>();
type LoadedConfig = NonNullable<ReturnType<typeof loadConfig>['config']>;

export function configOf(yaml: string): LoadedConfig {
  const before = known.get(yaml);
  if (before !== undefined) return before;
  const { config, issues } = loadConfig(yaml, 'test.yaml');
  assert.ok(config !== undefined, issues.map((issue) => `${issue.line}: ${issue.path} ${issue.message}`).join('\n'));
  if (known.size >= 32) known.clear();
  known.set(yaml, config);
  return config;
}

/** Other routing tables of the gateway. */
export function ofGateway({ routers }: Snapshot, fib: Snapshot['fib']): Pick<Snapshot, 'fib' | 'routers'> {
  return { fib, routers: { ...routers, fibs: [fib, ...routers.fibs.slice(1)] } };
}

/** Sum of a counter over all router interfaces. */
export function rifTotal({ rifs }: Counters, counter: IfaceCounter): number {
  let sum = 0;
  for (let i: number = counter; i < rifs.length; i += IfaceCounter.Count) sum += rifs[i]!;
  return sum;
}
