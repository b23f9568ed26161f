import { Letter } from '../tables/handoffRing.js';

/** Frames in the largest burst. */
export const MAX_BURST = 64;

/** Routers of one host that a frame may pass one after the other. */
export const MAX_RELAYS = 8;

/** Elements of a column: a burst, and frames between routers (switching/relay.ts). */
const COLUMN = MAX_BURST + MAX_RELAYS;

/** The burst in hand: its columns, and what is known of the frame that is being decided. */
export class Burst {
  /** Of the frame in hand (src/switching): its network, the port it came from (-1: the fabric), whether a peer's replica sent it. */
  network = 0;
  lport = -1;
  routedByPeer = false;
  /** Depth of routers that hand a frame to each other. */
  relays = 0;
  /** Letters of the frames whose routers hand them on (switching/relay.ts), by depth. */
  readonly aside = new Int32Array((MAX_RELAYS + 1) * Letter.Words);
  /** Per frame of the burst, filled by receive. Frame offsets in the arena, octets, VLAN tag the kernel took off. */
  readonly offsets = new Int32Array(new SharedArrayBuffer(COLUMN * 4));
  readonly lengths = new Int32Array(new SharedArrayBuffer(COLUMN * 4));
  /** The lease of this host may be over (ControlWord.ServeUntil), as of the turn. */
  leaseOver = false;
  /** Router interface of a SNAT service whose address somebody else has said is his, and that address; -1: none since it was answered. */
  contestedRif = -1;
  contestedAddress = 0;
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
