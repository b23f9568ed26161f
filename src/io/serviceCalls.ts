/** The part of the addon (addon.ts) that a service of this host, reached by a TAP, needs of the kernel. */
export interface ServiceCalls {
  /**
   * Gives the kernel's side of a TAP an address of its own, as a service of this host has it: no ARP, no IPv6, nothing forwarded. False: /proc/sys
   * could not be written, so the last two are as the system has them. Main thread. Throws AddonError.
   */
  setServiceSide(options: ServiceSideOptions): boolean;
  /** Opens a TCP socket that listens by this device alone, for another process to accept from. Main thread. Throws AddonError. */
  listenBy(options: ListenOptions): number;
}

export interface ServiceSideOptions {
  device: string;
  netns?: string;
  /** "100.100.0.1", with the length of its subnet. */
  address: string;
  length: number;
  /** Six octets. */
  mac: Uint8Array;
}

export interface ListenOptions {
  device: string;
  netns?: string;
  address: string;
  port: number;
  /** Connections that wait to be accepted, at most. */
  backlog: number;
}
