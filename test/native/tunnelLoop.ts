import { warmUpWorld } from '../../src/control/warmUpWorld.js';
import { NativeIface } from '../../src/io/nativeIface.js';
import { TunnelKind } from '../../src/io/tunnelCalls.js';
import { TunnelIface } from '../../src/io/tunnelIface.js';
import { MAX_BURST } from '../../src/pipeline/burst.js';
import { PipelineContext } from '../../src/pipeline/context.js';
import { enlist } from '../../src/pipeline/sendList.js';
import { CounterRoom, IfaceCounter } from '../../src/shared/counters.js';
import { encapsulate } from '../../src/switching/encapsulate.js';
import { SegType } from '../../src/tables/networks.js';
import { stateOf } from '../../src/tables/state.js';
import { frameMemoryIn, makeArena } from '../../src/wire/memory.js';
import { addonUnderTest } from './loadedAddon.js';

/**
 * A child process: one TAP and one tunnel, and frames carried between them until standard input ends; then it prints its counters. What
 * stands between the two is that of the gateway: TunnelIface, NativeIface, encapsulate.
 */
export interface LoopOptions {
  readonly netns: string;
  readonly device: string;
  readonly kind: 'vxlan' | 'gre';
  readonly address: string;
  /** The other end, as loaded. */
  readonly remote: number;
  readonly segment: number;
  readonly mtu: number;
}

export interface LoopReport {
  readonly txFrames: number;
  readonly txOctets: number;
  readonly refused: number;
  readonly foreign: number;
}

const TAP = 0;
const TUNNEL = 1;

const options = JSON.parse(process.argv[2]!) as LoopOptions;
const addon = addonUnderTest();
const udp = options.kind === 'vxlan';
const world = warmUpWorld({ k0: 1, k1: 2 });
const cx = new PipelineContext(frameMemoryIn(makeArena()), 0, stateOf(world.state, 0), world.snapshots[0]);
const sendErrors = new Int32Array(new SharedArrayBuffer(4096));
addon.attach({ arena: cx.memory.u8, offsets: cx.offsets, lengths: cx.lengths, tags: cx.tags, sendErrors });
const opened = addon.openTap({
  device: options.device,
  netns: options.netns,
  queues: 1,
  offloads: true,
  up: true,
  mtu: options.mtu,
});
const fds = addon.openTunnel({
  address: options.address,
  netns: options.netns,
  workers: 1,
  ...(udp ? { port: 4789 } : { protocol: 47 }),
})[0]!;
const tap = new NativeIface('tap', TAP, addon, opened.fds[0]!, opened.kind, sendErrors, cx);
const tunnel = new TunnelIface('tunnel', TUNNEL, addon, fds, udp ? TunnelKind.Udp : TunnelKind.Raw, sendErrors, cx);
let foreign = 0;
cx.flush = flush;

function flush(): void {
  tap.transmit();
  tunnel.transmit();
  cx.scratch.reset();
}

function turn(): number {
  const out = tap.receive(MAX_BURST);
  for (let f = 0; f < out; f++) {
    const list = cx.tunnels[udp ? 0 : 1]!;
    encapsulate(cx, list, udp ? SegType.Vxlan : SegType.Gre, options.segment, options.remote, cx.offsets[f]!, cx.lengths[f]!);
  }
  flush();
  const back = tunnel.receive(MAX_BURST);
  for (let f = 0; f < back; f++) {
    if (cx.tags[f] !== 0 || cx.segments[f] !== options.segment || cx.sources[f] !== options.remote) foreign++;
    else enlist(cx, CounterRoom.FirstDevice + TAP, tap.outlet, cx.offsets[f]!, cx.lengths[f]!);
  }
  flush();
  return Math.max(out, 0) + Math.max(back, 0);
}

function report(): LoopReport {
  const c = cx.counters.rifs.subarray((CounterRoom.FirstDevice + TUNNEL) * IfaceCounter.Count);
  const refused = c[IfaceCounter.TxFull]! + c[IfaceCounter.TxDown]! + c[IfaceCounter.TxError]! + c[IfaceCounter.TxTooLong]!;
  return { txFrames: c[IfaceCounter.TxFrames]!, txOctets: c[IfaceCounter.TxOctets]!, refused, foreign };
}

let running = true;

function some(): void {
  const until = addon.nowMs() + 20;
  while (addon.nowMs() - until < 0) if (turn() === 0) addon.wait(-1, 10_000);
  if (running) setImmediate(some);
}

process.stdin.on('end', () => {
  running = false;
  process.stdout.write(`${JSON.stringify(report())}\n`, () => process.exit(0));
});
process.stdin.resume();
process.stdout.write('ready\n');
some();
