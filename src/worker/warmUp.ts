import { sendArpAnnouncement } from '../pipeline/arpSend.js';
import { MAX_BURST } from '../pipeline/burst.js';
import { markTrains, mergeTrains } from '../pipeline/coalesce.js';
import type { PipelineContext } from '../pipeline/context.js';
import { expireSessions } from '../pipeline/expire.js';
import { forwardBurst } from '../pipeline/forward.js';
import { countSent } from '../pipeline/listed.js';
import { type NeighborWalk, neighborTick } from '../pipeline/neighborTick.js';
import { Outlet } from '../pipeline/outlet.js';
import { probeTick } from '../pipeline/probeTick.js';
import { dropExpired, requeueReady } from '../pipeline/requeue.js';
import { sendFromRouter } from '../switching/fromRouter.js';
import { FIRST_LPORT, NETWORK_IFACE, Rif, RifFlag, RifRole } from '../tables/rifs.js';
import type { Snapshot } from '../tables/snapshot.js';
import { stateOf } from '../tables/state.js';
import { installPermanent } from './adopt.js';
import type { WarmUp } from './protocol.js';
import { fillArp, fillBurst } from './warmUpFrames.js';
import { fillFromFabric, fillFromPort, hasNetworks } from './warmUpNetworks.js';
import { fillFromOutside, fillToOutside, LEAVING } from './warmUpOutside.js';

/** Bursts between two swaps of the configuration. */
const SWAP_EVERY = 256;
/** No warm-up ends before so many bursts: two swaps, and some of what comes behind them (D7). */
const FEWEST_BURSTS = SWAP_EVERY * 2 + SWAP_EVERY / 4;
/** Bursts between two rests. */
const REST_EVERY = 4;

/**
 * Runs synthetic traffic through the pipeline before the worker touches a device (D7): outward and inward, TCP, UDP and echo,
 * opening and closing, offloaded and not, ARP, neighbours that come and go, expiry, and the configuration swapped back and
 * forth, so that the compiler has seen it all. The context is left with the warm-up's tables; the caller attaches the real ones.
 * `rest` is called between short pieces of the work. After `mostMs` of wall time it ends before all frames were there, for real ones wait
 * meanwhile; not before FEWEST_BURSTS.
 */
export function warmUp(cx: PipelineContext, world: WarmUp, rest: () => void = () => {}, mostMs = Infinity): void {
  const end = performance.now() + mostMs;
  const outlets = cx.outlets;
  const flush = cx.flush;
  cx.attach(stateOf(world.state, 0));
  const sinks = [new Outlet(), new Outlet(), new Outlet(), new Outlet()];
  // Ports of networks have slots of their own.
  cx.outlets = Array.from({ length: FIRST_LPORT + sinks.length }, (_, slot) => sinks[slot % sinks.length]!);
  cx.toNetwork = sendFromRouter;
  cx.flush = () => {
    for (const sink of sinks) sink.queued = 0;
    for (const tunnel of cx.tunnels) tunnel.queued = 0;
    countSent(cx);
    cx.scratch.reset();
  };
  const walk: NeighborWalk = { next: 0 };
  for (let done = 0, round = 0; done < world.frames; done += MAX_BURST, round++) {
    if (round % SWAP_EVERY === 0) adoptNext(cx, world.snapshots[(round / SWAP_EVERY) & 1]!);
    if (round % 16 === 0) everyTick(cx, walk);
    if (round % REST_EVERY === 0) rest();
    if (round % REST_EVERY === 0 && round >= FEWEST_BURSTS && performance.now() >= end) break;
    const outward = round % 2 === 0;
    const rif = rifWith(cx, outward ? RifRole.Inside : RifRole.Outside);
    cx.iface = cx.rifs.rows[rif * Rif.Words + Rif.Iface]!;
    fillBurst(cx, rif, outward);
    burst(cx, MAX_BURST);
    if (round % 8 === 0) answers(cx);
    if (hasNetworks(cx)) onNetworks(cx);
    if (hasNetworks(cx) && round % 8 === 1) outside(cx);
    if (hasNetworks(cx) && round % 4 < 2) atService(cx, outward);
    cx.flush();
    cx.pending.release();
    expireSessions(cx);
  }
  cx.pending.clear();
  cx.fragments.clear();
  cx.outlets = outlets;
  cx.flush = flush;
}

function adoptNext(cx: PipelineContext, snapshot: Snapshot): void {
  cx.adopt(snapshot);
  installPermanent(cx, snapshot.permanent);
}

/** What a host of distributed routers does beside. */
function onNetworks(cx: PipelineContext): void {
  cx.flush();
  burst(cx, fillFromPort(cx));
  cx.flush();
  burst(cx, fillFromFabric(cx));
}

/** By floating IPs and to the SNAT service of another host, and back. */
function outside(cx: PipelineContext): void {
  for (let port = 0; port < LEAVING; port++) {
    cx.flush();
    burst(cx, fillToOutside(cx, port));
  }
  cx.flush();
  burst(cx, fillFromOutside(cx));
}

/** What an SNAT service gets, from one side. */
function atService(cx: PipelineContext, outward: boolean): void {
  for (let rif = 0; rif < cx.rifs.count; rif++) {
    const at = rif * Rif.Words;
    if ((cx.rifs.rows[at + Rif.Flags]! & RifFlag.Unique) === 0 || (cx.rifs.rows[at + Rif.Role] === RifRole.Inside) !== outward)
      continue;
    cx.flush();
    fillBurst(cx, rif, outward);
    atRif(cx, rif, MAX_BURST);
  }
}

/** The burst as frames that came to a router interface of a network. */
function atRif(cx: PipelineContext, rif: number, count: number): void {
  cx.iface = NETWORK_IFACE;
  cx.tags.fill(rif, 0, count);
  burst(cx, count);
}

function burst(cx: PipelineContext, count: number): void {
  const trains = markTrains(cx, count);
  forwardBurst(cx, count);
  if (trains > 0) for (let i = 0; i < cx.outlets.length; i++) mergeTrains(cx, cx.outlets[i]!, i, count);
  if (cx.pending.ready > 0) requeueReady(cx);
}

function everyTick(cx: PipelineContext, walk: NeighborWalk): void {
  cx.now = (cx.now + 1) | 0;
  neighborTick(cx, walk);
  if (cx.pending.count > 0) {
    requeueReady(cx);
    dropExpired(cx);
  }
  probeTick(cx);
  sendArpAnnouncement(cx, 0, cx.rifs.rows[Rif.Address]!, true);
}

/** On every router interface the neighbours answer. */
function answers(cx: PipelineContext): void {
  for (let rif = 0; rif < cx.rifs.count; rif++) {
    const isOnNetwork = cx.rifs.rows[rif * Rif.Words + Rif.Network]! >= 0;
    if (isOnNetwork && (cx.rifs.rows[rif * Rif.Words + Rif.Flags]! & RifFlag.Unique) === 0) continue;
    cx.iface = cx.rifs.rows[rif * Rif.Words + Rif.Iface]!;
    const count = fillArp(cx, rif);
    if (isOnNetwork) atRif(cx, rif, count);
    else burst(cx, count);
    cx.flush();
    cx.pending.release();
  }
}

function rifWith(cx: PipelineContext, role: RifRole): number {
  for (let r = 0; r < cx.rifs.count; r++) if (cx.rifs.rows[r * Rif.Words + Rif.Role] === role) return r;
  return 0;
}
