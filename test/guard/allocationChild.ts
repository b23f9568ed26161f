import { constants, PerformanceObserver } from 'node:perf_hooks';
import { warmUpWorld } from '../../src/control/warmUpWorld.js';
import { MAX_BURST } from '../../src/pipeline/burst.js';
import { markTrains, mergeTrains } from '../../src/pipeline/coalesce.js';
import { PipelineContext } from '../../src/pipeline/context.js';
import { expireSessions } from '../../src/pipeline/expire.js';
import { forwardBurst } from '../../src/pipeline/forward.js';
import { Outlet } from '../../src/pipeline/outlet.js';
import { probeTick } from '../../src/pipeline/probeTick.js';
import { CounterEvent } from '../../src/shared/counters.js';
import { Lacks } from '../../src/shared/offloads.js';
import { Verdict } from '../../src/shared/verdict.js';
import { AddressRow } from '../../src/tables/addresses.js';
import { Adjacency, NeighborState, neighborFind, neighborInsert, neighborWriteHeader } from '../../src/tables/neighbors.js';
import { swapPort } from '../../src/tables/portBlocks.js';
import { trieLookup } from '../../src/tables/prefixTrie.js';
import { Rif } from '../../src/tables/rifs.js';
import { stateOf } from '../../src/tables/state.js';
import { Arena, frameMemoryIn, makeArena } from '../../src/wire/memory.js';
import { writeFlowFrame } from '../../src/worker/syntheticFrames.js';
import { warmUp } from '../../src/worker/warmUp.js';
import { errorFrame } from '../support/icmpErrors.js';
import { eth, ipv4, packet, tcp, udp } from '../support/layers.js';
import { wireIp } from '../support/octets.js';
import { partial, tso, uso } from '../support/virtio.js';

/**
 * Run by allocation.test.ts in a process of its own with --expose-gc: warms up as a worker does, forwards a million frames of
 * known and new flows, of ICMP errors about them, of segments and datagrams that are joined and super-frames that are cut, probes a next hop,
 * and prints the collections seen, the growth of the heap and what was joined and cut as JSON.
 */
const FRAMES = 1_000_000;
const FLOWS = 1024;
/** Growth in octets that needs no further round. */
const QUIET = 32 * 1024;

const world = warmUpWorld({ k0: 11, k1: 22 });
const cx = new PipelineContext(frameMemoryIn(makeArena()), 0, stateOf(world.state, 0), world.snapshots[0]);
warmUp(cx, world);

const fresh = warmUpWorld({ k0: 33, k1: 44 });
cx.attach(stateOf(fresh.state, 0));
cx.adopt(fresh.snapshots[0]);
cx.now = 1;
const sinks = [new Outlet(), new Outlet(), new Outlet(), new Outlet()];
cx.outlets = sinks;
const empty = (): void => {
  for (let i = 0; i < sinks.length; i++) sinks[i]!.queued = 0;
  cx.scratch.reset();
};
cx.flush = empty;

const REMOTE = '100.10.9.9';
const hop = wireIp(REMOTE);
const out = cx.addresses.rows[trieLookup(cx.addresses.trie, hop) * AddressRow.Words + AddressRow.Rif]!;
const row =
  neighborFind(cx.neighbors, out, hop) >= 0 ? neighborFind(cx.neighbors, out, hop) : neighborInsert(cx.neighbors, out, hop, 1);
neighborWriteHeader(cx.neighbors, row, new Uint8Array([2, 0, 0, 0, 0, 9]), 0, cx.rifs.macs, out * 8, 0);
cx.neighbors.rows[row + Adjacency.Mtu] = cx.rifs.rows[out * Rif.Words + Rif.Mtu]!;
cx.neighbors.rows[row + Adjacency.State] = NeighborState.Permanent;

const gateway = cx.rifs.macs.slice(0, 6);
const host = new Uint8Array([2, 0, 0, 0, 0, 7]);
const tcpSyn = 2;

/** The host of a flow, and an ICMP error of it about an answer to that flow: neither allocates anything either. */
function errorOf(flow: number): Uint8Array {
  const source = `10.0.3.${1 + (flow & 0x7f)}`;
  const ports = { sport: swapPort(53), dport: swapPort(1000 + flow) };
  const quote = packet(ipv4({ src: REMOTE, dst: source, ttl: 3 }), (flow & 1) === 0 ? udp(ports) : tcp(ports));
  const error = errorFrame(quote, { src: source, dst: REMOTE });
  error.set(gateway, 0);
  return error;
}

/** Frames of a burst that one TCP and one UDP flow send one behind the other, and octets of data in each. */
const TRAIN = 8;
const SEGMENT = 20;
const TRAINS_AT = 16;

/** From frame TRAINS_AT on: a SYN, segments of its connection, datagrams of a flow, and a super-frame of each. */
function fillTrains(burst: number): void {
  const source = '10.0.3.200';
  const ports = { sport: 40_000 + burst, dport: 53 };
  const write = (at: number, l4: ReturnType<typeof tcp>, id: number, data: number, virtio?: Uint8Array): void => {
    const ends = eth({ dst: macText(gateway), src: macText(host) });
    const octets = packet(ends, ipv4({ src: source, dst: REMOTE, df: true, id }), l4, new Uint8Array(data));
    const frame = cx.offsets[TRAINS_AT + at]!;
    cx.memory.u8.set(octets, frame);
    cx.memory.u8.fill(0, frame - Arena.VirtioHeader, frame);
    if (virtio !== undefined) cx.memory.u8.set(virtio, frame - Arena.VirtioHeader);
    cx.lengths[TRAINS_AT + at] = octets.length;
  };
  const segment = (k: number): ReturnType<typeof tcp> => tcp({ ...ports, seq: 1 + k * SEGMENT, flags: 'A', checksum: 'partial' });
  const datagram = udp({ ...ports, checksum: 'partial' });
  write(0, tcp({ ...ports, flags: 'S' }), 0, 0);
  for (let k = 0; k < TRAIN; k++) {
    write(1 + k, segment(k), 1 + k, SEGMENT, partial(34, 16));
    write(1 + TRAIN + k, datagram, 1 + k, SEGMENT, partial(34, 6));
  }
  write(1 + 2 * TRAIN, segment(TRAIN), 1 + TRAIN, 3 * SEGMENT, tso(SEGMENT));
  write(2 + 2 * TRAIN, datagram, 1 + TRAIN, 3 * SEGMENT, uso(SEGMENT));
}

function macText(mac: Uint8Array): string {
  return Array.from(mac, (octet) => octet.toString(16).padStart(2, '0')).join(':');
}

/** What every other burst's way out takes: wire packets with complete checksums. */
function takes(superFrames: boolean): void {
  for (let i = 0; i < sinks.length; i++) {
    sinks[i]!.lacks = superFrames ? 0 : Lacks.All;
    sinks[i]!.coalesces = superFrames;
  }
}

/**
 * A burst of the flows from `first` on: TCP and UDP in turn, received at the first inside interface; the last frame is an ICMP
 * error, trains are in the middle.
 */
function fill(first: number): void {
  let at: number = Arena.BurstStart + Arena.FrameStart;
  for (let f = 0; f < MAX_BURST; f++) {
    const flow = (first + f) % FLOWS;
    cx.offsets[f] = at;
    cx.lengths[f] = writeFlowFrame(cx.memory, at, {
      destinationMac: gateway,
      sourceMac: host,
      protocol: (flow & 1) === 0 ? 17 : 6,
      source: wireIp('10.0.3.1') + ((flow & 0x7f) << 24),
      destination: hop,
      sourcePort: 1000 + flow,
      destinationPort: 53,
      tcpFlags: tcpSyn,
      reply: false,
      payload: 18,
    });
    cx.tags[f] = 0;
    at += 192;
  }
  const error = errorOf((first + MAX_BURST - 3) % FLOWS);
  cx.lengths[MAX_BURST - 1] = error.length;
  cx.memory.u8.set(error, cx.offsets[MAX_BURST - 1]!);
  fillTrains(first / MAX_BURST);
}

/** Bursts of all flows, made once: what it takes to make them is no business of the measurement. */
const copies: Uint8Array[] = [];
for (let burst = 0; burst < FLOWS / MAX_BURST; burst++) {
  fill(burst * MAX_BURST);
  copies.push(cx.memory.u8.slice(0, MAX_BURST * 192 + 256));
}

/** Frames forwarded by prepared bursts that are sent again and again: TTL and addresses are put back from a copy. */
function run(frames: number): void {
  collections = 0;
  if (globalThis.gc !== undefined) globalThis.gc();
  const before = process.memoryUsage().heapUsed;
  started = true;
  for (let done = 0, burst = 0; done < frames; done += MAX_BURST, burst = (burst + 1) % copies.length) {
    cx.memory.u8.set(copies[burst]!, 0);
    cx.iface = 0;
    takes((burst & 1) === 0);
    const trains = markTrains(cx, MAX_BURST);
    forwardBurst(cx, MAX_BURST);
    for (let i = 0; trains > 0 && i < sinks.length; i++) if (sinks[i]!.coalesces) mergeTrains(cx, sinks[i]!, i, MAX_BURST);
    empty();
    if (burst === 0) {
      cx.now = (cx.now + 1) | 0;
      expireSessions(cx);
      probeTick(cx);
      empty();
    }
  }
  growth = process.memoryUsage().heapUsed - before;
}

let collections = 0;
let growth = 0;
let started = false;
const observer = new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    const { detail } = entry as unknown as { readonly detail?: { readonly flags: number } };
    const asked = detail !== undefined && (detail.flags & constants.NODE_PERFORMANCE_GC_FLAGS_FORCED) !== 0;
    if (started && !asked && entry.startTime >= begun) collections++;
  }
});
observer.observe({ entryTypes: ['gc'] });
run(FRAMES);
started = false;
let begun = Number.POSITIVE_INFINITY;
const translatedBefore = cx.counters.verdicts[Verdict.Translated]!;
const { events } = cx.counters;
const before = { joined: events[CounterEvent.FramesCoalesced]!, cut: events[CounterEvent.FramesSegmented]! };
begun = performance.now();
let rounds = 0;
let least = Number.POSITIVE_INFINITY;
// The compiler puts its own finds on the same heap when it likes to, and on a busy machine its thread comes late, until when numbers
// of the code it has not reached are objects: a round without any is what the data plane takes.
for (; rounds < 20 && least >= QUIET; rounds++) {
  run(FRAMES);
  least = Math.min(least, growth);
}
const translated = (cx.counters.verdicts[Verdict.Translated]! - translatedBefore) / rounds;
const joined = (events[CounterEvent.FramesCoalesced]! - before.joined) / rounds;
const cut = (events[CounterEvent.FramesSegmented]! - before.cut) / rounds;
// The observer reports from the event loop.
setTimeout(() => process.stdout.write(JSON.stringify({ collections, growth: least, translated, joined, cut })), 50);
