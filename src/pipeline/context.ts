import { CounterRoom, type Counters } from '../shared/counters.js';
import type { Addresses } from '../tables/addresses.js';
import type { ClaimNotes } from '../tables/claimNotes.js';
import type { EventRing } from '../tables/eventRing.js';
import { type Fib, FibKey, FibResult } from '../tables/fib.js';
import { FullRemotes } from '../tables/fullRemotes.js';
import { type Handoff, Letter } from '../tables/handoffRing.js';
import { Random } from '../tables/hash.js';
import type { Hosts } from '../tables/hosts.js';
import type { Neighbors } from '../tables/neighbors.js';
import type { PortBlocks } from '../tables/portBlocks.js';
import { GATEWAY_ROUTER, type Rifs } from '../tables/rifs.js';
import type { Routers } from '../tables/routers.js';
import type { Sessions } from '../tables/sessions.js';
import type { Snapshot } from '../tables/snapshot.js';
import type { State } from '../tables/state.js';
import type { Statics } from '../tables/statics.js';
import type { Switching } from '../tables/switching.js';
import type { Zones } from '../tables/zones.js';
import type { FrameMemory } from '../wire/memory.js';
import { Burst } from './burst.js';
import { Expiring } from './expiring.js';
import { FragmentStore } from './fragmentStore.js';
import { HeldSyns } from './heldSyns.js';
import { KnownPaths } from './knownPaths.js';
import { Listed, Touched } from './listed.js';
import { Outlet } from './outlet.js';
import { PendingFrames } from './pending.js';
import { Scratch } from './scratch.js';
import { TunnelList } from './tunnelList.js';

/** The cache of routing answers has 4096 rows. */
export const WAY_CACHE_BITS = 12;

/** Words of the questions that other hosts' replicas have asked: 64 rows (switching/probes.ts). */
const ASKED_WORDS = 64 * 8;

/** Words of the cache of inside hosts' next hops: 4096 rows. */
const INSIDE_HOP_WORDS = 4096 * 4;

/** What classify found a frame to be; forward goes on from there. */
export const enum Kind {
  /** Whole TCP, UDP or ICMP echo over IPv4: ports and hash are set. */
  Flow = 0,
  Arp,
  /** IPv4 that no session can match: other protocols, other ICMP. */
  Ipv4,
  /** Whole ICMP error of a type that is translated; what it quotes is not looked at yet. */
  IcmpError,
  /** A part of an IPv4 datagram: fragments.ts finds out what it belongs to, and says Flow or Ipv4. */
  Fragment,
}

/** Sends what all outlets hold. The turn provides it; the pipeline calls it when scratch memory or a list is full. */
export type Flush = () => void;

/** Sends a finished frame of a router interface on its network (switching/fromRouter.ts); whoever makes a context puts it in. */
export type ToNetwork = (cx: PipelineContext, rif: number, frame: number, length: number) => void;

/**
 * All that the stages share: the columns of the burst in hand, the adopted tables, this worker's state, the clock, and the
 * room for frames the gateway makes. Stages talk only through this (K5). One per worker, made once.
 */
export class PipelineContext extends Burst {
  /** Device the burst came from. */
  iface = 0;
  /** True while a frame that waited is decided again: it was counted as received before. */
  requeued = false;
  /** True while a frame is decided for the last time: it has waited for its neighbour as long as a frame may. */
  waitedOut = false;
  /** Monotonic clock: milliseconds (wraps) and ticks of 100 ms, both int32, set once per turn (D15). */
  nowMs = 0;
  now = 0;

  rifs: Rifs;
  /** Networks, and routers of networks; the one whose addresses and routes stand below (enterRouter). */
  switching: Switching;
  routers: Routers;
  router: number = GATEWAY_ROUTER;
  /** Its number << 8: with a protocol the scope of sessions (scopeOf in tables/sessions.ts). */
  scope: number = GATEWAY_ROUTER << 8;
  /** Questions of other hosts' replicas (switching/probes.ts). */
  readonly asks = new Int32Array(ASKED_WORDS);
  /** What leaves through tunnels: VXLAN, GRE. */
  readonly tunnels: readonly TunnelList[] = [new TunnelList(), new TunnelList()];
  /** What an address is to the router, and where packets go. */
  addresses: Addresses;
  fib: Fib;
  /** A question to the routing tables and the rest of its answer (resolve/way.ts). */
  readonly key = new Int32Array(FibKey.Words);
  readonly way = new Int32Array(FibResult.Words);
  /** Answers kept (resolve/wayCache.ts), those of this epoch, which is the router's own; the row asked for last. */
  readonly wayCache = new Int32Array(16 << WAY_CACHE_BITS);
  wayEpoch = 1;
  /** Epoch of router 0. */
  #firstEpoch = 1;
  /** Next hops of inside hosts (resolve/insideHops.ts). */
  readonly insideHops = new Int32Array(INSIDE_HOP_WORDS);
  wayRow = 0;
  /** MTU of the way out of a session's frame that the session does not keep (resolve/resolveSession.ts); 0 = it does. */
  wayMtu = 0;
  zones: Zones;
  statics: Statics;
  /** Rows of (pool address index, protocol, port in host order). */
  reservedPorts: Int32Array;
  timeouts: Int32Array;
  limits: Int32Array;
  /** Next hops that are probed (tables/probes.ts), and what is known of them. */
  probes: Int32Array;
  probeRows: Int32Array;
  /** Low 16 bits of the snapshot's: what Session.EpochPool has room for. */
  epoch: number;

  sessions: Sessions;
  neighbors: Neighbors;
  hosts: Hosts;
  ports64: PortBlocks;
  cursors: Int32Array;
  counters: Counters;
  handoff: Handoff;
  events: EventRing;
  claims: ClaimNotes;
  arrivals: Int32Array;
  /** Token buckets of lports (switching/metadata.ts). */
  metadataTokens: Int32Array;
  sessionHeads: readonly Int32Array[];
  /** What came with the frame in hand from another worker (tables/handoffRing.ts); zeros when it came from a device. */
  readonly letter = new Int32Array(Letter.Words);
  /** createSession's side results: the verdict of a frame that went to a port's owner; the row opened for a home. */
  asked = 0;
  /** The verdict of a frame that got no session (resolve/snat.ts). */
  refused = 0;
  opened = 0;
  /** What a new session is to be made of (resolve/choice.ts). */
  readonly choice = new Int32Array(16);
  /** Remotes that no port can be shared towards. */
  readonly fullRemotes: FullRemotes;
  /** True while a frame from inside, translated outward already, is decided as if it came from outside (HAI-1). */
  hairpin = false;
  /** Worker whose ring is looked into first; another each turn, so that big frames of one do not keep out those of the next. */
  firstRing = 0;
  /** Workers that were given something since they were last woken, a bit each. */
  handedTo = 0;

  outlets: readonly Outlet[] = [new Outlet()];
  /** What is on their lists (listed.ts). */
  readonly listed = new Int32Array(CounterRoom.Rifs * Listed.Words);
  readonly touched = new Touched();
  flush: Flush = () => {};
  toNetwork: ToNetwork = () => {};
  readonly random: Random;
  readonly pending: PendingFrames;
  readonly fragments: FragmentStore;
  /** Token buckets of the ICMP error limits (tables/tokenBuckets.ts). */
  icmpTokens: Int32Array;
  /** Last acknowledgement numbers of TCP sessions (acknowledgements.ts). */
  acks: Int32Array;
  readonly heldSyns = new HeldSyns();
  readonly expiring = new Expiring();
  readonly known = new KnownPaths();
  readonly scratch = new Scratch(() => this.flush());

  constructor(
    readonly memory: FrameMemory,
    public worker: number,
    state: State,
    snapshot: Snapshot,
    heldChunks?: number,
  ) {
    super();
    this.fragments = new FragmentStore(heldChunks);
    this.random = new Random(state.sessions.key);
    this.pending = new PendingFrames(memory);
    this.fullRemotes = new FullRemotes(state.sessions.key.k0);
    this.rifs = snapshot.rifs;
    this.addresses = snapshot.addresses;
    this.fib = snapshot.fib;
    this.switching = snapshot.switching;
    this.routers = snapshot.routers;
    this.zones = snapshot.zones;
    this.statics = snapshot.statics;
    this.reservedPorts = snapshot.reservedPorts;
    this.timeouts = snapshot.timeouts;
    this.limits = snapshot.limits;
    this.probes = snapshot.probes;
    this.epoch = snapshot.epoch & 0xffff;
    this.sessions = state.sessions;
    this.neighbors = state.neighbors;
    this.hosts = state.hosts;
    this.ports64 = state.ports;
    this.cursors = state.cursors;
    this.icmpTokens = state.icmpTokens;
    this.probeRows = state.probes;
    this.acks = state.acks;
    this.counters = state.counters;
    this.events = state.events;
    this.claims = state.claims;
    this.arrivals = state.arrivals;
    this.metadataTokens = state.metadataTokens;
    this.handoff = state.handoff;
    this.sessionHeads = state.sessionHeads;
  }

  /** Swaps in another configuration: references only (D6). */
  adopt(snapshot: Snapshot): void {
    this.#firstEpoch += this.routers.fibs.length;
    this.known.forget();
    this.switching = snapshot.switching;
    this.routers = snapshot.routers;
    this.enterRouter(GATEWAY_ROUTER);
    this.rifs = snapshot.rifs;
    this.reservedPorts = snapshot.reservedPorts;
    this.timeouts = snapshot.timeouts;
    this.limits = snapshot.limits;
    this.probes = snapshot.probes;
    this.epoch = snapshot.epoch & 0xffff;
  }

  /** Goes by the addresses, routes, zones and static mappings of this router from now on. */
  enterRouter(router: number): void {
    this.router = router;
    this.scope = router << 8;
    this.fib = this.routers.fibs[router]!;
    this.addresses = this.routers.addresses[router]!;
    this.zones = this.routers.zones[router]!;
    this.statics = this.routers.statics[router]!;
    this.wayEpoch = (this.#firstEpoch + router) | 0;
  }

  /** Swaps in other state: the warm-up's for the real one. */
  attach(state: State): void {
    this.sessions = state.sessions;
    this.neighbors = state.neighbors;
    this.hosts = state.hosts;
    this.ports64 = state.ports;
    this.cursors = state.cursors;
    this.icmpTokens = state.icmpTokens;
    this.probeRows = state.probes;
    this.acks = state.acks;
    this.counters = state.counters;
    this.handoff = state.handoff;
    this.events = state.events;
    this.claims = state.claims;
    this.arrivals = state.arrivals;
    this.metadataTokens = state.metadataTokens;
    this.sessionHeads = state.sessionHeads;
    this.fullRemotes.clear();
    this.known.forget();
  }
}
