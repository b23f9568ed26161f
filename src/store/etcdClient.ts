import { noop } from 'cockatiel';
import { Etcd3, type IOptions } from 'etcd3';
import type { EtcdAccess } from '../types/etcdAccess.js';
import { fromEtcdError, fromEtcdWriteError, isDenied, isPassing } from './etcdErrors.js';
import { readEtcdSecrets } from './etcdSecrets.js';

/** As a stream is opened with. */
type StreamOptions = NonNullable<Parameters<Etcd3['watchClient']['watch']>[0]>;
type Interceptor = NonNullable<StreamOptions['interceptors']>[number];

/** Until a call is given up. */
const CALL_MS = 5000;
/** etcd ends connections that ask more often than every 5 s (--grpc-keepalive-min-time). */
const KEEPALIVE_MS = 10_000;
const KEEPALIVE_ANSWER_MS = 5000;
/** Octets of an answer: all objects in one reading. */
const LARGEST_ANSWER = 1024 ** 3;
/** An endpoint that has answered so lately takes a transaction without being asked first. */
const FRESH_MS = 1000;
/** Leases are renewed whoever asks, so a reading is tried so often, whatever was answered. */
const ALLOWED_MS = 6000;
/** An endpoint that has said nothing for so long is asked whether it is there, */
export const LOOK_MS = 2000;
/** and has so long to answer: a disk that takes two seconds to flush is no reason to leave it. */
const LOOK_ANSWER_MS = 4000;

/** What a stream of the client has, as far as it is used here. */
export interface EtcdStream<T> {
  on(event: 'data', heard: (response: T) => void): this;
  on(event: 'error', heard: (error: Error) => void): this;
  on(event: 'end', heard: () => void): this;
  write(request: object): void;
  end(): void;
  cancel(): void;
}

/**
 * The way to a cluster of etcd: one endpoint at a time, the next when it fails. The client's own repetitions are off: what was done before a
 * connection broke would be done twice, so only readings are repeated, and a transaction goes to an endpoint that has just answered.
 */
export class EtcdClient {
  readonly where: string;
  readonly #options: Omit<IOptions, 'hosts'>;
  #at = 0;
  #client: Etcd3 | undefined;
  #answeredAt = Number.NEGATIVE_INFINITY;
  #closed = false;
  #looking = false;
  #lookedAt = Number.NEGATIVE_INFINITY;
  readonly #followers = new Set<(why: Error) => void>();

  /** Connects to nothing yet. Throws STORE_SECRET for a file that cannot be used. */
  constructor(private readonly access: EtcdAccess) {
    this.where = access.endpoints.join(', ');
    this.#options = {
      ...readEtcdSecrets(access),
      defaultCallOptions: ({ isStream }) => (isStream ? {} : { deadline: Date.now() + CALL_MS }),
      faultHandling: { host: () => noop, global: noop },
      grpcOptions: {
        'grpc.keepalive_time_ms': KEEPALIVE_MS,
        'grpc.keepalive_timeout_ms': KEEPALIVE_ANSWER_MS,
        // etcd ends connections that ask while nothing is under way.
        'grpc.keepalive_permit_without_calls': 0,
        'grpc.max_receive_message_length': LARGEST_ANSWER,
        'grpc.max_send_message_length': LARGEST_ANSWER,
        // Each try is a connection of its own: a store that is back is found at the next look.
        'grpc.initial_reconnect_backoff_ms': 100,
        'grpc.max_reconnect_backoff_ms': 1000,
        'grpc.enable_http_proxy': 0,
      },
    };
  }

  /** Asks each endpoint in turn until one answers. Throws a WindroseError, CompactedError or RangeError. */
  async read<T>(call: (client: Etcd3) => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#ask(call);
      } catch (error) {
        // Each once, and the first once more: its connection may just have been an old one.
        if (this.#closed || tries > this.access.endpoints.length || !isPassing(error as Error))
          throw fromEtcdError(error as Error, this.where);
      }
    }
  }

  /** Asks once. When it throws STORE_UNANSWERED nobody knows whether it was done; with every other error it was not. */
  async write<T>(call: (client: Etcd3) => Promise<T>): Promise<T> {
    if (performance.now() - this.#answeredAt > FRESH_MS) {
      const key = Buffer.from(this.access.prefix);
      await this.read((client) => client.kv.range({ key, count_only: true }));
    }
    try {
      return await this.#ask(call);
    } catch (error) {
      throw fromEtcdWriteError(error as Error, this.where);
    }
  }

  /**
   * A stream at the first endpoint that takes one, and how to leave that endpoint when the stream has ended by a fault of it. A member without a
   * leader ends it by itself: cut off from the others it would stay open, and silent.
   */
  stream<T>(open: (client: Etcd3, options: StreamOptions) => Promise<T>): Promise<{ stream: T; leave(why: Error): void }> {
    return this.read(async (client) => ({
      stream: await open(client, { interceptors: [requireLeader] }),
      leave: (why) => {
        if (isPassing(why)) this.#leave(client, why);
      },
    }));
  }

  /**
   * Asks the endpoint whether it still answers, unless it has just done so: a reading that a member cut off from the others, or stopped, cannot
   * answer. One that does not is given up, after 5 to 7 s; gRPC's keepalive would take 15 s for a stopped one. One that refuses it ends the streams
   * too: etcd goes on telling who may no longer read.
   */
  async look(): Promise<void> {
    const now = performance.now();
    if (this.#looking || (now - this.#answeredAt < LOOK_MS && now - this.#lookedAt < ALLOWED_MS)) return;
    this.#looking = true;
    const key = Buffer.from(this.access.prefix);
    const ask = (client: Etcd3) => client.kv.range({ key, count_only: true }, { deadline: Date.now() + LOOK_ANSWER_MS });
    await this.#ask(ask).catch((error: Error) => {
      if (isDenied(error)) this.#tellLeft(error);
    });
    this.#lookedAt = performance.now();
    this.#looking = false;
  }

  /** Calls back when the endpoint is given up, or refuses readings, why: streams there may stay open for a while, and hear nothing. */
  onLeave(left: (why: Error) => void): { close(): void } {
    this.#followers.add(left);
    return { close: () => void this.#followers.delete(left) };
  }

  close(): void {
    this.#closed = true;
    this.#client?.close();
  }

  async #ask<T>(call: (client: Etcd3) => Promise<T>): Promise<T> {
    if (this.#closed) throw new Error('the store is closed');
    this.#client ??= new Etcd3({ ...this.#options, hosts: this.access.endpoints[this.#at]! });
    const client = this.#client;
    try {
      const answer = await call(client);
      this.#answeredAt = performance.now();
      return answer;
    } catch (error) {
      if (isPassing(error as Error)) this.#leave(client, error as Error);
      throw error;
    }
  }

  /** Whoever finds out first goes to the next endpoint; others that were asking the same one follow. */
  #leave(client: Etcd3, why: Error): void {
    if (this.#client !== client) return;
    this.#client = undefined;
    this.#answeredAt = Number.NEGATIVE_INFINITY;
    this.#at = (this.#at + 1) % this.access.endpoints.length;
    client.close();
    this.#tellLeft(why);
  }

  #tellLeft(why: Error): void {
    for (const left of [...this.#followers]) left(why);
  }
}

/** What etcd knows as "require leader": a stream is ended when its member has had none for three elections. */
const requireLeader: Interceptor = (options, next) => {
  const call = next(options);
  const start = call.start.bind(call);
  call.start = (metadata, listener) => {
    metadata.set('hasleader', 'true');
    start(metadata, listener);
  };
  return call as ReturnType<Interceptor>;
};
