import { PipelineContext } from '../../pipeline/context.js';
import type { Outlet } from '../../pipeline/outlet.js';
import { ControlWord } from '../../shared/control.js';
import { AddressRow } from '../../tables/addresses.js';
import { flowHash } from '../../tables/hash.js';
import { trieLookup } from '../../tables/prefixTrie.js';
import { findInward, findOutward } from '../../tables/sessionLookup.js';
import { isSession, Session } from '../../tables/sessions.js';
import type { Snapshot } from '../../tables/snapshot.js';
import type { State } from '../../tables/state.js';
import { Pooling, Zone } from '../../tables/zones.js';
import { frameMemoryIn, makeArena } from '../../wire/memory.js';
import type { Shown } from '../show/shown.js';
import { framesWaiting } from '../show/totals.js';
import { type Flow, scopeOfFlow } from './flow.js';
import type { LiveRow } from './liveRows.js';
import type { Eye } from './portOutlook.js';
import { type Found, fillSessions, freePool, Pool, privateState, targetPool } from './privateState.js';
import { type InwardProspect, type OutwardProspect, roomFor } from './prospects.js';
import { fillWaitingRoom } from './rehearsalFrames.js';
import { setShares, sharesOf } from './shares.js';

/** Stands for a port that is chosen when the session is made; another where it is the one addressed. */
const SOME_PORT = 61_000;

/** Memory for fragments that wait, for one frame of any length: the whole of a worker's would take longer to clear than all the rest. */
const HELD_CHUNKS = 256;

/** What the packet met at a router with sessions, before anything was done. */
export interface Met {
  readonly out: OutwardProspect | undefined;
  /** From outside, or after it turned back. */
  readonly back: InwardProspect | undefined;
}

/** The same with the router's number, and the flow it came with. */
export interface Visit extends Met {
  readonly router: number;
  readonly flow: Flow;
}

/** A context whose memory nobody else has, filled with what the packet may find. */
export interface Stage {
  readonly cx: PipelineContext;
  /** Frames that wait for neighbours in its worker already. */
  readonly waiting: number;
}

/** Looks at the live tables through the eyes of a worker. */
export function openEye(states: Shown['states'], snapshot: Snapshot): Eye {
  const cx = contextFor(states[0]!, snapshot);
  cx.now = Atomics.load(states[0]!.control, ControlWord.ClockTick);
  return { cx, states };
}

/** Everything that a frame which makes these visits may change is a copy; what it may find stands there as it does live. */
export function stageFor(eye: Eye, snapshot: Snapshot, visits: readonly Visit[], outlets: readonly Outlet[]): Stage {
  const [first] = visits;
  const worker = first === undefined ? 0 : (first.back ?? first.out)!.worker;
  const live = eye.states[worker]!;
  const found = visits.map((visit) => foundOf(eye, visit));
  const state = privateState(live, found, eye.cx.now);
  const cx = contextFor(state, privateTables(snapshot, visits, state.cursors));
  cx.now = eye.cx.now;
  cx.nowMs = Atomics.load(live.control, ControlWord.ClockMs);
  cx.outlets = outlets;
  fillSessions(cx, found, worker);
  for (const { flow } of visits) setShares(cx, sharesOf(eye.states, flow));
  const waiting = framesWaiting([live]);
  fillWaitingRoom(cx, waiting);
  return { cx, waiting };
}

function contextFor(state: State, snapshot: Snapshot): PipelineContext {
  return new PipelineContext(frameMemoryIn(makeArena()), 0, state, snapshot, HELD_CHUNKS);
}

function foundOf(eye: Eye, { out, back, flow }: Visit): Found {
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

/** The configuration, except that each zone tries the address first that it would, and that local addresses have the private pools. */
function privateTables(snapshot: Snapshot, visits: readonly Visit[], cursors: Int32Array): Snapshot {
  const pools = snapshot.zones.pools.map(() => Pool.Full);
  const rows = snapshot.zones.rows.slice();
  visits.forEach(({ out }, i) => {
    if (out?.ports === undefined) return;
    const z = out.zone * Zone.Words;
    rows[z + Zone.Pooling] = Pooling.RoundRobin;
    cursors[rows[z + Zone.State]!] = out.ports.start;
    if (out.ports.chosen >= 0) pools[out.ports.chosen] = freePool(i);
  });
  const addressesOf = snapshot.routers.addresses.map((of, router) => {
    const own = visits.flatMap(({ back, router: its }, i) => (its !== router || back?.target === undefined ? [] : [{ back, i }]));
    if (own.length === 0) return of;
    const copy = of.rows.slice();
    for (const { back, i } of own) copy[back!.target!.route * AddressRow.Words + AddressRow.Pool] = targetPool(i) + 1;
    return { ...of, rows: copy };
  });
  const { routers } = snapshot;
  const zones = routers.zones.map((of) => ({ ...of, pools, rows }));
  return {
    ...snapshot,
    zones: { ...snapshot.zones, pools, rows },
    addresses: addressesOf[0]!,
    routers: { ...routers, zones, addresses: addressesOf },
  };
}

/** Words of the session in the private table that the flow has by now. */
export function sessionIn({ sessions }: PipelineContext, flow: Flow, inside: boolean): Int32Array | undefined {
  const { source, destination, ports } = flow;
  const scope = scopeOfFlow(flow);
  const hash = flowHash(sessions.key, source, destination, ports, scope);
  const row = (inside ? findOutward : findInward)(sessions, hash, source, destination, ports, scope);
  const words = sessions.rows.slice(row, row + Session.Words);
  return row < 0 || !isSession(words[Session.Meta]!) ? undefined : words;
}

/** What a local address is among those of a router, or -1. */
export function addressRow(snapshot: Snapshot, router: number, address: number): number {
  return trieLookup(snapshot.routers.addresses[router]!.trie, address);
}
