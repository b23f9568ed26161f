import { Arena, recordOctets } from '../wire/memory.js';
import type { Flush } from './context.js';

/** Room in the arena for frames that the gateway makes itself, or makes of others, in one turn: given out in order, free again after a flush. */
export class Scratch {
  #at: number = Arena.ScratchStart;
  #floor: number = Arena.ScratchStart;

  /** `flush` sends what all outlets hold, and calls reset(). */
  constructor(private readonly flush: Flush) {}

  /** Offset for the Ethernet frame (14 octets of header) of a record with room for `octets` behind it, or -1 when a turn's scratch is used up. */
  take(octets: number): number {
    let at = this.#at;
    if (at + recordOctets(octets) > Arena.ScratchEnd) {
      this.flush();
      at = this.#at;
      if (at + recordOctets(octets) > Arena.ScratchEnd) return -1;
    }
    this.#at = at + recordOctets(octets);
    return at + Arena.FrameStart;
  }

  /**
   * The same for a frame that others are made of: until letGo() a flush leaves it alone. Half of scratch memory stays for
   * the others.
   */
  hold(octets: number): number {
    if (this.#at > (Arena.ScratchStart + Arena.ScratchEnd) / 2) this.flush();
    const frame = this.take(octets);
    this.#floor = this.#at;
    return frame;
  }

  letGo(): void {
    this.#floor = Arena.ScratchStart;
  }

  /** Called by flush: nothing here is waiting to be sent any more. */
  reset(): void {
    this.#at = this.#floor;
  }
}
