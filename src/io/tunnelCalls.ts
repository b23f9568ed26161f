export interface AddressHolder {
  readonly device: string;
  readonly mtu: number;
}

/** What the native addon does with sockets of tunnels: a part of `Addon`, with its lifetimes. It knows payloads and addresses, no tunnel header. */
export interface TunnelCalls {
  /** The device that has an IPv4 address ("192.0.2.1") as it stands now, and its MTU; its name is empty when none has. Throws AddonError. */
  addressHolder(address: string, netns?: string): AddressHolder;
  /**
   * Opens the sockets of a tunnel endpoint at an address the kernel has, a list for each worker: of TunnelKind.Udp (`port`) the first
   * receives, together with those of the other workers, and the others send, each from a port of its own; of TunnelKind.Raw (`protocol`)
   * there is one, which receives with worker 0 only. All with DF. Main thread. Throws AddonError (EADDRNOTAVAIL, EADDRINUSE, EPERM).
   */
  openTunnel(options: OpenTunnelOptions): number[][];
  /**
   * Borrows one worker's sockets of a tunnel, in the order of openTunnel (and of `lend`). Returns a handle for receiveTunnel, transmitTunnel,
   * wait and release. `sends`: rows of 4, see pipeline/tunnelList.ts; `receives`: rows of 4 that receiveTunnel fills, see TunnelReceived.
   */
  borrowTunnel(fds: readonly number[], kind: TunnelKind, sends: Int32Array, receives: Int32Array): number;
  /**
   * Receives up to `most` datagrams, one into each slot (Arena.TunnelSlot) of the window from `start`, the payload 8 octets before the
   * place of a frame; behind an outer header with options it stands further on. Datagrams of a flow may come joined. Returns how many, or
   * -errno as `receive` does. Never throws, never blocks.
   */
  receiveTunnel(handle: number, most: number, start: number, end: number): number;
  /**
   * Sends the first `count` rows of this handle's `sends`, in order for each socket and address. Returns and errors as
   * `transmit`; an errno for each row.
   */
  transmitTunnel(handle: number, count: number): number;
}

/** Sockets of a tunnel: datagrams of UDP, or packets of an IP protocol of its own. */
export const enum TunnelKind {
  Udp = 7,
  Raw = 8,
}

/** Rows that receiveTunnel fills. */
export const enum TunnelReceived {
  /** First octet of the payload in the arena. */
  Offset = 0,
  Octets,
  /** Outer source address, as loaded. */
  Source,
  /** Octets of each datagram when several came joined, the last of them may be shorter; 0: it is one. */
  Each,
  Words = 4,
}

/** Either `port` or `protocol`. */
export interface OpenTunnelOptions {
  /** IPv4 address of this end: "192.0.2.1". */
  address: string;
  netns?: string;
  /** UDP port all receive on: 4789 for VXLAN. */
  port?: number;
  /** IP protocol of raw sockets: 47 for GRE. */
  protocol?: number;
  workers: number;
  /** UDP: sending sockets of each worker; 16 by default (D14). */
  senders?: number;
  /** SO_RCVBUFFORCE of each receiving socket, 16 MiB by default. */
  receiveBufferOctets?: number;
}
