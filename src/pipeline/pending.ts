import { Arena, type FrameMemory, recordOctets } from '../wire/memory.js';

/** One waiting frame. */
const enum Entry {
  /** Adjacency row it waits for; -1 = gone. */
  Adjacency = 0,
  /** Offset and octets of the copy. */
  Frame,
  Length,
  /** Device it came from, or -1 for a frame the gateway made: that one is sent, not decided again. */
  Iface,
  /** VLAN tag column of a received frame. */
  Tag,
  /** Tick it was queued. */
  Since,
  /** 1 = the neighbour's fate is known. */
  Ready,
  /** A fragment's: LetterFlag bits and id, ports of its datagram (tables/handoffRing.ts). */
  Flags,
  Ports,
  Words = 16,
}

const ENTRIES = 512;

/** Octets of the ring one neighbour may hold (Linux: net.ipv4.neigh.*.unres_qlen_bytes), so that a silent one leaves room for others. */
const OCTETS_PER_NEIGHBOR = 212_992;

/**
 * Frames that wait for a neighbour to answer ARP (FWD-11): a ring of copies in the arena, bounded in octets and number. A
 * received frame is kept as it came and decided again from the start; a frame the gateway made is only sent.
 * The oldest leave first; one that is done sooner leaves a hole until the ring's tail passes it.
 */
export class PendingFrames {
  /** Entries in the ring, oldest at `#first`. */
  readonly #entries = new Int32Array(ENTRIES * Entry.Words);
  readonly #memory: FrameMemory;
  #first = 0;
  #count = 0;
  #writeAt: number = Arena.PendingStart;
  /** Entries whose neighbour's fate is known, not taken yet. */
  ready = 0;
  /** What `take` found. */
  frame = 0;
  length = 0;
  iface = 0;
  tag = 0;
  adjacency = 0;
  flags = 0;
  ports = 0;

  constructor(memory: FrameMemory) {
    this.#memory = memory;
  }

  get count(): number {
    return this.#count;
  }

  /** How many frames wait for `adjacency`. */
  waiting(adjacency: number): number {
    let n = 0;
    for (let i = 0; i < this.#count; i++) if (this.#entries[this.#at(i)] === adjacency) n++;
    return n;
  }

  /**
   * True when a frame of `length` octets may wait: it keeps `adjacency` within `most` frames, within its share of the ring's
   * octets, and within what is left for others. Nobody may hold more than a quarter of what is free (dynamic thresholds,
   * Choudhury and Hahne 1998), but for the first frame of each, so that many silent neighbours leave room for one that answers.
   */
  mayWait(adjacency: number, length: number, most: number): boolean {
    let octets = recordOctets(length);
    let free = Arena.PendingEnd - Arena.PendingStart;
    let n = 0;
    for (let i = 0; i < this.#count; i++) {
      const e = this.#at(i);
      const held = recordOctets(this.#entries[e + Entry.Length]!);
      free -= held;
      if (this.#entries[e + Entry.Adjacency] !== adjacency) continue;
      octets += held;
      n++;
    }
    if (n === 0) return octets <= free && this.#count < ENTRIES;
    return n < most && n * 4 < ENTRIES - this.#count && octets <= OCTETS_PER_NEIGHBOR && octets * 4 <= free;
  }

  /** Copies a frame with its virtio-net header into the ring. False when there is no room. */
  put(adjacency: number, frame: number, length: number, iface: number, tag: number, now: number): boolean {
    if (this.#count === ENTRIES) return false;
    const need = recordOctets(length);
    let at = this.#writeAt;
    if (this.#count > 0) {
      const oldest = this.#entries[this.#at(0) + Entry.Frame]! - Arena.FrameStart;
      if (at > oldest) {
        if (at + need > Arena.PendingEnd) {
          if (Arena.PendingStart + need >= oldest) return false;
          at = Arena.PendingStart;
        }
      } else if (at + need >= oldest) return false;
    } else if (at + need > Arena.PendingEnd) {
      at = Arena.PendingStart;
      if (at + need > Arena.PendingEnd) return false;
    }
    const to = at + Arena.FrameStart;
    this.#memory.u8.copyWithin(to - Arena.VirtioHeader, frame - Arena.VirtioHeader, frame + length);
    const e = this.#at(this.#count);
    this.#entries[e + Entry.Adjacency] = adjacency;
    this.#entries[e + Entry.Frame] = to;
    this.#entries[e + Entry.Length] = length;
    this.#entries[e + Entry.Iface] = iface;
    this.#entries[e + Entry.Tag] = tag;
    this.#entries[e + Entry.Since] = now;
    this.#entries[e + Entry.Ready] = 0;
    this.#entries[e + Entry.Flags] = 0;
    this.#count++;
    this.#writeAt = at + need;
    return true;
  }

  /** What is known of the frame queued last, a fragment. */
  note(flags: number, ports: number): void {
    const e = this.#at(this.#count - 1);
    this.#entries[e + Entry.Flags] = flags;
    this.#entries[e + Entry.Ports] = ports;
  }

  /** The neighbour answered or failed: its frames may go on. */
  markReady(adjacency: number): void {
    for (let i = 0; i < this.#count; i++) {
      const e = this.#at(i);
      if (this.#entries[e + Entry.Adjacency] !== adjacency || this.#entries[e + Entry.Ready] !== 0) continue;
      this.#entries[e + Entry.Ready] = 1;
      this.ready++;
    }
  }

  /** Takes a ready frame out; false when there is none. Its memory stays valid until `release`. */
  take(): boolean {
    if (this.ready === 0) return false;
    for (let i = 0; i < this.#count; i++) {
      const e = this.#at(i);
      if (this.#entries[e + Entry.Ready] !== 1) continue;
      this.ready--;
      this.#read(e);
      return true;
    }
    return false;
  }

  /** Takes the oldest frame that has waited `ticks` or longer; false when there is none. */
  takeExpired(now: number, ticks: number): boolean {
    for (let i = 0; i < this.#count; i++) {
      const e = this.#at(i);
      if (this.#entries[e + Entry.Adjacency]! < 0 || this.#entries[e + Entry.Ready] !== 0) continue;
      if (((now - this.#entries[e + Entry.Since]!) | 0) < ticks) return false;
      this.#read(e);
      return true;
    }
    return false;
  }

  /** Gives back the memory of taken frames. Called after a flush, when nothing refers to it. */
  release(): void {
    while (this.#count > 0 && this.#entries[this.#at(0)]! < 0) {
      this.#first = (this.#first + 1) & (ENTRIES - 1);
      this.#count--;
    }
    if (this.#count === 0) this.#writeAt = Arena.PendingStart;
  }

  /** Forgets everything, uncounted: what the warm-up left must not meet the real neighbours. */
  clear(): void {
    this.#count = 0;
    this.#writeAt = Arena.PendingStart;
    this.ready = 0;
  }

  #at(i: number): number {
    return ((this.#first + i) & (ENTRIES - 1)) * Entry.Words;
  }

  #read(e: number): void {
    this.adjacency = this.#entries[e + Entry.Adjacency]!;
    this.frame = this.#entries[e + Entry.Frame]!;
    this.length = this.#entries[e + Entry.Length]!;
    this.iface = this.#entries[e + Entry.Iface]!;
    this.tag = this.#entries[e + Entry.Tag]!;
    this.flags = this.#entries[e + Entry.Flags]!;
    this.ports = this.#entries[e + Entry.Ports]!;
    this.#entries[e + Entry.Adjacency] = -1;
    this.#entries[e + Entry.Ready] = 2;
  }
}
