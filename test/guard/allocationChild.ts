import { constants, PerformanceObserver } from 'node:perf_hooks';
import { warmUpWorld } from '../../src/control/warmUpWorld.js';
import { markTrains, mergeTrains } from '../../src/pipeline/coalesce.js';
import { MAX_BURST, PipelineContext } from '../../src/pipeline/context.js';
import { expireSessions } from '../../src/pipeline/expire.js';
import { forwardBurst } from '../../src/pipeline/forward.js';
import { Outlet } from '../../src/pipeline/outlet.js';
import { probeTick } from '../../src/pipeline/probeTick.js';
import { Verdict } from '../../src/shared/verdict.js';
import { AddressRow } from '../../src/tables/addresses.js';
import { Adjacency, NeighborState, neighborFind, neighborInsert, neighborWriteHeader } from '../../src/tables/neighbors.js';
import { swapPort } from '../../src/tables/portBlocks.js';
import { trieLookup } from '../../src/tables/prefixTrie.js';
import { Rif } from '../../src/tables/rifs.js';
import { stateOf } from '../../src/tables/state.js';
import { Arena, frameMemoryIn } from '../../src/wire/memory.js';
import { writeFlowFrame } from '../../src/worker/syntheticFrames.js';
import { warmUp } from '../../src/worker/warmUp.js';
import { errorFrame } from '../support/icmpErrors.js';
import { ipv4, packet, tcp, udp } from '../support/layers.js';
import { wireIp } from '../support/octets.js';

/**
 * Run by allocation.test.ts in a process of its own with --expose-gc: warms up as a worker does, forwards a million frames of
 * known and new flows and of ICMP errors about them, probes a next hop, and prints the collections seen and the growth of the heap as JSON.
 */
const FRAMES = 1_000_000;
const FLOWS = 1024;
/** Growth in octets that needs no further round. */
const QUIET = 32 * 1024;

const world = warmUpWorld({ k0: 11, k1: 22 });
const cx = new PipelineContext(
  frameMemoryIn(new SharedArrayBuffer(Arena.Octets)),
  0,
  stateOf(world.state, 0),
  world.snapshots[0],
);
warmUp(cx, world);

const fresh = warmUpWorld({ k0: 33, k1: 44 });
cx.attach(stateOf(fresh.state, 0));
cx.adopt(fresh.snapshots[0]);
cx.now = 1;
const sinks = [new Outlet(), new Outlet(), new Outlet(), new Outlet()];
cx.outlets = sinks;
const empty = (): void => {
  for (let i = 0; i < sinks.length; i++) sinks[i]!.queued = 0;
  cx.resetScratch();
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

/** A burst of the flows from `first` on: TCP and UDP in turn, received at the first inside interface; the last frame is an ICMP error. */
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
}

/** Frames forwarded by one prepared burst that is sent again and again: TTL and addresses are put back from a copy. */
function run(frames: number): void {
  const copies: Uint8Array[] = [];
  const lengths: number[] = [];
  for (let burst = 0; burst < FLOWS / MAX_BURST; burst++) {
    fill(burst * MAX_BURST);
    copies.push(cx.memory.u8.slice(0, MAX_BURST * 192 + 256));
    lengths.push(cx.lengths[0]!);
  }
  collections = 0;
  if (globalThis.gc !== undefined) globalThis.gc();
  const before = process.memoryUsage().heapUsed;
  started = true;
  for (let done = 0, burst = 0; done < frames; done += MAX_BURST, burst = (burst + 1) % copies.length) {
    cx.memory.u8.set(copies[burst]!, 0);
    cx.iface = 0;
    const trains = markTrains(cx, MAX_BURST);
    forwardBurst(cx, MAX_BURST);
    for (let i = 0; trains > 0 && i < sinks.length; i++) mergeTrains(cx, sinks[i]!, i, MAX_BURST);
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
// The observer reports from the event loop.
setTimeout(() => process.stdout.write(JSON.stringify({ collections, growth: least, translated })), 50);
