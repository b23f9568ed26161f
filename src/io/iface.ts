import type { Outlet } from '../pipeline/outlet.js';

/**
 * A device as the worker sees it (K17): native, in memory, or one wrapped around another. Frames that leave are put on its
 * outlet's list by the pipeline's emit.
 */
export interface Iface {
  readonly name: string;
  /** Its number: router interfaces and outlets go by it. */
  readonly slot: number;
  readonly outlet: Outlet;
  /**
   * Receives at most `maxFrames` frames into the burst part of the arena and fills the context's offset, length and tag
   * columns. Returns how many; a negative errno when the device failed.
   */
  receive(maxFrames: number): number;
  /** Sends the list and empties it. */
  transmit(): void;
  close(): void;
}
