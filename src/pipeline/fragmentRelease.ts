import { Verdict } from '../shared/verdict.js';
import {
  Datagram,
  DatagramList,
  DatagramState,
  datagramMove,
  datagramOldest,
  datagramRemove,
  datagramState,
} from '../tables/datagrams.js';
import { Letter, LetterFlag } from '../tables/handoffRing.js';
import { heldCopy, heldIface, heldLength, heldTag } from '../tables/heldFrames.js';
import { Arena, recordOctets } from '../wire/memory.js';
import type { PipelineContext } from './context.js';
import { forwardBurst } from './forward.js';
import { dropHeld, frameWords, takeOut } from './fragmentHold.js';
import { holdTicks, tailTicks } from './fragmentStore.js';

/** Frames dropped in one tick at most, so that a flood that runs out costs no turn more than about a millisecond (D15). */
const EXPIRY_BUDGET = 4096;

/** True when fragments wait no longer. */
export function fragmentsReady(cx: PipelineContext): boolean {
  return datagramOldest(cx.fragments.datagrams, DatagramList.Ready) >= 0;
}

/**
 * Lets go what datagrams hold whose first fragment has come, in the order it came. Like a frame that waited for its neighbour, a
 * fragment that leaves counts as Requeued and is decided again; here with the ports of its datagram. The frames stand in the
 * arena's burst window, so the caller flushes before and after.
 */
export function releaseFragments(cx: PipelineContext): void {
  const d = cx.fragments.datagrams;
  let place: number = Arena.BurstStart;
  for (let row = datagramOldest(d, DatagramList.Ready); row >= 0; row = datagramOldest(d, DatagramList.Ready)) {
    const state = datagramState(d, row);
    while (d.rows[row + Datagram.FirstHeld] !== 0) {
      const frame = d.rows[row + Datagram.FirstHeld]! - 1;
      if (state !== DatagramState.Known) {
        dropHeld(cx, row, frame, state === DatagramState.Refused ? Verdict.DropFragment : Verdict.DropFragmentMalformed);
        continue;
      }
      const octets = recordOctets(heldLength(cx.fragments.frames, frame));
      if (place + octets > Arena.BurstEnd) {
        cx.flush();
        place = Arena.BurstStart;
      }
      decideHeld(cx, row, frame, place);
      place += octets;
    }
    datagramMove(d, row, DatagramList.Done, cx.now);
  }
}

/** Copies a held frame to `place` in the arena and decides it. */
function decideHeld(cx: PipelineContext, row: number, frame: number, place: number): void {
  const { datagrams: d, frames: h } = cx.fragments;
  const length = heldLength(h, frame);
  heldCopy(h, frame, cx.memory.i32, (place + Arena.FrameStart - Arena.VirtioHeader) >> 2, frameWords(length));
  cx.iface = heldIface(h, frame);
  cx.offsets[0] = place + Arena.FrameStart;
  cx.lengths[0] = length;
  cx.tags[0] = heldTag(h, frame);
  takeOut(cx, row, frame);
  cx.letter[Letter.DatagramPorts] = d.rows[row + Datagram.Ports]!;
  cx.letter[Letter.Flags] = LetterFlag.Fragment | (d.rows[row + Datagram.State]! & ~0xffff);
  cx.requeued = true;
  forwardBurst(cx, 1);
  cx.requeued = false;
  cx.letter[Letter.Flags] = 0;
}

/** Drops what waited in vain (FRG-3) and forgets datagrams that are over. */
export function expireFragments(cx: PipelineContext): void {
  const d = cx.fragments.datagrams;
  let dropped = 0;
  for (let row = datagramOldest(d, DatagramList.Waiting); row >= 0; row = datagramOldest(d, DatagramList.Waiting)) {
    if (((cx.now - d.rows[row + Datagram.Since]!) | 0) < holdTicks(cx) || dropped >= EXPIRY_BUDGET) break;
    dropped += d.rows[row + Datagram.Held]!;
    while (d.rows[row + Datagram.FirstHeld] !== 0)
      dropHeld(cx, row, d.rows[row + Datagram.FirstHeld]! - 1, Verdict.DropFragmentTimeout);
    datagramRemove(d, row);
  }
  for (let row = datagramOldest(d, DatagramList.Done); row >= 0; row = datagramOldest(d, DatagramList.Done)) {
    if (((cx.now - d.rows[row + Datagram.Since]!) | 0) < tailTicks(cx)) break;
    datagramRemove(d, row);
  }
}
