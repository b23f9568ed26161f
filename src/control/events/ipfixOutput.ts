import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { IpfixMessages } from './ipfixMessages.js';
import type { EventOutput, OutputWatch } from './output.js';
import type { EventRecord } from './record.js';

/** Templates and names are sent again after so long: UDP may lose them, and a collector may be new (RFC 7011 8.1). */
const DESCRIBE_MS = 30_000;
/** Pause after an error, until the collector's name is looked up anew. */
const RETRY_MS = 2000;
/** Without an error for so long it works again: a port where nobody listens answers each attempt, but late. */
const WELL_MS = 10_000;
/** Octets that may wait in the socket. */
const MOST_WAITING = 4 << 20;
const SEND_BUFFER = 1 << 20;

export interface Collector {
  readonly host: string;
  readonly port: number;
}

/**
 * IPFIX over UDP (RFC 7011 10.3). A datagram is sent and forgotten; one that the kernel refuses is lost and counted, and the
 * collector sees the hole in the sequence numbers.
 */
export class IpfixOutput implements EventOutput {
  readonly name = 'ipfix';
  readonly #messages: IpfixMessages;
  #socket: Socket | undefined;
  /** Undefined: not connected. */
  #ready: Socket | undefined;
  #erredMs = -Infinity;
  #describedMs = -Infinity;
  /** Records in the message under way. */
  #batch: EventRecord[] = [];
  #sending = 0;
  #idle: () => void = () => {};

  constructor(
    readonly collector: Collector,
    domain: number,
    /** Names of the zones by the numbers that records have. */
    private readonly zones: () => ReadonlyMap<number, string>,
    private readonly watch: OutputWatch,
    wallMs: () => number = Date.now,
  ) {
    this.#messages = new IpfixMessages(domain, wallMs, (message) => this.#send(message));
  }

  get domain(): number {
    return this.#messages.domain;
  }

  write(record: EventRecord): void {
    if (this.#ready === undefined) this.watch.lost(1, 'failed');
    else if (this.#ready.getSendQueueSize() > MOST_WAITING) this.watch.lost(1, 'slow');
    else {
      this.#messages.add(record);
      // After add: it may have sent the message before this record.
      this.#batch.push(record);
    }
  }

  flush(): void {
    const now = performance.now();
    if (this.#ready === undefined) {
      if (this.#socket === undefined && now - this.#erredMs >= RETRY_MS) this.#connect();
      return;
    }
    if (now - this.#describedMs >= DESCRIBE_MS) this.describe();
    if (now - this.#erredMs >= WELL_MS) this.watch.state(undefined);
    this.#messages.flush();
  }

  /** Sends the templates and the names of the zones with the next reading: they are others now. */
  describe(): void {
    if (this.#ready === undefined) return;
    this.#describedMs = performance.now();
    this.#messages.describe(this.zones());
  }

  async close(): Promise<void> {
    if (this.#ready !== undefined) {
      this.#messages.flush();
      if (this.#sending > 0) {
        await new Promise<void>((resolve) => {
          this.#idle = resolve;
          setTimeout(resolve, 1000).unref();
        });
      }
    }
    this.#drop();
  }

  #connect(): void {
    const { host, port } = this.collector;
    const socket = createSocket({ type: isIPv6(host) ? 'udp6' : 'udp4', sendBufferSize: SEND_BUFFER });
    this.#socket = socket;
    socket.unref();
    socket.on('error', (error) => this.#fail(socket, error));
    // An address without a route, or a name nobody knows: with a callback the error is told to it alone.
    const connected = (error?: Error): void => {
      if (this.#socket !== socket) return;
      if (error instanceof Error) {
        this.#fail(socket, error);
        return;
      }
      this.#ready = socket;
      this.describe();
    };
    socket.connect(port, host, connected);
  }

  #send(message: Buffer): void {
    const records = this.#batch.splice(0);
    const socket = this.#ready;
    if (socket === undefined) {
      this.watch.lost(records.length, 'failed');
      return;
    }
    this.#sending++;
    socket.send(message, (error) => {
      this.#sending--;
      if (this.#sending === 0) this.#idle();
      if (error === null) {
        for (const record of records) this.watch.written(record);
      } else {
        if (records.length > 0) this.watch.lost(records.length, 'failed');
        this.#fail(socket, error);
      }
    });
  }

  #fail(socket: Socket, error: Error): void {
    if (this.#socket !== socket) return;
    this.watch.state(error);
    this.#drop();
    this.#erredMs = performance.now();
  }

  #drop(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    this.#ready = undefined;
    if (this.#batch.length > 0) this.watch.lost(this.#batch.splice(0).length, 'failed');
    // An error that comes later is nobody's.
    socket
      ?.removeAllListeners('error')
      .on('error', () => {})
      .close();
  }
}
