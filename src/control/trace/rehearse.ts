import { Outlet, PipelineContext } from '../../pipeline/context.js';
import { forwardBurst } from '../../pipeline/forward.js';
import { neighborConfirm } from '../../pipeline/neighborLearn.js';
import { ControlWord } from '../../shared/control.js';
import { CounterEvent } from '../../shared/counters.js';
import { Verdict } from '../../shared/verdict.js';
import { Adjacency, NeighborState, NeighborsHead } from '../../tables/neighbors.js';
import { homeOf } from '../../tables/ownership.js';
import { PortSpace } from '../../tables/portBlocks.js';
import { GONE_IFACE } from '../../tables/rifs.js';
import { Session } from '../../tables/sessions.js';
import { Limit } from '../../tables/snapshot.js';
import { EtherType } from '../../wire/ethernet.js';
import { Arena, frameMemoryIn } from '../../wire/memory.js';
import { portUse } from '../show/portUse.js';
import type { Shown } from '../show/shown.js';
import { framesWaiting, sessionTotal } from '../show/totals.js';
import type { Entry } from './entry.js';
import type { FoundSession } from './findSession.js';
import { Pool, privateState } from './privateState.js';
import { type Packet, writePacket } from './writePacket.js';

const FRAME: number = Arena.BurstStart + Arena.FrameStart;
/** A frame that stands for one that waits already, octets. */
const FILLER_OCTETS = 60;
/** IPv4 header without options and eight octets: a trace writes no options, ICMP errors have none. */
const HEAD_OCTETS = 28;

/** A packet that left, and the router interface it left by. */
export interface SentPacket {
  readonly rif: number;
  /** The first octets of the IPv4 packet: its header, and as much of the next one as holds ports or ICMP type and identifier. */
  readonly octets: Uint8Array;
}

/** What the pipeline made of the packet, read from the memory it ran in. */
export interface Outcome {
  readonly verdict: Verdict;
  /** IPv4 packets that left. */
  readonly sent: readonly SentPacket[];
  /** ICMP errors made, sent or waiting. */
  readonly icmpErrors: number;
  /** Rows of the neighbours as they were then. */
  readonly neighbors: Int32Array;
  /** Words of the session it used or made. */
  readonly session: Int32Array | undefined;
  /** The session was made for it. */
  readonly isNew: boolean;
}

export interface Rehearsal {
  /** Frames that wait for neighbours already. Which for which, and how large they are, only the worker knows. */
  readonly waiting: number;
  readonly outcome: Outcome;
  /** For a frame that waits: what becomes of it once its neighbour answers. */
  readonly answered: Outcome | undefined;
  /** Rows of the neighbours before the packet came. */
  readonly neighbors: Int32Array;
  /** Rotation cursors before. */
  readonly cursors: Int32Array;
}

/**
 * Runs the packet through the pipeline itself, in memory of its own and on copies of what it may touch. So a trace takes no
 * port, moves no cursor, makes no neighbour, counts nothing (D31), and never says other than what would happen, except where
 * a worker keeps to itself what decides: tokens of the ICMP rate limit, and how full its waiting room is.
 */
export function rehearse(
  { built, states }: Pick<Shown, 'built' | 'states'>,
  packet: Packet,
  entry: Entry,
  found: FoundSession | undefined,
): Rehearsal {
  const { snapshot } = built;
  // Who would decide: the worker of the session, or the home of an inside host; any worker is as good for the rest.
  const live = states[found?.worker ?? (entry.inside ? homeOf(packet.source, states.length) : 0)]!;
  const now = Atomics.load(live.control, ControlWord.ClockTick);
  const isFull = sessionTotal(states) >= live.sessions.capacity;
  const state = privateState(live, { session: found?.words, protocol: packet.protocol, isFull }, now);
  const space = packet.protocol === 6 ? PortSpace.Tcp : packet.protocol === 17 ? PortSpace.Udp : PortSpace.Icmp;
  // Every port that is not in use can be taken (tables/portBlocks.ts), so the numbers say whether an address has one.
  const pools = snapshot.zones.pools.map((address) => {
    const { used, capacity } = portUse(states, space, address);
    return used < capacity ? Pool.Free : Pool.Full;
  });
  const zones = { ...snapshot.zones, pools };
  const cx = new PipelineContext(frameMemoryIn(new SharedArrayBuffer(Arena.Octets)), 0, state, { ...snapshot, zones });
  cx.now = now;
  cx.nowMs = Atomics.load(live.control, ControlWord.ClockMs);
  cx.outlets = Array.from({ length: GONE_IFACE + 1 }, () => new Outlet());
  const frames = framesWaiting([live]);
  fillWaitingRoom(cx, frames);

  const neighbors = state.neighbors.rows.slice();
  const cursors = state.cursors.slice();
  const waiting = waitingRows(cx);
  const outcome = run(cx, packet, entry, found !== undefined);
  if (outcome.verdict !== Verdict.Queued) return { outcome, answered: undefined, neighbors, cursors, waiting: frames };
  const after = waitingRows(cx);
  const row = [...after.keys()].find((one) => after.get(one) !== waiting.get(one))!;
  // The sender's MAC does for the neighbour's: nobody sees it.
  neighborConfirm(cx, row, FRAME + 6);
  return { outcome, answered: run(cx, packet, entry, found !== undefined), neighbors, cursors, waiting: frames };
}

function run(cx: PipelineContext, packet: Packet, entry: Entry, hadSession: boolean): Outcome {
  const { counters, rifs, memory, sessions } = cx;
  counters.verdicts.fill(0);
  counters.events.fill(0);
  for (const outlet of cx.outlets) outlet.queued = 0;
  cx.resetScratch();
  cx.iface = entry.device;
  cx.offsets[0] = FRAME;
  cx.lengths[0] = writePacket(memory, FRAME, rifs.macs.subarray(Math.max(0, entry.rif) * 8), packet);
  cx.tags[0] = entry.vlan === 0 ? 0 : 0x10000 | entry.vlan;
  forwardBurst(cx, 1);
  const made = counters.events[CounterEvent.SessionsCreated]! > 0;
  const session = hadSession || made ? sessions.rows.slice(0, Session.Words) : undefined;
  return {
    verdict: counters.verdicts.findIndex((frames) => frames > 0),
    sent: sentPackets(cx),
    icmpErrors: counters.events[CounterEvent.IcmpErrors]!,
    neighbors: cx.neighbors.rows.slice(),
    session,
    isNew: made,
  };
}

function sentPackets(cx: PipelineContext): SentPacket[] {
  const { u16, u8 } = cx.memory;
  return cx.outlets.flatMap((outlet, iface) =>
    Array.from({ length: outlet.queued }, (_, i) => outlet.sends[i * 2]!).flatMap((frame) => {
      const tagged = u16[(frame + 12) >> 1] === EtherType.Vlan;
      if (u16[(frame + (tagged ? 16 : 12)) >> 1] !== EtherType.Ipv4) return [];
      const vlan = tagged ? ((u8[frame + 14]! & 0x0f) << 8) | u8[frame + 15]! : 0;
      const ip = frame + (tagged ? 18 : 14);
      return [{ octets: u8.slice(ip, ip + HEAD_OCTETS), rif: cx.rifs.byVlan[(iface << 12) | vlan]! - 1 }];
    }),
  );
}

/** Frames that wait, by the neighbour's row. */
function waitingRows(cx: PipelineContext): Map<number, number> {
  return new Map(incomplete(cx, NeighborState.None, NeighborState.Incomplete).map((row) => [row, cx.pending.waiting(row)]));
}

/** As many frames as wait in the worker, when only one neighbour is asked for: then they are its own. */
function fillWaitingRoom(cx: PipelineContext, frames: number): void {
  const rows = incomplete(cx, NeighborState.Incomplete);
  if (rows.length !== 1) return;
  const most = Math.min(frames, cx.limits[Limit.NeighborQueue]!);
  for (let i = 0; i < most; i++) cx.pending.put(rows[0]!, FRAME, FILLER_OCTETS, 0, 0, cx.now);
}

function incomplete(cx: PipelineContext, ...states: readonly NeighborState[]): number[] {
  const { rows, head } = cx.neighbors;
  return Array.from({ length: head[NeighborsHead.HighWater]! }, (_, i) => i * Adjacency.Words).filter((row) =>
    states.includes(rows[row + Adjacency.State]!),
  );
}
