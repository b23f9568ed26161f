import { constants, PerformanceObserver } from 'node:perf_hooks';
import { warmUpWorld } from '../../src/control/warmUpWorld.js';
import type { Addon } from '../../src/io/addon.js';
import { TunnelKind } from '../../src/io/tunnelCalls.js';
import { TunnelIface } from '../../src/io/tunnelIface.js';
import { MAX_BURST } from '../../src/pipeline/burst.js';
import { PipelineContext } from '../../src/pipeline/context.js';
import { stateOf } from '../../src/tables/state.js';
import { Arena, frameMemoryIn, makeArena } from '../../src/wire/memory.js';
import { segmentCount } from '../../src/wire/segment.js';
import { eth, ipv4, packet, tcp } from '../support/layers.js';

/**
 * Run by allocation.test.ts in a process of its own with --expose-gc: receives a million segments of TCP from a tunnel, in joined datagrams, and
 * prints the collections seen, the growth of the heap, and how many were joined as JSON.
 */
const SEGMENTS = 1_000_000;
const TRAIN = 44;
const SIZE = 1398;
/** Growth in octets that needs no further round. */
const QUIET = 32 * 1024;

const world = warmUpWorld({ k0: 11, k1: 22 });
const cx = new PipelineContext(frameMemoryIn(makeArena()), 0, stateOf(world.state, 0), world.snapshots[0]);
const HEADER = [8, 0, 0, 0, 0, 0, 7, 0];

/** `sport` differs in every fourth, which ends a train there. */
const payloads = Array.from({ length: TRAIN }, (_, k) => {
  const l4 = tcp({ sport: 4000 + (k >> 2), dport: 80, seq: 1 + k * SIZE, flags: 'A' });
  const ends = eth({ src: '02:00:00:00:00:01', dst: '02:00:00:00:00:02' });
  return [
    ...HEADER,
    ...packet(ends, ipv4({ src: '10.0.0.1', dst: '10.0.0.2', df: true, id: k }), l4, new Uint8Array(SIZE).fill(k)),
  ];
});
const each = payloads[0]!.length;
const train = Uint8Array.from(payloads.flat());

let rows: Int32Array = new Int32Array(4);
const iface = new TunnelIface(
  'tunnel',
  20,
  {
    borrowTunnel: (_fds: number[], _kind: number, _sends: Int32Array, receives: Int32Array) => {
      rows = receives;
      return 1;
    },
    receiveTunnel: () => {
      rows[0] = Arena.TunnelStart + Arena.FrameStart - HEADER.length;
      rows[1] = train.length;
      rows[3] = each;
      return 1;
    },
  } as unknown as Addon,
  [1, 2],
  TunnelKind.Udp,
  new Int32Array(64),
  cx,
);

/** Segments that were joined to the one before. */
function receive(): number {
  cx.memory.u8.set(train, Arena.TunnelStart + Arena.FrameStart - HEADER.length);
  let joined = 0;
  const frames = iface.receive(MAX_BURST);
  for (let f = 0; f < frames; f++) {
    const frame = cx.offsets[f]!;
    joined += segmentCount(cx.memory, frame, frame + 14, frame + cx.lengths[f]!) - 1;
  }
  return joined;
}

let collections = 0;
let begun = Number.POSITIVE_INFINITY;
const observer = new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    const { detail } = entry as unknown as { readonly detail?: { readonly flags: number } };
    const asked = detail !== undefined && (detail.flags & constants.NODE_PERFORMANCE_GC_FLAGS_FORCED) !== 0;
    if (!asked && entry.startTime >= begun) collections++;
  }
});
observer.observe({ entryTypes: ['gc'] });

let joined = 0;
/** Growth of the heap. */
function round(): number {
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  joined = 0;
  for (let n = 0; n < SEGMENTS; n += TRAIN) joined += receive();
  return process.memoryUsage().heapUsed - before;
}

round();
begun = performance.now();
let growth = Number.POSITIVE_INFINITY;
// The compiler puts its own finds on the same heap when it likes to: a round without any is what the tunnel takes.
for (let rounds = 0; rounds < 20 && growth >= QUIET; rounds++) growth = Math.min(growth, round());
// The observer reports from the event loop.
setTimeout(() => process.stdout.write(JSON.stringify({ collections, growth, joined })), 50);
