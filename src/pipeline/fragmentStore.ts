import { DATAGRAMS, type Datagrams, datagramsClear, datagramsMake } from '../tables/datagrams.js';
import { FragmentIds } from '../tables/fragmentIds.js';
import { HeldChunk, type HeldFrames, heldClear, heldFramesMake } from '../tables/heldFrames.js';
import { Limit, Timeout } from '../tables/snapshot.js';
import type { PipelineContext } from './context.js';

/** FRG-5, as long as the configuration says nothing. */
const DEFAULT_DATAGRAMS = 4096;
const DEFAULT_KIB = 16_384;
const DEFAULT_PER_DATAGRAM = 64;
/** RFC 4787 leaves it open; 15 s as Open vSwitch has it. */
const DEFAULT_TICKS = 150;
/** A datagram whose first fragment went through is forgotten so long after its last one. */
const TAIL_TICKS = 10;

/**
 * All that a worker keeps of datagrams in fragments, private to it: datagrams under way when it fails are lost, as on a wire,
 * and the frames that waited are counted by its replacement.
 */
export class FragmentStore {
  readonly datagrams: Datagrams = datagramsMake();
  readonly frames: HeldFrames;
  readonly ids = new FragmentIds();

  /** `chunks` of memory: as many as any configuration may ask for, unless it is for a frame or two. */
  constructor(chunks: number = HeldChunk.Count) {
    this.frames = heldFramesMake(chunks);
  }

  /** Forgets everything, uncounted: what the warm-up left must not meet the real traffic. */
  clear(): void {
    datagramsClear(this.datagrams);
    heldClear(this.frames);
  }
}

/** Datagrams this worker may know of: its part of the limit. */
export function mostDatagrams(cx: PipelineContext): number {
  const part = ((cx.limits[Limit.FragmentDatagrams]! || DEFAULT_DATAGRAMS) / cx.handoff.workers) | 0;
  return Math.max(8, Math.min(DATAGRAMS, part));
}

/** Chunks this worker may hold: its part of the limit. */
export function mostChunks(cx: PipelineContext): number {
  const part = (((cx.limits[Limit.FragmentKib]! || DEFAULT_KIB) * 2) / cx.handoff.workers) | 0;
  return Math.max(8, Math.min(HeldChunk.Count, part));
}

/** Frames one datagram may have waiting. */
export function mostHeld(cx: PipelineContext): number {
  return cx.limits[Limit.FragmentsPerDatagram]! || DEFAULT_PER_DATAGRAM;
}

/** Ticks a fragment waits for its first one. */
export function holdTicks(cx: PipelineContext): number {
  return cx.timeouts[Timeout.Fragment]! || DEFAULT_TICKS;
}

/** Ticks a datagram that holds nothing is remembered after its last fragment. */
export function tailTicks(cx: PipelineContext): number {
  return Math.min(TAIL_TICKS, holdTicks(cx));
}
