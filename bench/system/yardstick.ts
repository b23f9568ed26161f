/** What a forwarder under test has to offer, and the parts all of them share. */
import type { Background } from './processes.js';
import { inside, type Namespaces, neighborMac, SERVER_ADDRESS } from './topology.js';

/** How the run is laid out on the machine; the same for every yardstick. CPU lists as taskset(1) takes them, '' = anywhere. */
export interface Placement {
  clientCpus: string;
  serverCpus: string;
  forwarderCpus: string;
}

export interface Setup {
  /** Folder for logs, configs and databases; removed at the end. */
  folder: string;
  placement: Placement;
}

/** A forwarder that stands and forwards between a client and a server namespace. */
export interface Running {
  ns: Namespaces;
  /** Source address of the client's frames, and where its frames go first. */
  clientAddress: string;
  nextHopMac: string;
  /** The process that forwards; absent when the kernel does. */
  forwarder?: Background;
}

/** `R`: what stands of it once it is started. */
export interface Yardstick<R = Running> {
  name: string;
  /** What is missing on this machine, or undefined when it can run. */
  missing(): string | undefined;
  /** Builds everything and returns when pings pass. Registers its own removal. */
  start(setup: Setup): Promise<R>;
}

/** Pings the server until it answers, then reads the MAC of `nextHop`. Throws after 5 s without an answer. */
export function untilForwarding(ns: Namespaces, clientAddress: string, nextHop: string): Running {
  for (let attempt = 1; ; attempt++) {
    try {
      inside(ns.client, 'ping', '-c', '1', '-W', '1', '-q', SERVER_ADDRESS);
      return { ns, clientAddress, nextHopMac: neighborMac(ns.client, nextHop) };
    } catch (error) {
      if (attempt === 5) throw error;
    }
  }
}
