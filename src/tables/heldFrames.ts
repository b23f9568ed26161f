/**
 * Copies of fragments that wait for the first one of their datagram (FRG-3): chunks of 512 octets from a free list, so that a
 * frame that leaves makes room at once, whatever still waits beside it. Private to a worker and made once; what lies in it
 * dies with the worker.
 *
 * A frame is a chain of chunks and is named by the first. What stands in the chunks is the caller's.
 */
export const enum HeldChunk {
  Words = 128,
  /** 16 MiB, the most that a worker may be told to hold (FRG-5). */
  Count = 32_768,
}

/** What is known of a chunk; all but Next is valid for the first one of a frame only. */
const enum Of {
  /** Next chunk of the frame, or of the free list, as chunk + 1; 0 = none. */
  Next = 0,
  /** Next frame of the datagram, by its first chunk + 1; 0 = none. */
  Following,
  /** Octets of the frame without its virtio-net header. */
  Length,
  /** Device it came from, VLAN tag column. */
  Iface,
  Tag,
  Words = 8,
}

const enum Head {
  Free = 0,
  /** Chunks ever used. */
  HighWater,
  Used,
  Words = 4,
}

export interface HeldFrames {
  readonly words: Int32Array;
  readonly of: Int32Array;
  readonly head: Int32Array;
}

export function heldFramesMake(chunks: number = HeldChunk.Count): HeldFrames {
  return {
    words: new Int32Array(chunks * HeldChunk.Words),
    of: new Int32Array(chunks * Of.Words),
    head: new Int32Array(Head.Words),
  };
}

/** Chunks in use. */
export function heldUsed(h: HeldFrames): number {
  return h.head[Head.Used]!;
}

/** Chunks that `words` words take. */
export function heldChunks(words: number): number {
  return (words + HeldChunk.Words - 1) >> 7;
}

/** Copies `words` words of `source` from index `from` on. The first chunk of the frame, or -1 when the store is full. */
export function heldPut(
  h: HeldFrames,
  source: Int32Array,
  from: number,
  words: number,
  length: number,
  iface: number,
  tag: number,
): number {
  if (heldChunks(words) > h.of.length / Of.Words - h.head[Head.Used]!) return -1;
  const end = from + words;
  let first = -1;
  let last = -1;
  for (let at = from; at < end; at += HeldChunk.Words) {
    const chunk = take(h);
    if (first < 0) first = chunk;
    else h.of[last * Of.Words] = chunk + 1;
    last = chunk;
    const to = chunk * HeldChunk.Words;
    const here = Math.min(end - at, HeldChunk.Words);
    for (let i = 0; i < here; i++) h.words[to + i] = source[at + i]!;
  }
  const row = first * Of.Words;
  h.of[row + Of.Following] = 0;
  h.of[row + Of.Length] = length;
  h.of[row + Of.Iface] = iface;
  h.of[row + Of.Tag] = tag;
  return first;
}

/** Copies the first `words` words of a frame to index `to` of `target`. */
export function heldCopy(h: HeldFrames, first: number, target: Int32Array, to: number, words: number): void {
  let chunk = first;
  for (let done = 0; done < words; done += HeldChunk.Words) {
    const from = chunk * HeldChunk.Words;
    const here = Math.min(words - done, HeldChunk.Words);
    for (let i = 0; i < here; i++) target[to + done + i] = h.words[from + i]!;
    chunk = h.of[chunk * Of.Words]! - 1;
  }
}

/** Gives a frame's chunks back; returns how many they were. */
export function heldFree(h: HeldFrames, first: number): number {
  let freed = 0;
  for (let chunk = first; chunk >= 0; freed++) {
    const next = h.of[chunk * Of.Words]! - 1;
    h.of[chunk * Of.Words] = h.head[Head.Free]!;
    h.head[Head.Free] = chunk + 1;
    chunk = next;
  }
  h.head[Head.Used] = h.head[Head.Used]! - freed;
  return freed;
}

/** Puts frame `next` behind frame `first` of the same datagram. */
export function heldFollow(h: HeldFrames, first: number, next: number): void {
  h.of[first * Of.Words + Of.Following] = next + 1;
}

/** The frame behind this one, or -1. */
export function heldFollowing(h: HeldFrames, first: number): number {
  return h.of[first * Of.Words + Of.Following]! - 1;
}

export function heldLength(h: HeldFrames, first: number): number {
  return h.of[first * Of.Words + Of.Length]!;
}

export function heldIface(h: HeldFrames, first: number): number {
  return h.of[first * Of.Words + Of.Iface]!;
}

export function heldTag(h: HeldFrames, first: number): number {
  return h.of[first * Of.Words + Of.Tag]!;
}

export function heldClear(h: HeldFrames): void {
  h.head.fill(0);
}

/** A chunk of its own, the last of its chain. The caller has looked that there is one. */
function take(h: HeldFrames): number {
  h.head[Head.Used] = h.head[Head.Used]! + 1;
  const free = h.head[Head.Free]!;
  let chunk = free - 1;
  if (free !== 0) h.head[Head.Free] = h.of[chunk * Of.Words]!;
  else {
    chunk = h.head[Head.HighWater]!;
    h.head[Head.HighWater] = chunk + 1;
  }
  h.of[chunk * Of.Words] = 0;
  return chunk;
}
