import { MAX_BURST, Outlet, type PipelineContext } from '../pipeline/context.js';
import { expireSessions } from '../pipeline/expire.js';
import { forwardBurst } from '../pipeline/forward.js';
import { requeueReady } from '../pipeline/requeue.js';
import { Adjacency, NeighborState, type Neighbors, NeighborsHead, neighborWriteHeader } from '../tables/neighbors.js';
import { Rif, RifRole } from '../tables/rifs.js';
import { Session, SessionsHead } from '../tables/sessions.js';
import { stateOf } from '../tables/state.js';
import { Arena } from '../wire/memory.js';
import { TcpFlag } from '../wire/tcp.js';
import type { WarmUp } from './protocol.js';
import { type FlowFrame, writeFlowFrame } from './syntheticFrames.js';
import { neighborTick } from '../pipeline/neighborTick.js';

/** Record stride of synthetic frames: all are small. */
const STRIDE = 192;
const FLOWS = 4096;
const peer = Uint8Array.of(2, 0, 0, 0, 0, 0x77, 0, 0);

/**
 * Runs synthetic traffic through the pipeline before the worker touches a device (D7): outward and inward, TCP, UDP and echo,
 * opening and closing, with expiry, and with the configuration swapped back and forth, so that the compiler has seen it all.
 * The context is left with the warm-up's tables; the caller attaches the real ones.
 */
export function warmUp(cx: PipelineContext, world: WarmUp): void {
  const state = stateOf(world.state, 0);
  const outlets = cx.outlets;
  const flush = cx.flush;
  cx.attach(state);
  const sinks = [new Outlet(), new Outlet(), new Outlet(), new Outlet()];
  cx.outlets = sinks;
  cx.flush = () => {
    for (const sink of sinks) sink.queued = 0;
    cx.resetScratch();
  };
  const random = cx.random;
  for (let done = 0, round = 0; done < world.frames; done += MAX_BURST, round++) {
    if (round % 256 === 0) cx.adopt(world.snapshots[(round / 256) & 1]!);
    cx.now = (cx.now + (round % 16 === 0 ? 1 : 0)) | 0;
    const outward = round % 2 === 0;
    const inside = rifWith(cx, RifRole.Inside);
    const outside = rifWith(cx, RifRole.Outside);
    const rif = outward ? inside : outside;
    cx.iface = cx.rifs.rows[rif * Rif.Words + Rif.Iface]!;
    for (let f = 0; f < MAX_BURST; f++) {
      cx.offsets[f] = f * STRIDE + Arena.FrameStart;
      cx.tags[f] = 0;
      const frame = outward ? outwardFrame(cx, rif, random.next()) : inwardFrame(cx, rif, random.next());
      cx.lengths[f] = writeFlowFrame(cx.memory, cx.offsets[f]!, frame);
    }
    forwardBurst(cx, MAX_BURST);
    answerAll(cx);
    if (cx.pending.ready > 0) requeueReady(cx);
    neighborTick(cx, { next: 0 });
    cx.flush();
    cx.pending.release();
    expireSessions(cx);
  }
  cx.outlets = outlets;
  cx.flush = flush;
}

function rifWith(cx: PipelineContext, role: RifRole): number {
  for (let r = 0; r < cx.rifs.count; r++) if (cx.rifs.rows[r * Rif.Words + Rif.Role] === role) return r;
  return 0;
}

/** One of FLOWS inside flows, now and then an unusual one. */
function outwardFrame(cx: PipelineContext, rif: number, random: number): FlowFrame {
  const flow = random & (FLOWS - 1);
  const protocol = flow % 8 === 0 ? 1 : flow % 8 < 5 ? 6 : 17;
  const rare = (random >>> 16) % 32;
  return {
    destinationMac: cx.rifs.macs.slice(rif * 8, rif * 8 + 6),
    sourceMac: peer.slice(0, 6),
    protocol,
    source: 10 | ((flow & 0xff) << 16) | (((flow >> 8) + 1) << 24),
    destination: rare === 1 ? 0x0101_010a : 0x0101_0a64 + ((flow & 7) << 24),
    sourcePort: 0x1000 + flow,
    destinationPort: 0x5000,
    tcpFlags: rare < 4 ? TcpFlag.Syn : rare === 5 ? TcpFlag.Fin | TcpFlag.Ack : rare === 6 ? TcpFlag.Rst : TcpFlag.Ack,
    reply: false,
    payload: rare === 7 ? 1900 : 18,
  };
}

/** The answer to a session chosen at random, or a stray frame when there is none. */
function inwardFrame(cx: PipelineContext, rif: number, random: number): FlowFrame {
  const t = cx.sessions;
  const high = t.head[SessionsHead.HighWater]!;
  const row = high === 0 ? 0 : ((random >>> 1) % high) * Session.Words;
  const protocol = t.rows[row + Session.Meta]! & 0xff;
  const ports = t.rows[row + Session.InwardPorts]!;
  const rare = (random >>> 16) & 15;
  return {
    destinationMac: cx.rifs.macs.slice(rif * 8, rif * 8 + 6),
    sourceMac: peer.slice(0, 6),
    protocol: protocol === 0 ? 17 : protocol,
    source: t.rows[row + Session.RemoteAddress]!,
    destination: t.rows[row + Session.ExternalAddress]!,
    sourcePort: protocol === 1 ? ports >>> 16 : ports & 0xffff,
    destinationPort: rare === 0 ? 9 : ports >>> 16,
    tcpFlags: rare < 3 ? TcpFlag.Syn | TcpFlag.Ack : rare === 4 ? TcpFlag.Fin | TcpFlag.Ack : TcpFlag.Ack,
    reply: true,
    payload: 18,
  };
}

/** Every neighbour asked for answers at once. */
function answerAll(cx: PipelineContext): void {
  const n: Neighbors = cx.neighbors;
  for (let i = 0; i < n.head[NeighborsHead.HighWater]!; i++) {
    const row = i * Adjacency.Words;
    if (n.rows[row + Adjacency.State] !== NeighborState.Incomplete) continue;
    const rif = n.rows[row + Adjacency.Rif]!;
    neighborWriteHeader(n, row, peer, 0, cx.rifs.macs, rif * 8, cx.rifs.rows[rif * Rif.Words + Rif.Vlan]!);
    n.rows[row + Adjacency.Mtu] = cx.rifs.rows[rif * Rif.Words + Rif.Mtu]!;
    n.rows[row + Adjacency.State] = NeighborState.Reachable;
    cx.pending.markReady(row);
  }
}
