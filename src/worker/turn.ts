import type { Iface } from '../io/iface.js';
import { MAX_BURST } from '../pipeline/burst.js';
import { markTrains, mergeTrains } from '../pipeline/coalesce.js';
import type { PipelineContext } from '../pipeline/context.js';
import { expireSessions } from '../pipeline/expire.js';
import { forwardBurst } from '../pipeline/forward.js';
import { fragmentsReady, releaseFragments } from '../pipeline/fragmentRelease.js';
import { forwardHanded } from '../pipeline/handedIn.js';
import { countSent } from '../pipeline/listed.js';
import { requeueReady } from '../pipeline/requeue.js';
import { type SessionFilter, SessionSweep } from '../pipeline/sessionSweep.js';
import { ControlWord } from '../shared/control.js';
import { CounterEvent, countEvent } from '../shared/counters.js';
import { anyInbound, SLEEP_STRIDE } from '../tables/handoffRing.js';
import { setClock } from './clock.js';
import { Idle, Next } from './idle.js';
import type { Spin } from './spin.js';
import { Tick } from './tick.js';
import { Watched } from './watched.js';

/** The clock and the wait of a turn: the addon's, or a test's. */
export interface TurnTime {
  nowMs(): number;
  nowMicros(): number;
  wait(wakeFd: number, timeoutMicros: number): number;
  wake(wakeFd: number): void;
  /** Lets others that wait for this CPU run first. */
  giveWay(): void;
}

/** Longest sleep: the tick must come round. */
const LONGEST_WAIT_MICROS = 100_000;

/**
 * One turn (K19): receive, forward, flush for each device; sometimes the tick; adopt when main says so; sleep only when idle
 * for longer than it is worth to poll (`spin.ts`). Nothing in it is async and nothing allocates.
 */
export class Turn {
  readonly tick: Tick;
  /** Generation of the snapshot in use. */
  generation: number;
  /** Generation word seen last: any other value means there are messages. */
  #seen: number;
  readonly #sweep = new SessionSweep();
  /** Sweeps that wait for the one under way. */
  readonly #sweeps: { filter: SessionFilter | 'reload' | undefined; done: (ended: number) => void }[] = [];
  readonly #idle: Idle;
  /** Devices of ports that are served when they have something. */
  watched = new Watched({ readable: () => 0 });
  /** Whether a list of frames was sent, or another worker given something, since the burst began. */
  #sent = false;

  constructor(
    readonly cx: PipelineContext,
    /** Dense, in the order they are served. Adoption puts another list in. */
    public ifaces: readonly Iface[],
    readonly time: TurnTime,
    readonly control: Int32Array,
    /** Every worker's, by its number. */
    readonly wakeFds: readonly number[],
    readonly spin: Spin,
    generation: number,
    /** Drains the messages and swaps the tables; returns the new generation. */
    readonly adopt: (turn: Turn) => number,
  ) {
    this.generation = generation;
    this.#seen = generation;
    this.tick = new Tick(cx);
    this.#idle = new Idle(spin, time.nowMicros());
  }

  /** Returns false when the worker is to stop. */
  run(): boolean {
    const cx = this.cx;
    const word = Atomics.load(this.control, ControlWord.Generation);
    if (word !== this.#seen) {
      this.#seen = word;
      this.generation = this.adopt(this);
    }
    setClock(cx, this.control, this.time.nowMs());
    const until = Atomics.load(this.control, ControlWord.ServeUntil);
    cx.leaseOver = until !== 0 && ((cx.nowMs - until) | 0) >= 0;
    this.#sent = false;
    // Frames that waited for a neighbour whom other tables know: on a quiet host no frame would come to take them along.
    if (cx.pending.ready > 0) {
      requeueReady(cx);
      this.#flushAll();
    }
    const handled = this.burst();
    const served = this.#sent;
    expireSessions(cx);
    if (this.#sweeps.length > 0) this.#sweepOn();
    if (this.tick.due()) {
      this.tick.run();
      this.flush();
      this.#reportBusy();
    }
    Atomics.add(this.control, ControlWord.Heartbeat, 1);
    cx.counters.events[CounterEvent.Turns] = cx.counters.events[CounterEvent.Turns]! + 1;
    // A sweep is work: asleep, it would take 100 ms for each slice.
    this.#rest(handled + this.#sweeps.length > 0, served);
    return Atomics.load(this.control, ControlWord.Stop) === 0;
  }

  /** Ends the sessions a filter means, a slice a turn; `done` is told how many. */
  purge(filter: SessionFilter, done: (ended: number) => void): void {
    this.#sweeps.push({ filter, done });
  }

  /** Sets the timer of every session anew, a slice a turn. */
  retime(): void {
    this.#sweeps.push({ filter: undefined, done: () => {} });
  }

  /** Ends what the tables just adopted contradict: sessions of other static mappings, held ports of addresses that are gone. */
  endContradicted(): void {
    this.#sweeps.push({ filter: 'reload', done: () => {} });
  }

  #sweepOn(): void {
    const { filter, done } = this.#sweeps[0]!;
    if (!this.#sweep.active) this.#sweep.begin(this.cx, filter);
    if (!this.#sweep.run(this.cx)) return;
    this.#sweeps.shift();
    done(this.#sweep.ended);
  }

  /** One burst from each device, each flushed before the next is received. Returns the number of frames. */
  burst(): number {
    const cx = this.cx;
    const ifaces = this.ifaces;
    let handled = 0;
    for (let i = 0; i < ifaces.length; i++) handled += this.#serve(ifaces[i]!);
    const { watched } = this;
    const readable = watched.look();
    for (let k = 0; k < readable; k++) {
      const iface = watched.readable(k);
      if (iface !== undefined) handled += this.#serve(iface);
    }
    const taken = cx.handoff.workers > 1 ? forwardHanded(cx) : 0;
    if (taken > 0) {
      if (cx.pending.ready > 0) requeueReady(cx);
      this.#flushAll();
    }
    return handled + taken;
  }

  /** One burst of a device, and what came of it is sent. Returns the number of frames. */
  #serve(iface: Iface): number {
    const cx = this.cx;
    const n = iface.receive(MAX_BURST);
    if (n <= 0) return 0;
    cx.iface = iface.slot;
    const trains = n > 1 && this.#mayCoalesce() ? markTrains(cx, n) : 0;
    forwardBurst(cx, n);
    if (trains > 0) this.#coalesce(n);
    if (cx.pending.ready > 0) requeueReady(cx);
    this.#flushAll();
    return n;
  }

  #mayCoalesce(): boolean {
    const ifaces = this.ifaces;
    if (this.watched.ifaces.length > 0) return true;
    for (let i = 0; i < ifaces.length; i++) if (ifaces[i]!.outlet.coalesces) return true;
    return false;
  }

  /** Joins what a burst of `count` frames left on the lists. */
  #coalesce(count: number): void {
    const ifaces = this.ifaces;
    for (let i = 0; i < ifaces.length; i++) {
      const { outlet, slot } = ifaces[i]!;
      if (outlet.coalesces && outlet.queued > 1) mergeTrains(this.cx, outlet, slot, count);
    }
    this.watched.coalesce(this.cx, count);
  }

  /** Fragments that need wait no longer go on when the burst is out of the way: they take its room. */
  #flushAll(): void {
    this.flush();
    if (!fragmentsReady(this.cx)) return;
    releaseFragments(this.cx);
    this.flush();
  }

  /** Sends all lists; then nothing refers to scratch memory or to frames that waited. */
  flush(): void {
    this.send();
    this.cx.pending.release();
    if (this.cx.handedTo === 0) return;
    this.#sent = true;
    this.#wakeOthers();
  }

  /** Sends all lists in the middle of a burst. */
  send(): void {
    const ifaces = this.ifaces;
    const { tunnels } = this.cx;
    if (tunnels[0]!.queued + tunnels[1]!.queued > 0) this.#sent = true;
    for (let i = 0; i < ifaces.length; i++) {
      if (ifaces[i]!.outlet.queued > 0) this.#sent = true;
      ifaces[i]!.transmit();
    }
    if (this.watched.send(this.cx)) this.#sent = true;
    countSent(this.cx);
    this.cx.scratch.reset();
  }

  /** Workers that sleep do not see what was put into their rings. */
  #wakeOthers(): void {
    const { handoff } = this.cx;
    for (let w = 0; w < handoff.workers; w++) {
      if ((this.cx.handedTo & (1 << w)) === 0) continue;
      if (Atomics.compareExchange(handoff.sleeping, w * SLEEP_STRIDE, 1, 0) === 1) this.time.wake(this.wakeFds[w]!);
    }
    this.cx.handedTo = 0;
  }

  /** Sleeps until a device or main has something. What another worker puts in after the second look comes with a wake-up. */
  #sleep(): void {
    const { handoff, worker } = this.cx;
    if (handoff.workers > 1) {
      Atomics.store(handoff.sleeping, worker * SLEEP_STRIDE, 1);
      if (anyInbound(handoff)) {
        Atomics.store(handoff.sleeping, worker * SLEEP_STRIDE, 0);
        return;
      }
    }
    this.time.wait(this.wakeFds[worker]!, LONGEST_WAIT_MICROS);
    if (handoff.workers > 1) Atomics.store(handoff.sleeping, worker * SLEEP_STRIDE, 0);
  }

  /** Accounts for the turn; then polls on while that is likely to pay, and sleeps when it is not (D40). */
  #rest(worked: boolean, served: boolean): void {
    const next = this.#idle.turned(this.cx, this.time.nowMicros(), worked, served);
    // A peer on this very CPU could not answer while it is polled for its answer.
    if (next === Next.Poll) this.time.giveWay();
    if (next !== Next.Sleep) return;
    countEvent(this.cx.counters, CounterEvent.Sleeps);
    this.#sleep();
    this.#idle.woke(this.time.nowMicros());
  }

  #reportBusy(): void {
    this.#idle.report(this.cx);
    Atomics.store(this.control, ControlWord.SpinMicros, this.spin.micros);
  }
}
