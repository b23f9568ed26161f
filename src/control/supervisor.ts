import { access } from 'node:fs/promises';
import type { Logger } from 'pino';
import type { Addon } from '../io/addon.js';
import type { SessionFilter } from '../pipeline/sessionSweep.js';
import { ControlWord, controlRow, WorkerState } from '../shared/control.js';
import type { Snapshot } from '../tables/snapshot.js';
import type { StateBuffers } from '../tables/state.js';
import { tuneCompiler } from '../worker/compilerFlags.js';
import type { BorrowedIface, BorrowedTunnel, WorkerMessage, WorkerSeat } from '../worker/protocol.js';
import { HeartbeatWatch } from './heartbeat.js';
import { Purges } from './purges.js';
import { hasBegun, lendNew, type Seat, stateIs, until } from './seat.js';
import { WorkerThread } from './workerThread.js';

/** How long a worker may take to stop before it is terminated (D11). */
const STOP_MS = 2000;
/** How long an adoption may take before the worker is reported as late. */
const ADOPT_MS = 2000;
/** A worker that fails so often within the window is not replaced again: the process ends, and its supervisor decides. */
const MOST_RESTARTS = 10;
const RESTART_WINDOW_MS = 60_000;

export interface SupervisorOptions {
  readonly addon: Addon;
  readonly state: StateBuffers;
  /** Devices and tunnel endpoints of each worker. */
  readonly ifaces: readonly (readonly BorrowedIface[])[];
  readonly tunnels?: readonly (readonly BorrowedTunnel[])[];
  readonly spin: WorkerSeat['spin'];
  /** CPU of each worker; beyond its end, any. */
  readonly cpus?: readonly number[];
  /** Table of the kernel that workers mirror the owners of blocks in; undefined: none. */
  readonly mirror?: WorkerSeat['mirror'];
  readonly log: Logger;
  /** Called when a worker failed too often. */
  readonly onGiveUp: (error: Error) => void;
}

/** How long a stuck worker's thread may take to end; the process ends otherwise, and its supervisor decides. */
const END_MS = 5000;
/** Pause before a spare that died is replaced; how long a worker may take to warm up and recover. */
const SPARE_PAUSE_MS = 5000;
const START_MS = 30_000;

/** Starts workers, publishes snapshots to them, replaces the one that fails with its sessions kept (D10), and stops them. */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #purges = new Purges();
  #ifaces: readonly (readonly BorrowedIface[])[];
  readonly #seats: Seat[] = [];
  #snapshot: Snapshot;
  #spare: WorkerThread | undefined;
  #stopping = false;
  #lastFailure: string | undefined;
  #watch: HeartbeatWatch | undefined;
  /** Generation words that only say "look into the channel": never a snapshot's, never the same twice. */
  #knock = 0;

  constructor(options: SupervisorOptions, snapshot: Snapshot) {
    this.#options = options;
    this.#ifaces = options.ifaces;
    this.#snapshot = snapshot;
  }

  /** Resolves when every worker forwards, or stop() was called meanwhile; rejects when one does not get that far. */
  async start(): Promise<void> {
    const { addon } = this.#options;
    tuneCompiler();
    // Node's file threads share the descriptor table of the thread that first needs them: that must be this one.
    await access('/');
    for (let id = 0; id < this.#ifaces.length; id++) {
      const control = controlRow(this.#options.state.control, id);
      const seat: Seat = {
        thread: undefined,
        control,
        wakeFd: addon.wakeCreate(),
        channel: addon.channelCreate(),
        failures: [],
      };
      this.#seats.push(seat);
    }
    // Every wake-up descriptor exists before a worker takes its own descriptor table.
    this.#seats.forEach((seat, id) => {
      this.#occupy(id, seat);
    });
    const ready = (seat: Seat) => this.#stopping || stateIs(seat, WorkerState.Running);
    const running = await Promise.all(this.#seats.map((seat) => until(seat, () => ready(seat), START_MS)));
    if (this.#stopping) return;
    const missing = running.indexOf(false);
    if (missing >= 0)
      throw new Error(`worker ${missing} did not start: ${this.#lastFailure ?? `not ready within ${START_MS / 1000} s`}`);
    this.#keepSpare();
    this.#watch = new HeartbeatWatch(
      this.#seats.map(({ control }) => control),
      (id, silentMs) => void this.#endStuck(id, silentMs),
    );
    this.#watch.start();
  }

  /** Hands a snapshot to every worker; resolves to the ids of those that did not acknowledge it in time. Nobody does once it stops. */
  async publish(snapshot: Snapshot, ifaces: readonly (readonly BorrowedIface[])[]): Promise<number[]> {
    const { addon } = this.#options;
    const takes = (seat: Seat) => this.#stopping || stateIs(seat, WorkerState.Running);
    await Promise.all(this.#seats.map((seat) => until(seat, () => takes(seat), START_MS)));
    // Descriptors of seats are closed by then.
    if (this.#stopping) return [];
    this.#seats.forEach((seat, id) => {
      lendNew(addon, seat, this.#ifaces[id]!, ifaces[id]!);
    });
    this.#snapshot = snapshot;
    this.#ifaces = ifaces;
    this.#seats.forEach((seat, id) => {
      this.#send(seat, { kind: 'snapshot', snapshot, ifaces: ifaces[id]! }, snapshot.generation);
    });
    const adopted = await Promise.all(
      this.#seats.map((seat) =>
        until(seat, () => Atomics.load(seat.control, ControlWord.Acknowledged) === snapshot.generation, ADOPT_MS),
      ),
    );
    return adopted.flatMap((ok, id) => (ok ? [] : [id]));
  }

  /** Ends the sessions the filter means, on every worker; resolves to how many there were. */
  async purge(filter: SessionFilter): Promise<number> {
    const ended = this.#seats.map((seat) =>
      this.#purges.ask(seat, (id) => this.#send(seat, { kind: 'purge', id, filter }, --this.#knock)),
    );
    return (await Promise.all(ended)).reduce((sum, n) => sum + n, 0);
  }

  /** Tests only: makes a worker throw in its next turn. */
  injectFault(id: number): void {
    this.#send(this.#seats[id]!, { kind: 'fault' }, --this.#knock);
  }

  /** Tests only: makes a worker go round in circles in its next turn. */
  injectHang(id: number): void {
    this.#send(this.#seats[id]!, { kind: 'hang' }, --this.#knock);
  }

  /** Tests only: ends a worker's thread in the middle of whatever it does. */
  async terminate(id: number): Promise<void> {
    await this.#seats[id]!.thread?.terminate();
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.#watch?.stop();
    for (const seat of this.#seats) {
      Atomics.store(seat.control, ControlWord.Stop, 1);
      this.#options.addon.wake(seat.wakeFd);
    }
    await Promise.all(
      this.#seats
        .filter(hasBegun)
        .map((seat) => until(seat, () => Atomics.load(seat.control, ControlWord.State) >= WorkerState.Stopped, STOP_MS)),
    );
    await Promise.all([this.#spare, ...this.#seats.map((seat) => seat.thread)].map((thread) => thread?.terminate()));
    for (const { channel, wakeFd } of this.#seats) for (const fd of [...channel, wakeFd]) this.#options.addon.closeFd(fd);
  }

  /** Puts a thread on the seat: the spare when there is one, which is warm already. */
  #occupy(id: number, seat: Seat): void {
    const { state, spin, cpus = [], mirror, tunnels = [] } = this.#options;
    const place: WorkerSeat = {
      id,
      state,
      ifaces: this.#ifaces[id]!,
      tunnels: tunnels[id] ?? [],
      wakeFds: this.#seats.map(({ wakeFd }) => wakeFd),
      channelFd: seat.channel[1],
      snapshot: this.#snapshot,
      spin,
      cpu: cpus[id] ?? -1,
      mirror,
    };
    Atomics.store(seat.control, ControlWord.State, WorkerState.Starting);
    Atomics.store(seat.control, ControlWord.Generation, this.#snapshot.generation);
    const thread = this.#spare?.alive === true ? this.#spare : new WorkerThread(state.key, place, tunnels.length > 0);
    if (thread === this.#spare) {
      this.#spare = undefined;
      thread.take(place);
    }
    seat.thread = thread;
    thread.onPurged = (done) => this.#purges.answered(done);
    thread.onExit = (failure) => {
      if (!this.#stopping) this.#replace(id, seat, failure);
    };
  }

  /** Warms up a thread for the next failure. One that dies while it waits is replaced after a pause. */
  #keepSpare(): void {
    if (this.#stopping || this.#spare?.alive === true) return;
    const { state, tunnels, log } = this.#options;
    const spare = new WorkerThread(state.key, undefined, tunnels !== undefined);
    spare.onWarm = () => log.info('spare worker warm');
    spare.onExit = (failure) => {
      if (this.#stopping) return;
      log.warn({ failure: failure.message }, 'the spare worker ended and is replaced');
      setTimeout(() => this.#keepSpare(), SPARE_PAUSE_MS).unref();
    };
    this.#spare = spare;
  }

  /** Its seat is given to another only when the thread is gone: two writers would spoil the tables. */
  async #endStuck(id: number, silentMs: number): Promise<void> {
    const { log, onGiveUp } = this.#options;
    const { thread } = this.#seats[id]!;
    if (this.#stopping || thread === undefined) return;
    log.error({ worker: id, silentMs }, 'worker does not turn and is ended');
    const ended = await thread.end(`it did not turn for ${silentMs / 1000} s`, END_MS);
    if (!ended && !this.#stopping)
      onGiveUp(new Error(`worker ${id} does not turn, and could not be ended within ${END_MS / 1000} s`));
  }

  /** The worker's sessions stay: they live in memory that main holds. */
  #replace(id: number, seat: Seat, failure: Error): void {
    const { log, onGiveUp } = this.#options;
    const now = Date.now();
    Atomics.store(seat.control, ControlWord.State, WorkerState.Failed);
    this.#purges.forget(seat);
    this.#lastFailure = failure.message;
    seat.failures.push(now);
    while (seat.failures[0]! < now - RESTART_WINDOW_MS) seat.failures.shift();
    if (seat.failures.length > MOST_RESTARTS) {
      onGiveUp(new Error(`worker ${id} failed ${seat.failures.length} times within a minute; the last time: ${failure.message}`));
      return;
    }
    log.error(
      { worker: id, failure: failure.message, stack: failure.stack },
      'worker failed and is replaced; its sessions are kept',
    );
    Atomics.add(seat.control, ControlWord.Restarts, 1);
    for (const fd of seat.channel) this.#options.addon.closeFd(fd);
    seat.channel = this.#options.addon.channelCreate();
    this.#occupy(id, seat);
    void until(seat, () => this.#stopping || stateIs(seat, WorkerState.Running), START_MS).then((running) => {
      if (running && !this.#stopping) log.warn({ worker: id, outageMs: Date.now() - now }, 'worker replaced');
      this.#keepSpare();
    });
  }

  #send(seat: Seat, message: WorkerMessage, generation: number): void {
    seat.thread?.send(message);
    Atomics.store(seat.control, ControlWord.Generation, generation);
    this.#options.addon.wake(seat.wakeFd);
  }
}
