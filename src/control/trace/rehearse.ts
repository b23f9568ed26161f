import { PipelineContext } from '../../pipeline/context.js';
import { forwardBurst } from '../../pipeline/forward.js';
import { neighborConfirm } from '../../pipeline/neighborLearn.js';
import type { Outlet } from '../../pipeline/outlet.js';
import { ControlWord } from '../../shared/control.js';
import { CounterEvent } from '../../shared/counters.js';
import { Verdict } from '../../shared/verdict.js';
import { AddressKind, AddressRow } from '../../tables/addresses.js';
import { flowHash } from '../../tables/hash.js';
import { trieLookup } from '../../tables/prefixTrie.js';
import { findInward, findOutward } from '../../tables/sessionLookup.js';
import { isSession, poolIndexOf, Session, SessionFlag } from '../../tables/sessions.js';
import type { Snapshot } from '../../tables/snapshot.js';
import { Pooling, Zone } from '../../tables/zones.js';
import type { FrameFields } from '../../types/traceFrame.js';
import { Protocol } from '../../wire/ipv4.js';
import { frameMemoryIn, makeArena } from '../../wire/memory.js';
import type { Shown } from '../show/shown.js';
import { framesWaiting } from '../show/totals.js';
import type { Arrival } from './arrival.js';
import type { Entry } from './entry.js';
import type { Flow } from './flow.js';
import { FIELD_OCTETS, frameFields } from './frameFields.js';
import type { LiveRow } from './liveRows.js';
import type { Eye } from './portOutlook.js';
import { type Found, fillSessions, Pool, privateState } from './privateState.js';
import { type InwardProspect, inwardProspect, isPorted, type OutwardProspect, outwardProspect, roomFor } from './prospects.js';
import { FRAME, fillWaitingRoom, type SentPacket, sentPackets, waitingRows } from './rehearsalFrames.js';
import { outletsLike } from './wayOutOffloads.js';

/** Stands for a port that is chosen when the session is made; another where it is the one addressed. */
const SOME_PORT = 61_000;

/** What the pipeline made of the packet, read from the memory it ran in. */
export interface Outcome {
  readonly verdict: Verdict;
  /** The frame as it came in; undefined: it is no IPv4. */
  readonly came: FrameFields | undefined;
  /** IPv4 packets that left. */
  readonly sent: readonly SentPacket[];
  /** ICMP errors made, sent or waiting; TCP RSTs. */
  readonly icmpErrors: number;
  /** Fragments made, of a packet or of segments. */
  readonly fragments: number;
  readonly resets: number;
  /** Rows of the neighbours as they were then. */
  readonly neighbors: Int32Array;
  /** Words of the session it used or made. */
  readonly session: Int32Array | undefined;
  /** The session was made for it. */
  readonly isNew: boolean;
  /** Its external port is chosen when that happens. */
  readonly isPortOpen: boolean;
  /** Words of the session it went on by after it turned back (hairpin). */
  readonly turned: Int32Array | undefined;
}

/** What the packet met before anything was done. */
export interface Met {
  readonly out: OutwardProspect | undefined;
  /** From outside, or after it turned back. */
  readonly back: InwardProspect | undefined;
}

export interface Rehearsal extends Met {
  /** Frames that wait for neighbours already. Which for which, and how large they are, only the worker knows. */
  readonly waiting: number;
  readonly outcome: Outcome;
  /** For a frame that waits: what becomes of it once its neighbour answers. */
  readonly answered: Outcome | undefined;
  /** Rows of the neighbours before the packet came. */
  readonly neighbors: Int32Array;
}

/** All of a rehearsal that stays the same when it is repeated. */
interface Play {
  readonly eye: Eye;
  readonly snapshot: Snapshot;
  readonly arrival: Arrival;
  readonly entry: Entry;
  readonly outlets: readonly Outlet[];
}

/**
 * Runs the packet through the pipeline itself, in memory of its own and on copies of what it may touch. So a trace takes no
 * port, moves no cursor, makes no neighbour, counts nothing (D31), and never says other than what would happen, except where
 * a worker keeps to itself what decides: tokens of the ICMP rate limit, and how full its waiting room is; and where a port that
 * is chosen only when the session is made would decide.
 */
export function rehearse(
  { built, states, links }: Pick<Shown, 'built' | 'states' | 'links'>,
  arrival: Arrival,
  entry: Entry,
): Rehearsal {
  const { snapshot } = built;
  const eye: Eye = { cx: contextFor(states[0]!, snapshot), states };
  eye.cx.now = Atomics.load(states[0]!.control, ControlWord.ClockTick);
  const { flow } = arrival;
  const play = { eye, snapshot, arrival, entry, outlets: outletsLike({ built, links }) };
  if (!entry.inside) return perform(play, { out: undefined, back: inwardProspect(eye, snapshot, flow) });
  const out = outwardProspect(eye, snapshot, flow);
  const first = perform(play, { out, back: undefined });
  const session = (first.answered ?? first.outcome).session;
  if (session === undefined || !isTurned(snapshot, session)) return first;
  return perform(play, { out, back: inwardProspect(eye, snapshot, turnedFlow(session)) });
}

/** True when the session leads back inside. */
function isTurned(snapshot: Snapshot, session: Int32Array): boolean {
  const { trie, rows } = snapshot.addresses;
  const route = trieLookup(trie, session[Session.RemoteAddress]!);
  return route >= 0 && rows[route * AddressRow.Words + AddressRow.Kind] === AddressKind.Zone;
}

/** The packet of a session after it turned back (resolve/hairpin.ts). */
function turnedFlow(s: Int32Array): Flow {
  const protocol = s[Session.Meta]! & 0xff;
  const ported = protocol === Protocol.Tcp || protocol === Protocol.Udp;
  const ports = ported ? (s[Session.InwardPorts]! >>> 16) | (s[Session.OutwardPorts]! & ~0xffff) : s[Session.InwardPorts]!;
  return {
    protocol,
    source: s[Session.ExternalAddress]!,
    destination: s[Session.RemoteAddress]!,
    ports,
    onlyStatic: !isPorted(protocol),
  };
}

function contextFor(state: Eye['states'][number], snapshot: Snapshot): PipelineContext {
  return new PipelineContext(frameMemoryIn(makeArena()), 0, state, snapshot);
}

function perform(play: Play, met: Met): Rehearsal {
  const { eye, snapshot } = play;
  const { out, back } = met;
  const { worker } = (back ?? out)!;
  const live = eye.states[worker]!;
  const found = foundOf(play, met);
  const state = privateState(live, found, eye.cx.now);
  const tables = privateTables(snapshot, met, state.cursors);
  const cx = contextFor(state, tables);
  cx.now = eye.cx.now;
  cx.nowMs = Atomics.load(live.control, ControlWord.ClockMs);
  cx.outlets = play.outlets;
  fillSessions(cx, found, worker);
  const frames = framesWaiting([live]);
  fillWaitingRoom(cx, frames);

  const neighbors = state.neighbors.rows.slice();
  const waiting = waitingRows(cx);
  const outcome = run(cx, play, met);
  const common = { ...met, outcome, neighbors, waiting: frames };
  if (outcome.verdict !== Verdict.Queued) return { ...common, answered: undefined };
  const after = waitingRows(cx);
  const row = [...after.keys()].find((one) => after.get(one) !== (waiting.get(one) ?? 0))!;
  // The sender's MAC does for the neighbour's: nobody sees it.
  neighborConfirm(cx, row, FRAME + 6);
  return { ...common, answered: run(cx, play, met) };
}

function foundOf({ eye, arrival: { flow } }: Play, { out, back }: Met): Found {
  const rows = [out, back].flatMap((half) =>
    [half?.session, half?.mapping, half?.blocked].filter((row): row is LiveRow => row !== undefined),
  );
  const hosts = [out?.host, back?.host].filter((words): words is Int32Array => words !== undefined);
  return {
    rows,
    hosts,
    hostsFull: out?.hostsFull ?? false,
    room: roomFor(eye, out, back),
    port: back?.target?.port === SOME_PORT || flow.ports >>> 16 === SOME_PORT ? SOME_PORT + 1 : SOME_PORT,
    target: back?.target,
  };
}

/** The configuration, except that the zone tries the address first that it would, and that local addresses have the private pools. */
function privateTables(snapshot: Snapshot, { out, back }: Met, cursors: Int32Array): Snapshot {
  const zones = { ...snapshot.zones, pools: snapshot.zones.pools.map(() => Pool.Full), rows: snapshot.zones.rows.slice() };
  if (out?.ports !== undefined) {
    const z = out.zone * Zone.Words;
    zones.rows[z + Zone.Pooling] = Pooling.RoundRobin;
    cursors[zones.rows[z + Zone.State]!] = out.ports.start;
    if (out.ports.chosen >= 0) zones.pools[out.ports.chosen] = Pool.Free;
  }
  const addresses = { ...snapshot.addresses, rows: snapshot.addresses.rows.slice() };
  if (back?.target !== undefined) addresses.rows[back.target.route * AddressRow.Words + AddressRow.Pool] = Pool.Target + 1;
  return { ...snapshot, zones, addresses };
}

function run(cx: PipelineContext, { arrival, entry }: Play, { out, back }: Met): Outcome {
  const { counters, rifs, memory } = cx;
  counters.verdicts.fill(0);
  counters.events.fill(0);
  for (const outlet of cx.outlets) outlet.queued = 0;
  cx.scratch.reset();
  cx.iface = entry.device;
  cx.offsets[0] = FRAME;
  const { flow } = arrival;
  const octets = arrival.put(memory, FRAME, rifs.macs.subarray(Math.max(0, entry.rif) * 8));
  cx.lengths[0] = octets;
  cx.tags[0] = arrival.tag;
  const came = frameFields(memory.u8.subarray(FRAME, FRAME + Math.min(octets, FIELD_OCTETS)));
  forwardBurst(cx, 1);
  const session = sessionOf(cx, flow, entry.inside);
  const isNew = session !== undefined && (out ?? back)!.session === undefined;
  const turned =
    session !== undefined && entry.inside && back !== undefined ? sessionOf(cx, turnedFlow(session), false) : undefined;
  return {
    verdict: counters.verdicts.findIndex((frames) => frames > 0),
    came,
    sent: sentPackets(cx),
    fragments: counters.events[CounterEvent.FragmentsMade]!,
    icmpErrors: counters.events[CounterEvent.IcmpErrors]!,
    resets: counters.events[CounterEvent.ResetsMade]!,
    neighbors: cx.neighbors.rows.slice(),
    session,
    isNew,
    isPortOpen: session !== undefined && isNew && entry.inside && hasNewPort(session),
    turned,
  };
}

function hasNewPort(session: Int32Array): boolean {
  return (session[Session.Meta]! & SessionFlag.Static) === 0 && poolIndexOf(session, 0) === Pool.Free;
}

/** Words of the session in the private table that the flow has by now. */
function sessionOf({ sessions }: PipelineContext, flow: Flow, inside: boolean): Int32Array | undefined {
  const { source, destination, ports, protocol } = flow;
  const hash = flowHash(sessions.key, source, destination, ports, protocol);
  const row = (inside ? findOutward : findInward)(sessions, hash, source, destination, ports, protocol);
  const words = sessions.rows.slice(row, row + Session.Words);
  return row < 0 || !isSession(words[Session.Meta]!) ? undefined : words;
}
