import type { Rifs } from './rifs.js';
import type { Routes } from './routes.js';
import type { Zones } from './zones.js';

/** Timeouts in ticks of 100 ms, by slot. */
export const enum Timeout {
  Udp = 0,
  /** UDP that nobody has answered yet. */
  UdpUnanswered,
  Icmp,
  TcpHalfOpen,
  TcpEstablished,
  /** One FIN seen. */
  TcpHalfClosed,
  /** Both FINs seen. */
  TcpClosing,
  /** RST seen. */
  TcpReset,
  /** Neighbours: see tables/neighbors. */
  NeighborReachable,
  NeighborRetry,
  NeighborFailed,
  /** Unused entries are forgotten after this. */
  NeighborIdle,
  Count = 16,
}

export const enum Limit {
  /** ARP requests before a neighbour fails. */
  NeighborProbes = 0,
  /** Frames that may wait for one neighbour. */
  NeighborQueue,
  /** Ticks a frame waits at most. */
  NeighborQueueTicks,
  /** ICMP errors: tokens per second and burst, for each receiver and for all. */
  IcmpPerHostRate,
  IcmpPerHostBurst,
  IcmpRate,
  IcmpBurst,
  Count = 16,
}

/** Everything compiled from the configuration. Immutable; a reload builds the changed tables anew and swaps references (D6). */
export interface Snapshot {
  readonly generation: number;
  /** Rises when routes or router interfaces change: sessions choose their adjacencies anew (D3). */
  readonly epoch: number;
  readonly rifs: Rifs;
  readonly routes: Routes;
  readonly zones: Zones;
  readonly timeouts: Int32Array;
  readonly limits: Int32Array;
  /** (rif, address) pairs to announce by gratuitous ARP when the snapshot is adopted. */
  readonly announce: Int32Array;
  /** Permanent neighbours: rows of rif, address, MAC octets 0-3, MAC octets 4-5. */
  readonly permanent: Int32Array;
}
