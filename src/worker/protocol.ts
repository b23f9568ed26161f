import type { IfaceKind } from '../io/addon.js';
import type { TunnelKind } from '../io/tunnelCalls.js';
import type { SessionFilter } from '../pipeline/sessionSweep.js';
import type { Snapshot } from '../tables/snapshot.js';
import type { StateBuffers } from '../tables/state.js';
import type { ArenaMemory } from '../wire/memory.js';

/** The messages between control and a worker. Types only. */

/** One device of a worker: a descriptor that main opened and keeps (D8). */
export interface BorrowedIface {
  /** Its number: where router interfaces find it. */
  readonly slot: number;
  readonly name: string;
  /** -1: the device is gone, and what is sent to it is counted. */
  readonly fd: number;
  readonly kind: IfaceKind;
  /** What it cannot be left to do (Lacks bits). */
  readonly lacks: number;
  /** TCP segments are joined for it, as far as it takes super-frames. */
  readonly coalesce: boolean;
}

/** One worker's sockets of a tunnel endpoint, which main opened and keeps. */
export interface BorrowedTunnel {
  readonly name: string;
  readonly slot: number;
  readonly kind: TunnelKind;
  /** In the order in which openTunnel gave them. */
  readonly fds: readonly number[];
}

/** A small world of its own for the warm-up (D7): two configurations to swap between, and state nobody else sees. */
export interface WarmUp {
  readonly state: StateBuffers;
  readonly snapshots: readonly [Snapshot, Snapshot];
  /** Frames to forward before the worker attaches. */
  readonly frames: number;
}

/** workerData of a worker thread: what it needs to warm up. */
export interface WorkerStart {
  /** Where it is to work; a spare waits for a `seat` message and for `go`. */
  readonly seat: WorkerSeat | undefined;
  /** One int32, 0 until a spare is needed. */
  readonly go: SharedArrayBuffer;
  readonly arena: ArenaMemory;
  readonly warmUp: WarmUp;
}

/** A worker's place: its share of the state, its devices, its ways to main. */
export interface WorkerSeat {
  readonly id: number;
  readonly state: StateBuffers;
  readonly ifaces: readonly BorrowedIface[];
  /** For the life of the process. */
  readonly tunnels: readonly BorrowedTunnel[];
  /** eventfds that end the workers' waits, by their numbers. */
  readonly wakeFds: readonly number[];
  /** The worker's end of the channel through which main lends it descriptors. */
  readonly channelFd: number;
  readonly snapshot: Snapshot;
  /** Microseconds an idle worker polls before it sleeps, or `auto`: as the traffic makes it pay. */
  readonly spin: number | 'auto';
  /** CPU to run on, or -1. */
  readonly cpu: number;
  /** Table of the kernel where the owners of blocks are mirrored (D9), by its descriptor; undefined: nothing reads them there. */
  readonly mirror: { readonly fd: number; readonly octets: number } | undefined;
}

/** Main to worker, over the parent port; announced by the generation word and the wake-up descriptor. */
export type WorkerMessage =
  | { readonly kind: 'snapshot'; readonly snapshot: Snapshot; readonly ifaces: readonly BorrowedIface[] }
  /** End the sessions that match; answered by a PurgeDone when the last row was looked at. */
  | { readonly kind: 'purge'; readonly id: number; readonly filter: SessionFilter }
  /** To a spare: take this place. */
  | { readonly kind: 'seat'; readonly seat: WorkerSeat }
  /** Tests only: the next turn throws (D10). */
  | { readonly kind: 'fault' }
  /** Tests only: the next turn never ends (D10). */
  | { readonly kind: 'hang' };

/** Worker to main. A spare says once that its warm-up is over. */
export type WorkerAnswer = PurgeDone | { readonly kind: 'warm' };

export interface PurgeDone {
  readonly kind: 'purged';
  readonly id: number;
  readonly ended: number;
}
