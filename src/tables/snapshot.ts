import type { Addresses } from './addresses.js';
import type { Fib } from './fib.js';
import type { Rifs } from './rifs.js';
import type { Routers } from './routers.js';
import type { Statics } from './statics.js';
import type { Switching } from './switching.js';
import type { Zones } from './zones.js';

/** Bit of a permanent neighbour: it is of a SNAT service that no host has. */
export const PERMANENT_NOWHERE = 0x1_0000;

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
  /** A port whose session is over is not given to another host for so long (ZON-7, D18). */
  PortHold,
  /** A fragment waits for its first one at most so long. */
  Fragment,
  /** An unsolicited SYN waits for one from inside (TCP-4). */
  UnsolicitedSyn,
  /** UDP to remote ports 53 and 123; 0 = as any other. */
  UdpShort,
  /** Protocols without ports, of static mappings. */
  Other,
  Count = 32,
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
  /** Ports held back at most (ZON-7), of all pools together. */
  HeldPorts,
  /** FRG-5: datagrams under way, KiB of waiting fragments, fragments of one datagram. */
  FragmentDatagrams,
  FragmentKib,
  FragmentsPerDatagram,
  /** TCP segment without a session from inside: see Midstream. */
  Midstream,
  /** 0 = left alone, -1 = by the MTU of both links, else octets (TCP-13). */
  Mss,
  /** 1: both ends of an established connection are sent an RST when it expires (TIM-6). */
  ResetOnExpiry,
  /** 1: unsolicited SYNs are answered by 3/3 after their timer (TCP-4). */
  AnswerUnsolicited,
  /** 1: echo requests to local addresses are answered (ICM-3). */
  AnswerEcho,
  Count = 32,
}

/** What becomes of a TCP segment that opens nothing and has no session (TCP-9). */
export const enum Midstream {
  Drop = 0,
  /** An RST to the inside sender; silence towards outside. */
  Reset,
  /** A session is made of it, as after a failover. */
  Adopt,
}

/** Everything compiled from the configuration. Immutable; a reload builds the changed tables anew and swaps references (D6). */
export interface Snapshot {
  readonly generation: number;
  /** Rises when routes or router interfaces change: sessions choose their adjacencies anew (D3). */
  readonly epoch: number;
  readonly rifs: Rifs;
  readonly addresses: Addresses;
  readonly fib: Fib;
  /** The gateway's and those of distributed routers. */
  readonly routers: Routers;
  /** Networks with their ports. */
  readonly switching: Switching;
  readonly zones: Zones;
  readonly statics: Statics;
  /** Ports that are never handed out (PRT-6): rows of address index of the pool, protocol, port in host order. */
  readonly reservedPorts: Int32Array;
  readonly timeouts: Int32Array;
  readonly limits: Int32Array;
  /** (rif, address) pairs to announce when the snapshot is adopted, by gratuitous ARP; address 0: the MAC of the interface, by RARP. */
  readonly announce: Int32Array;
  /** Next hops that are probed: rows of ProbeSpec.Words (tables/probes.ts). */
  readonly probes: Int32Array;
  /** Permanent neighbours: rows of rif, address, MAC octets 0-3, MAC octets 4-5 with PERMANENT_NOWHERE. */
  readonly permanent: Int32Array;
}
