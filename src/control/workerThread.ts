import { setTimeout as pause } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { HashKey } from '../tables/hash.js';
import { makeArena } from '../wire/memory.js';
import type { PurgeDone, WorkerAnswer, WorkerMessage, WorkerSeat, WorkerStart } from '../worker/protocol.js';
import { warmUpWorld } from './warmUpWorld.js';

/** One worker thread: warms up, then works on the seat it was given at its start or, as a spare, when one falls empty. */
export class WorkerThread {
  alive = true;
  onPurged: (done: PurgeDone) => void = () => {};
  /** A spare is warm. */
  onWarm: () => void = () => {};
  /** The thread ended; the reason is its error or that it simply ended. */
  onExit: (failure: Error) => void = () => {};
  readonly #worker: Worker;
  readonly #go = new SharedArrayBuffer(4);
  #failure: Error | undefined;

  /** `networks`: this gateway is a host of distributed routers. */
  constructor(key: HashKey, seat: WorkerSeat | undefined, networks = false) {
    const start: WorkerStart = {
      seat,
      go: this.#go,
      arena: makeArena(),
      warmUp: warmUpWorld(key, networks),
    };
    const name = seat === undefined ? 'windrose-spare' : `windrose-worker-${seat.id}`;
    this.#worker = new Worker(new URL('../worker/main.js', import.meta.url), { workerData: start, name });
    this.#worker.on('error', (error) => {
      this.#failure = error;
    });
    this.#worker.on('message', (answer: WorkerAnswer) => {
      if (answer.kind === 'warm') this.onWarm();
      else this.onPurged(answer);
    });
    this.#worker.on('exit', () => {
      this.alive = false;
      this.onExit(this.#failure ?? new Error('the thread ended'));
    });
  }

  /** Ends a spare's wait. */
  take(seat: WorkerSeat): void {
    this.send({ kind: 'seat', seat });
    Atomics.store(new Int32Array(this.#go), 0, 1);
    Atomics.notify(new Int32Array(this.#go), 0);
  }

  send(message: WorkerMessage): void {
    this.#worker.postMessage(message);
  }

  /** Ends the thread in the middle of whatever it does, for the reason given; false when it is still there after `withinMs`. */
  async end(reason: string, withinMs: number): Promise<boolean> {
    this.#failure ??= new Error(reason);
    const late = new AbortController();
    const inTime = await Promise.race([
      this.#worker.terminate().then(() => true),
      pause(withinMs, false, { signal: late.signal, ref: false }).catch(() => false),
    ]);
    late.abort();
    return inTime;
  }

  async terminate(): Promise<void> {
    await this.#worker.terminate();
  }
}
