import { admitPeer } from '../resolve/admitPeer.js';
import { CounterEvent } from '../shared/counters.js';
import { Verdict } from '../shared/verdict.js';
import { takeNoteOnNetwork } from '../switching/replica.js';
import { isElsewhere } from '../tables/elsewhere.js';
import { Letter, LetterFlag, LetterKind, ringFirst, ringRelease } from '../tables/handoffRing.js';
import { flowHash } from '../tables/hash.js';
import { NETWORK_IFACE } from '../tables/rifs.js';
import { hasRouter } from '../tables/routers.js';
import { findOutward } from '../tables/sessionLookup.js';
import { poolIndexOf, Session } from '../tables/sessions.js';
import { Fabric } from '../tables/switching.js';
import { Arena, copyRecord, recordOctets } from '../wire/memory.js';
import { arpTakeNote } from './arpInput.js';
import { classify } from './classify.js';
import { Kind, type PipelineContext } from './context.js';
import { endElsewhere } from './expire.js';
import { forwardBurst } from './forward.js';
import { tellOf } from './handoff.js';
import { requeueReady } from './requeue.js';
import { hearHalfOpen } from './sessionState.js';

/** Frames taken from one worker in one go; the rest waits for the next turn, so that devices are not kept waiting. */
const MOST_FRAMES = 64;
/** Letters without a frame: as many as one turn of a sweep writes (expire.ts, sessionSweep.ts), so that rings do not fill with them. */
const MOST_NOTES = 2048;

/**
 * Takes what other workers handed over: frames are decided as if they had come from their device, letters are read. Frames
 * stand in the arena's burst window until the flush, so the caller flushes before the next burst. Returns how many it took.
 */
export function forwardHanded(cx: PipelineContext): number {
  let place: number = Arena.BurstStart;
  let taken = 0;
  const workers = cx.handoff.workers;
  cx.firstRing = (cx.firstRing + 1) % workers;
  for (let i = 0; i < workers; i++) {
    const ring = cx.handoff.inbound[(cx.firstRing + i) % workers]!;
    let frames = 0;
    let notes = 0;
    while (frames < MOST_FRAMES && notes < MOST_NOTES) {
      const at = ringFirst(ring);
      if (at < 0) break;
      const length = ring.words[at + Letter.Length]!;
      if (length > 0 && place + recordOctets(length) > Arena.BurstEnd) return done(cx, taken);
      for (let w = 0; w < Letter.Words; w++) cx.letter[w] = ring.words[at + w]!;
      if (length > 0) copyRecord(cx.memory.i32, place >> 2, ring.words, at, length);
      ringRelease(ring, at);
      take(cx, place + Arena.FrameStart);
      if (length > 0) {
        place += recordOctets(length);
        frames++;
      } else notes++;
      taken++;
    }
  }
  return done(cx, taken);
}

function done(cx: PipelineContext, taken: number): number {
  if (taken > 0) cx.letter.fill(0);
  return taken;
}

/** One letter, its frame at `frame` in the arena. */
function take(cx: PipelineContext, frame: number): void {
  const l = cx.letter;
  const kind = l[Letter.Kind]!;
  if (l[Letter.Length] === 0) {
    hearOf(cx, kind);
    return;
  }
  cx.iface = l[Letter.Iface]!;
  cx.offsets[0] = frame;
  cx.lengths[0] = l[Letter.Length]!;
  cx.tags[0] = l[Letter.Tag]!;
  cx.requeued = true;
  if (kind === LetterKind.Arp) {
    if (cx.iface >= NETWORK_IFACE || cx.switching.fabric[cx.iface] !== Fabric.None) takeNoteOnNetwork(cx, 0);
    else if (classify(cx, 0) === Verdict.Continue && cx.kind[0] === Kind.Arp) arpTakeNote(cx, 0);
    // Who waited for this goes first: a later fragment in the next letter needs the session that its first one opens.
    if (cx.pending.ready > 0) {
      l.fill(0);
      requeueReady(cx);
    }
  } else {
    cx.counters.events[CounterEvent.HandedIn] = cx.counters.events[CounterEvent.HandedIn]! + 1;
    if (kind === LetterKind.Admit) {
      const v = admitAt(cx, l[Letter.Scope]! >>> 8);
      cx.counters.verdicts[v] = cx.counters.verdicts[v]! + 1;
    } else decideHanded(cx, kind);
  }
  cx.requeued = false;
}

/** Asks the home for a session that another worker would open, of a host of `router`. That one's tables may be newer than ours. */
function admitAt(cx: PipelineContext, router: number): Verdict {
  if (!hasRouter(cx.routers, router)) return Verdict.DropNotForUs;
  if (router !== cx.router) cx.enterRouter(router);
  return admitPeer(cx);
}

/** Decides a frame as if it had come from its device. */
function decideHanded(cx: PipelineContext, kind: LetterKind): void {
  const l = cx.letter;
  // What comes next writes other things into the letter.
  const from = l[Letter.From]!;
  const inside = l[Letter.Inside]!;
  const remote = l[Letter.Remote]!;
  const ports = l[Letter.Ports]!;
  const scope = l[Letter.Scope]!;
  cx.hairpin = (l[Letter.Flags]! & LetterFlag.Hairpin) !== 0;
  cx.waitedOut = (l[Letter.Flags]! & LetterFlag.WaitedOut) !== 0;
  forwardBurst(cx, 1);
  cx.hairpin = false;
  cx.waitedOut = false;
  if (kind !== LetterKind.Admitted) return;
  const hash = flowHash(cx.sessions.key, inside, remote, ports, scope);
  // The home counts a session that did not come about after all.
  if (findOutward(cx.sessions, hash, inside, remote, ports, scope) < 0)
    tellOf(cx, from, LetterKind.Ended, inside, remote, ports, scope);
}

/** The owner of a session says that it is over, that it lives although no frame came this way, or how far its handshake is. */
function hearOf(cx: PipelineContext, kind: LetterKind): void {
  const l = cx.letter;
  const inside = l[Letter.Inside]!;
  const remote = l[Letter.Remote]!;
  const ports = l[Letter.Ports]!;
  const scope = l[Letter.Scope]!;
  const hash = flowHash(cx.sessions.key, inside, remote, ports, scope);
  const row = findOutward(cx.sessions, hash, inside, remote, ports, scope);
  if (row < 0 || !isElsewhere(cx.sessions.rows[row + Session.Meta]!)) return;
  if (poolIndexOf(cx.sessions.rows, row) !== l[Letter.From]) return;
  if (kind === LetterKind.Ended) endElsewhere(cx, row);
  else if (kind !== LetterKind.Kept) hearHalfOpen(cx, row, kind === LetterKind.HalfOpen);
  else cx.sessions.rows[row + Session.LastSeen] = cx.now;
}
