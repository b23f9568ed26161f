import type { PipelineContext } from '../../../pipeline/context.js';
import { forwardBurst } from '../../../pipeline/forward.js';
import { CounterEvent } from '../../../shared/counters.js';
import { Verdict } from '../../../shared/verdict.js';
import type { FrameFields } from '../../../types/traceFrame.js';
import { Arena } from '../../../wire/memory.js';
import { Virtio } from '../../../wire/virtioNet.js';
import type { Shown } from '../../show/shown.js';
import { FIELD_OCTETS, frameFields } from '../frameFields.js';
import { inwardProspect, outwardProspect } from '../prospects.js';
import { answerNeighbor, FRAME, waitingRows } from '../rehearsalFrames.js';
import { hasNewPort, isTurned, turnedFlow } from '../rehearse.js';
import { openEye, sessionIn, stageFor, type Visit } from '../staging.js';
import { zonesAsked } from '../zonesAsked.js';
import { asRouter } from './asRouter.js';
import { type Left, leftFrames, networkOutlets } from './leftFrames.js';
import type { NetworkEntry } from './networkEntry.js';
import { type RouterEntry, routerEntries } from './routerEntries.js';
import { firstVerdict, type Passage, Witness } from './witness.js';

/**
 * Routers with sessions on the way of a frame through a host that are told: its sender's, and one more behind each other
 * (MAX_RELAYS of them would loop).
 */
const MOST_VISITS = 4;
/** Neighbours that a frame may have to wait for, one behind the other. */
const MOST_WAITS = 4;

/** What came of a frame on a network, read from the memory it ran in. */
export interface NetworkOutcome {
  /** Of the frame as it came in: the first router it led to, or the switching itself. */
  readonly verdict: Verdict;
  /** The frame as it came in; `came`: its fields, undefined when it is no IPv4. */
  readonly first: { readonly octets: Uint8Array; readonly segment: number };
  readonly came: FrameFields | undefined;
  /** Frames of this host's routers, in the order in which they were sent. */
  readonly passages: readonly Passage[];
  /** Frames that left the host, or went to its ports. */
  readonly left: readonly Left[];
  readonly icmpErrors: number;
  readonly resets: number;
  readonly fragments: number;
  /** Rows of the neighbours as they were then. */
  readonly neighbors: Int32Array;
  /** Of each visit: the session that it used or made. */
  readonly sessions: readonly SessionOf[];
}

export interface SessionOf {
  readonly words: Int32Array | undefined;
  readonly isNew: boolean;
  readonly isPortOpen: boolean;
  /** The session it went on by after it turned back (hairpin). */
  readonly turned: Int32Array | undefined;
}

export interface NetworkRehearsal {
  readonly outcome: NetworkOutcome;
  /** Where it waits for a neighbour: what becomes of it once that answers. */
  readonly answered: NetworkOutcome | undefined;
  readonly visits: readonly Visit[];
  readonly waiting: number;
  /** Rows of the neighbours before the frame came. */
  readonly neighbors: Int32Array;
}

/** A frame, and the device and tunnel header it comes with. `put` as in arrival.ts. */
export interface NetworkArrival {
  readonly entry: NetworkEntry;
  readonly put: (cx: PipelineContext) => number;
}

/**
 * Runs a frame of a network through the pipeline in memory of its own, as rehearse.ts does with one of the gateway's (D31). Which
 * routers with sessions it gets to shows only as it goes on: each is found by a run that ends there, and the next one finds its
 * sessions and ports as they live.
 */
export function rehearseNetwork(shown: Shown, arrival: NetworkArrival): NetworkRehearsal {
  const { built, states } = shown;
  const { snapshot } = built;
  const eye = openEye(states, snapshot);
  const outlets = networkOutlets(shown);
  const visits: Visit[] = [];
  for (;;) {
    const play = (): NetworkRehearsal => {
      const { cx, waiting } = stageFor(eye, snapshot, visits, outlets);
      return perform(cx, arrival, visits, waiting);
    };
    const done = play();
    const last = done.answered ?? done.outcome;
    const services = routerEntries(shown, arrival.entry, last).filter((one) => one.isService);
    const next = services[visits.length];
    if (next !== undefined && visits.length < MOST_VISITS) {
      visits.push(visitOf(shown, eye, next));
      continue;
    }
    const at = visits.length - 1;
    const session = last.sessions[at]?.words;
    const visit = visits[at];
    if (visit === undefined || visit.back !== undefined || session === undefined || !isTurned(snapshot, session, visit.router))
      return done;
    const of = asRouter(shown, built.routers.find(({ number }) => number === visit.router)!).built.snapshot;
    visits[at] = { ...visit, back: inwardProspect(eye, of, turnedFlow(session)) };
    const turned = play();
    return turned;
  }
}

function visitOf(shown: Shown, eye: ReturnType<typeof openEye>, { router, flow, inside, packet, rif }: RouterEntry): Visit {
  const own = asRouter(shown, router);
  const { snapshot } = own.built;
  const { trie } = snapshot.zones;
  const zones = packet === undefined ? trie : zonesAsked({ shown: own, packet }, { ...packet, rif: rif.index });
  const met = inside
    ? { out: outwardProspect(eye, snapshot, flow, zones), back: undefined }
    : { out: undefined, back: inwardProspect(eye, snapshot, flow) };
  return { ...met, router: router.number, flow };
}

function perform(cx: PipelineContext, arrival: NetworkArrival, visits: readonly Visit[], waiting: number): NetworkRehearsal {
  const witness = new Witness(cx);
  const neighbors = cx.neighbors.rows.slice();
  const common = { visits, waiting, neighbors };
  let rows = waitingRows(cx);
  const outcome = run(cx, witness, arrival, visits);
  let answered: NetworkOutcome | undefined;
  for (let waits = 0; waits < MOST_WAITS && isQueued(answered ?? outcome); waits++) {
    answerNeighbor(cx, rows);
    rows = waitingRows(cx);
    answered = run(cx, witness, arrival, visits);
  }
  return { ...common, outcome, answered };
}

function isQueued({ verdict, passages }: NetworkOutcome): boolean {
  return verdict === Verdict.Queued || passages.some((one) => one.verdict === Verdict.Queued);
}

function run(cx: PipelineContext, witness: Witness, { entry, put }: NetworkArrival, visits: readonly Visit[]): NetworkOutcome {
  const { counters, memory } = cx;
  counters.verdicts.fill(0);
  counters.events.fill(0);
  for (const outlet of cx.outlets) outlet.queued = 0;
  for (const tunnel of cx.tunnels) tunnel.queued = 0;
  witness.clear();
  cx.scratch.reset();
  cx.iface = entry.slot;
  cx.offsets[0] = FRAME;
  cx.tags[0] = entry.port === undefined && entry.network.type === 'vlan' ? 0x10000 | entry.network.id : 0;
  cx.sources[0] = entry.host?.vtep ?? 0;
  cx.segments[0] = entry.network.id | 0;
  memory.u8.fill(0, FRAME - Arena.VirtioHeader, FRAME);
  const octets = put(cx);
  cx.lengths[0] = octets;
  const segment = memory.u16[(FRAME - Arena.VirtioHeader + Virtio.GsoSize) >> 1]!;
  const first = { octets: memory.u8.slice(FRAME, FRAME + octets), segment };
  forwardBurst(cx, 1);
  return {
    verdict: firstVerdict(counters.verdicts, witness.passages)!,
    first,
    came: frameFields(first.octets.subarray(0, FIELD_OCTETS)),
    passages: [...witness.passages],
    left: leftFrames(cx),
    fragments: counters.events[CounterEvent.FragmentsMade]!,
    icmpErrors: counters.events[CounterEvent.IcmpErrors]!,
    resets: counters.events[CounterEvent.ResetsMade]!,
    neighbors: cx.neighbors.rows.slice(),
    sessions: visits.map((visit, i) => sessionOf(cx, visit, i)),
  };
}

function sessionOf(cx: PipelineContext, { flow, out, back }: Visit, i: number): SessionOf {
  const inside = out !== undefined;
  const words = sessionIn(cx, flow, inside);
  const isNew = words !== undefined && (out ?? back)!.session === undefined;
  const turned = words !== undefined && inside && back !== undefined ? sessionIn(cx, turnedFlow(words), false) : undefined;
  return { words, isNew, isPortOpen: words !== undefined && isNew && inside && hasNewPort(words, i), turned };
}
