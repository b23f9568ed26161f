import type { PipelineContext } from '../../pipeline/context.js';
import { forwardBurst } from '../../pipeline/forward.js';
import type { Outlet } from '../../pipeline/outlet.js';
import { CounterEvent } from '../../shared/counters.js';
import { Verdict } from '../../shared/verdict.js';
import { AddressKind, AddressRow } from '../../tables/addresses.js';
import { GATEWAY_ROUTER } from '../../tables/rifs.js';
import { poolIndexOf, routerOf, Session, SessionFlag } from '../../tables/sessions.js';
import type { Snapshot } from '../../tables/snapshot.js';
import type { FrameFields } from '../../types/traceFrame.js';
import { Protocol } from '../../wire/ipv4.js';
import type { Shown } from '../show/shown.js';
import type { Arrival } from './arrival.js';
import type { Entry } from './entry.js';
import type { Flow } from './flow.js';
import { FIELD_OCTETS, frameFields } from './frameFields.js';
import type { Eye } from './portOutlook.js';
import { freePool } from './privateState.js';
import { inwardProspect, isPorted, outwardProspect } from './prospects.js';
import { answerNeighbor, FRAME, type SentPacket, sentPackets, waitingRows } from './rehearsalFrames.js';
import { addressRow, type Met, openEye, sessionIn, stageFor } from './staging.js';
import { outletsLike } from './wayOutOffloads.js';

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
  const eye = openEye(states, snapshot);
  const { flow } = arrival;
  const play = { eye, snapshot, arrival, entry, outlets: outletsLike({ built, links }) };
  if (!entry.inside) return perform(play, { out: undefined, back: inwardProspect(eye, snapshot, flow) });
  const out = outwardProspect(eye, snapshot, flow, snapshot.zones.trie);
  const first = perform(play, { out, back: undefined });
  const session = (first.answered ?? first.outcome).session;
  if (session === undefined || !isTurned(snapshot, session)) return first;
  return perform(play, { out, back: inwardProspect(eye, snapshot, turnedFlow(session)) });
}

/** True when the session leads back inside. */
export function isTurned(snapshot: Snapshot, session: Int32Array, router: number = GATEWAY_ROUTER): boolean {
  const { rows } = snapshot.routers.addresses[router]!;
  const route = addressRow(snapshot, router, session[Session.RemoteAddress]!);
  return route >= 0 && rows[route * AddressRow.Words + AddressRow.Kind] === AddressKind.Zone;
}

/** The packet of a session after it turned back (resolve/hairpin.ts). */
export function turnedFlow(s: Int32Array): Flow {
  const protocol = s[Session.Meta]! & 0xff;
  const ported = protocol === Protocol.Tcp || protocol === Protocol.Udp;
  const ports = ported ? (s[Session.InwardPorts]! >>> 16) | (s[Session.OutwardPorts]! & ~0xffff) : s[Session.InwardPorts]!;
  return {
    protocol,
    router: routerOf(s, 0),
    source: s[Session.ExternalAddress]!,
    destination: s[Session.RemoteAddress]!,
    ports,
    onlyStatic: !isPorted(protocol),
  };
}

function perform(play: Play, met: Met): Rehearsal {
  const { eye, snapshot, arrival } = play;
  const visit = { ...met, router: GATEWAY_ROUTER, flow: arrival.flow };
  const { cx, waiting: frames } = stageFor(eye, snapshot, [visit], play.outlets);
  const neighbors = cx.neighbors.rows.slice();
  const waiting = waitingRows(cx);
  const outcome = run(cx, play, met);
  const common = { ...met, outcome, neighbors, waiting: frames };
  if (outcome.verdict !== Verdict.Queued) return { ...common, answered: undefined };
  answerNeighbor(cx, waiting);
  return { ...common, answered: run(cx, play, met) };
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
  const session = sessionIn(cx, flow, entry.inside);
  const isNew = session !== undefined && (out ?? back)!.session === undefined;
  const turned =
    session !== undefined && entry.inside && back !== undefined ? sessionIn(cx, turnedFlow(session), false) : undefined;
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
    isPortOpen: session !== undefined && isNew && entry.inside && hasNewPort(session, 0),
    turned,
  };
}

export function hasNewPort(session: Int32Array, visit: number): boolean {
  return (session[Session.Meta]! & SessionFlag.Static) === 0 && poolIndexOf(session, 0) === freePool(visit);
}
