/** Frames one interface's list can hold between two flushes: a burst, and what the gateway makes itself. */
export const MAX_SENDS = 1024;

/**
 * Where frames leave: a device's list of (offset, length) pairs, filled by emit and emptied by the turn's flush. One class, so
 * that emit stays monomorphic.
 */
export class Outlet {
  /** Pairs in the list. */
  queued = 0;
  /** Lacks bits. */
  lacks = 0;
  /** Segments and datagrams that follow each other in a burst are joined for it (coalesce.ts). Only where super-frames of TCP are taken. */
  coalesces = false;
  readonly sends = new Int32Array(new SharedArrayBuffer(MAX_SENDS * 2 * 4));
}
