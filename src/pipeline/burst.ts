/** Frames in the largest burst. */
export const MAX_BURST = 64;

/** Routers of one host that a frame may pass one after the other. */
export const MAX_RELAYS = 8;

/** Elements of a column: a burst, and frames between routers (switching/relay.ts). */
const COLUMN = MAX_BURST + MAX_RELAYS;

/** The columns of the burst in hand. */
export class Burst {
  /** Per frame of the burst, filled by receive. Frame offsets in the arena, octets, VLAN tag the kernel took off. */
  readonly offsets = new Int32Array(new SharedArrayBuffer(COLUMN * 4));
  readonly lengths = new Int32Array(new SharedArrayBuffer(COLUMN * 4));
  readonly tags = new Int32Array(new SharedArrayBuffer(COLUMN * 4));
  /** Of frames from a tunnel: address of the other end (as loaded), VNI or key. */
  readonly sources = new Int32Array(new SharedArrayBuffer(COLUMN * 4));
  readonly segments = new Int32Array(COLUMN);
  /** Per frame, filled by markTrains (coalesce.ts): 1 when it continues the one before it. */
  readonly follows = new Int32Array(MAX_BURST);
  /** Per frame, filled by classify: verdict so far, Kind, router interface, offsets of IPv4/ARP header and of the end. */
  readonly verdict = new Int32Array(COLUMN);
  readonly kind = new Int32Array(COLUMN);
  readonly rif = new Int32Array(COLUMN);
  readonly ip = new Int32Array(COLUMN);
  readonly end = new Int32Array(COLUMN);
  /** Per flow frame: ports word and hash. */
  readonly ports = new Int32Array(COLUMN);
  readonly hash = new Int32Array(COLUMN);
}
