import { GONE_IFACE } from '../tables/rifs.js';

/** Datagrams a list holds between two flushes. */
export const MAX_DATAGRAMS = 1024;

/** Rows of 4 int32: what is to be sent through a tunnel's sockets. */
export const enum TunnelSend {
  /** First octet of the payload in the arena: the tunnel header, right before the inner Ethernet header. */
  Offset = 0,
  Octets,
  /** IPv4 address of the other end, as loaded. */
  Destination,
  /** Number of the socket that sends it, by the inner flow, modulo how many there are: GRE has one. */
  Socket,
  Words = 4,
}

/** What leaves through one kind of tunnel: filled by the exit of networks, emptied by the turn's flush. */
export class TunnelList {
  queued = 0;
  /** Slot of the tunnel: its counters. 30 (GONE_IFACE) while there is none. */
  slot: number = GONE_IFACE;
  readonly sends = new Int32Array(new SharedArrayBuffer(MAX_DATAGRAMS * TunnelSend.Words * 4));
}
