import { CounterEvent } from '../shared/counters.js';
import { Verdict } from '../shared/verdict.js';
import {
  Letter,
  LetterFlag,
  LetterKind,
  RING_OCTETS,
  type Ring,
  ringFill,
  ringPublish,
  ringReserve,
} from '../tables/handoffRing.js';
import { Session, scopeOf } from '../tables/sessions.js';
import { Arena, copyRecord, recordOctets } from '../wire/memory.js';
import type { PipelineContext } from './context.js';

/** A frame that changed hands so often goes on no further. Asking an owner for a port and being refused are two. */
const MOST_HOPS = 8;

/**
 * Gives frame `f`, which is still as it came, to another worker, with the letter in `cx.letter` (pool and walk of a Create or
 * Refused). The verdict is HandedOff: the frame gets its own from the worker that takes it.
 */
export function handTo(cx: PipelineContext, f: number, worker: number, kind: LetterKind): Verdict {
  const hops = cx.letter[Letter.Hops]!;
  if (hops >= MOST_HOPS) return Verdict.DropHandoffLoop;
  const at = put(cx, f, cx.handoff.outbound[worker]!, kind, isWalk(cx, kind) ? hops : hops + 1);
  if (at < 0) return Verdict.DropHandoffFull;
  cx.handedTo |= 1 << worker;
  return Verdict.HandedOff;
}

/** The search for a port (resolve/createSession.ts) goes from one worker to the next and ends by itself: its steps are no hops. */
function isWalk(cx: PipelineContext, kind: LetterKind): boolean {
  return (kind === LetterKind.Create || kind === LetterKind.Refused) && cx.letter[Letter.Start]! >= 0;
}

/**
 * Shows an ARP packet to every other worker: each keeps neighbours of its own. Half of a ring is for frames alone: a storm of ARP delays none.
 * `rif`: on a network the router interface that it speaks to, for neither tag nor tunnel goes along; -1 of a device's own.
 */
export function copyArp(cx: PipelineContext, f: number, rif: number): void {
  cx.letter[Letter.Rif] = rif + 1;
  for (let w = 0; w < cx.handoff.workers; w++) {
    if (w === cx.worker) continue;
    const ring = cx.handoff.outbound[w]!;
    if (ringFill(ring) <= RING_OCTETS / 2 && put(cx, f, ring, LetterKind.Arp, 1) >= 0) cx.handedTo |= 1 << w;
    else cx.counters.events[CounterEvent.ArpCopiesLost] = cx.counters.events[CounterEvent.ArpCopiesLost]! + 1;
  }
  cx.letter[Letter.Rif] = 0;
}

/**
 * Tells a host's home about the session in `row`, which it hands frames to us for. Without a reader in time the note is lost;
 * the home's row then ends by its own timer, or with the first frame that we send back.
 */
export function tellHome(cx: PipelineContext, row: number, home: number, kind: LetterKind): void {
  const r = cx.sessions.rows;
  const ports = r[row + Session.OutwardPorts]!;
  tellOf(cx, home, kind, r[row + Session.InsideAddress]!, r[row + Session.RemoteAddress]!, ports, scopeOf(r, row));
}

/** The same of an outward tuple, as loaded, in its scope. */
export function tellOf(
  cx: PipelineContext,
  home: number,
  kind: LetterKind,
  inside: number,
  remote: number,
  ports: number,
  scope: number,
): void {
  const ring = cx.handoff.outbound[home]!;
  const at = ringReserve(ring, Letter.Words * 4);
  if (at < 0) return;
  const w = ring.words;
  w[at + Letter.Kind] = kind;
  w[at + Letter.From] = cx.worker;
  w[at + Letter.Length] = 0;
  w[at + Letter.Inside] = inside;
  w[at + Letter.Remote] = remote;
  w[at + Letter.Ports] = ports;
  w[at + Letter.Scope] = scope;
  ringPublish(ring, at);
  cx.handedTo |= 1 << home;
}

/** Writes letter and frame. Returns the record's place or -1. */
function put(cx: PipelineContext, f: number, ring: Ring, kind: LetterKind, hops: number): number {
  const length = cx.lengths[f]!;
  const at = ringReserve(ring, recordOctets(length));
  if (at < 0) return -1;
  const w = ring.words;
  for (let i = Letter.Pool; i < Letter.Words; i++) w[at + i] = cx.letter[i]!;
  if (cx.waitedOut) w[at + Letter.Flags]! |= LetterFlag.WaitedOut;
  w[at + Letter.Kind] = kind;
  w[at + Letter.From] = cx.worker;
  w[at + Letter.Hops] = hops;
  w[at + Letter.Iface] = cx.iface;
  w[at + Letter.Tag] = cx.tags[f]!;
  w[at + Letter.Length] = length;
  copyRecord(w, at, cx.memory.i32, (cx.offsets[f]! - Arena.FrameStart) >> 2, length);
  ringPublish(ring, at);
  return at;
}
