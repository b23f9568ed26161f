import type { IWatchResponse } from 'etcd3';
import { type EtcdClient, type EtcdStream, LOOK_MS } from './etcdClient.js';
import { fromEtcdError } from './etcdErrors.js';
import type { Keys } from './etcdTransaction.js';
import { type Change, CompactedError, type Watcher } from './store.js';

interface Watching {
  readonly prefix: string;
  readonly from: number;
  readonly watcher: Watcher;
  closed: boolean;
}

/**
 * Watches of a store, all on one stream: a host has dozens of them, and a stream each is a goroutine and some buffers each at etcd. The client's
 * watchers begin anew by themselves after a break, behind the revision that the store had when they were made, so events of the past that were
 * still under way are lost: here a break is the end of every watch on the stream (D35).
 */
export class EtcdWatches {
  #line: Line | undefined;

  constructor(
    private readonly client: EtcdClient,
    private readonly keys: Keys,
  ) {}

  /** One more watch; what it is told, and how it may end, as of any store. */
  watch(prefix: string, from: number, watcher: Watcher): { close(): void } {
    if (this.#line === undefined || this.#line.ended) this.#line = new Line(this.client, this.keys);
    const line = this.#line;
    const watching: Watching = { prefix, from, watcher, closed: false };
    line.add(watching);
    return { close: () => line.remove(watching) };
  }

  /** Nobody is told any more. */
  close(): void {
    this.#line?.close();
  }
}

/** One stream, from its begin to its end. */
class Line {
  ended = false;
  #stream: EtcdStream<IWatchResponse> | undefined;
  /** Asked for and not answered yet, in this order: etcd answers in it, too. */
  readonly #asked: Watching[] = [];
  /** By the id that etcd gave them. */
  readonly #watching = new Map<string, Watching>();
  readonly #root: number;
  readonly #leaving: { close(): void };
  readonly #looks: NodeJS.Timeout;

  constructor(
    private readonly client: EtcdClient,
    private readonly keys: Keys,
  ) {
    this.#root = keys.of('').length;
    this.#leaving = client.onLeave((error) => this.#end(error));
    this.#looks = setInterval(() => void client.look(), LOOK_MS).unref();
    this.#begin().catch((error) => this.#end(error));
  }

  add(watching: Watching): void {
    this.#asked.push(watching);
    if (this.#stream !== undefined) this.#ask(watching);
  }

  remove(watching: Watching): void {
    watching.closed = true;
    for (const [id, one] of this.#watching) if (one === watching) this.#cancel(id);
    if (this.#watching.size === 0 && this.#asked.every(({ closed }) => closed)) this.close();
  }

  close(): void {
    this.ended = true;
    this.#leaving.close();
    clearInterval(this.#looks);
    this.#asked.length = 0;
    this.#watching.clear();
    if (this.#stream !== undefined) end(this.#stream);
  }

  async #begin(): Promise<void> {
    const opened = await this.client.stream((etcd, options) => etcd.watchClient.watch(options));
    const stream = opened.stream as unknown as EtcdStream<IWatchResponse>;
    const fault = (error: Error): void => {
      // What is read next, and it will be at once, is not to be asked where a stream has just ended.
      if (!this.ended) opened.leave(error);
      this.#end(error);
    };
    // Errors that come after the end are heard too: nobody else would.
    stream.on('error', fault);
    stream.on('end', () => fault(new Error('the watch was ended')));
    if (this.ended) {
      end(stream);
      return;
    }
    this.#stream = stream;
    stream.on('data', (response) => this.#heard(response));
    for (const watching of this.#asked) this.#ask(watching);
  }

  #ask({ prefix, from }: Watching): void {
    this.#stream!.write({ create_request: { ...this.keys.range(prefix), start_revision: from } });
  }

  #cancel(id: string): void {
    this.#watching.delete(id);
    this.#stream?.write({ cancel_request: { watch_id: id } });
  }

  #heard({ created, canceled, cancel_reason, compact_revision, events, watch_id }: IWatchResponse): void {
    if (this.ended) return;
    const id = String(watch_id);
    if (created) {
      const watching = this.#asked.shift();
      if (watching === undefined) return;
      this.#watching.set(id, watching);
      if (watching.closed && !canceled) this.#cancel(id);
    }
    const watching = this.#watching.get(id);
    if (watching === undefined) return;
    if (canceled) {
      this.#watching.delete(id);
      const compacted = Number(compact_revision);
      const error =
        compacted > 0
          ? new CompactedError(compacted)
          : fromEtcdError(new Error(`the watch was ended (${cancel_reason})`), this.client.where);
      if (!watching.closed) watching.watcher.failed(error);
    } else
      for (const [revision, changes] of byRevision(events, this.#root))
        if (!watching.closed && changes.length > 0) watching.watcher.changed(revision, changes);
  }

  #end(error: Error): void {
    if (this.ended) return;
    const all = [...this.#watching.values(), ...this.#asked].filter(({ closed }) => !closed);
    this.close();
    const told = fromEtcdError(error, this.client.where);
    for (const watching of all) if (!watching.closed) watching.watcher.failed(told);
  }
}

/** One that is cancelled before its end makes the client close all connections, with what else is on them. */
function end(stream: EtcdStream<IWatchResponse>): void {
  stream.end();
  stream.cancel();
}

/** An answer holds whole revisions, in order. The mark of the root is nobody's key. */
function byRevision(events: IWatchResponse['events'], root: number): Map<number, Change[]> {
  const revisions = new Map<number, Change[]>();
  for (const { type, kv } of events) {
    const revision = Number(kv.mod_revision);
    const changes = revisions.get(revision) ?? [];
    revisions.set(revision, changes);
    if (kv.key.length > root)
      changes.push({ key: kv.key.toString('utf8', root), value: type === 'Put' ? kv.value.toString('utf8') : undefined });
  }
  return revisions;
}
