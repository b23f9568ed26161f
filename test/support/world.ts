import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Built } from '../../src/control/buildSnapshot.js';
import { StateIndex } from '../../src/control/stateIndex.js';
import type { MemoryFrame, MemoryIface } from '../../src/io/memoryIface.js';
import { PipelineContext } from '../../src/pipeline/context.js';
import type { CounterEvent, IfaceCounter } from '../../src/shared/counters.js';
import { FIRST_DROP, Verdict, verdictSpec } from '../../src/shared/verdict.js';
import { isSession, Session, type Sessions, SessionsHead } from '../../src/tables/sessions.js';
import type { Snapshot } from '../../src/tables/snapshot.js';
import { type State, type StateBuffers, stateOf } from '../../src/tables/state.js';
import { frameMemoryIn, makeArena } from '../../src/wire/memory.js';
import { takeOver, useSnapshot } from '../../src/worker/adopt.js';
import { startClock } from '../../src/worker/clock.js';
import { recoverWorker } from '../../src/worker/recoverWorker.js';
import { Spin } from '../../src/worker/spin.js';
import { Turn } from '../../src/worker/turn.js';
import { buildWorld, openSides, pushedInto, sidesOf } from './asService.js';
import { checkConservation } from './conservation.js';
import { decode, isArp } from './decode.js';
import { lan } from './sample.js';
import { allocateWorld, arpReply, configOf, HELD_CHUNKS, ofGateway, rifTotal, type WorldOptions } from './worldParts.js';

/** The gateway in memory: configuration, tables and turn as in production, devices and clock of its own. */
export class World {
  readonly cx: PipelineContext;
  readonly buffers: StateBuffers;
  state: State;
  turn: Turn;
  readonly index: StateIndex;
  readonly names: string[];
  /** Hosts that keep silent although `answerArp`. */
  readonly silent = new Set<string>();
  readonly #ifaces: readonly MemoryIface[];
  readonly #sent: MemoryFrame[][];
  readonly #options: WorldOptions;
  readonly #all: { iface: number; frame: MemoryFrame }[] = [];
  snapshot: Snapshot;
  /** The configuration in use, compiled. */
  built!: Built;
  /** Those of all configurations so far. */
  readonly snapshots: Snapshot[] = [];
  /** Descriptors of workers that were woken: 100 + worker. */
  readonly wakes: number[] = [];
  /** Called when the worker goes to sleep. */
  onWait: () => number = () => 0;
  #ms = 1000;
  #generation = 1;

  constructor(options: WorldOptions = {}) {
    this.#options = options;
    const config = configOf(options.yaml ?? lan);
    const key = options.key ?? { k0: 0x0123_4567, k1: 0x89ab_cdef | 0 };
    const worker = options.seat?.worker ?? 0;
    this.buffers = options.seat?.buffers ?? allocateWorld(options, 1, key);
    this.state = stateOf(this.buffers, worker);
    this.index = options.seat?.index ?? new StateIndex(this.state.ports);
    this.names = sidesOf(options, config);
    this.snapshot = this.#build(options.yaml ?? lan, 1);
    const held = options.heldChunks ?? HELD_CHUNKS;
    this.cx = new PipelineContext(frameMemoryIn(makeArena()), worker, this.state, this.snapshot, held);
    startClock(this.cx, this.state.control, this.#ms, true, options.startTick ?? 1);
    this.state.sessions.head[SessionsHead.WheelTick] = this.cx.now;
    this.#sent = this.names.map(() => []);
    this.#ifaces = openSides(options, this.names, this.cx, this.index, (i, frame) => this.#leaves(i, frame));
    this.cx.outlets = this.#ifaces.map(({ outlet }) => outlet);
    useSnapshot(this.cx, this.snapshot);
    this.turn = this.#turn();
  }

  /** Puts frames in at an interface (VLAN frames at their device's) and runs turns until nothing moves. */
  send(iface: string, ...frames: readonly (Uint8Array | MemoryFrame)[]): void {
    this.push(iface, ...frames);
    this.settle();
  }

  /** Puts frames in without running a turn. */
  push(iface: string, ...frames: readonly (Uint8Array | MemoryFrame)[]): void {
    for (const frame of frames) {
      this.#ifaces[this.#number(iface)]!.push(frame instanceof Uint8Array ? { octets: frame } : frame);
    }
  }

  settle(): void {
    this.turn.run();
    while (this.turn.burst() > 0);
  }

  /** IPv4 frames that left by an interface since the last call. */
  sent(iface: string): MemoryFrame[] {
    return this.#take(iface, (frame) => !isArp(frame.octets));
  }

  /** The only IPv4 frame that left since the last call. */
  one(iface: string): MemoryFrame {
    const frames = this.sent(iface);
    assert.equal(frames.length, 1, `${frames.length} frames left by ${iface}`);
    return frames[0]!;
  }

  arps(iface: string): MemoryFrame[] {
    return this.#take(iface, (frame) => isArp(frame.octets));
  }

  /** Lets time pass tick by tick. */
  advance(ms: number): void {
    for (let left = ms; left > 0; left -= 100) {
      this.#ms += Math.min(100, left);
      this.settle();
    }
  }

  /** Lets time pass without running a turn: the process was stopped, or the machine slept. */
  tick(ms: number): void {
    this.#ms += ms;
  }

  /** Frames with this verdict so far, by its reason. */
  count(reason: string): number {
    for (let v = 1; v < Verdict.Count; v++) if (verdictSpec(v).reason === reason) return this.state.counters.verdicts[v]!;
    assert.fail(`there is no verdict "${reason}"`);
  }

  drops(): number {
    return this.state.counters.verdicts.subarray(FIRST_DROP).reduce((sum, n) => sum + n, 0);
  }

  event(event: CounterEvent): number {
    return this.state.counters.events[event]!;
  }

  /** Sum over all router interfaces. */
  rifTotal(counter: IfaceCounter): number {
    return rifTotal(this.state.counters, counter);
  }

  get sessions(): Sessions {
    return this.state.sessions;
  }

  get sessionCount(): number {
    const { head } = this.state.sessions;
    return head[SessionsHead.Count]! - head[SessionsHead.Elsewhere]! - head[SessionsHead.Held]!;
  }

  /** Live rows, without those that say which other worker has the session. */
  rows(): number[] {
    const t = this.sessions;
    const rows: number[] = [];
    for (let i = 0; i < t.head[SessionsHead.HighWater]!; i++) {
      const meta = t.rows[i * Session.Words + Session.Meta]!;
      if (isSession(meta)) rows.push(i * Session.Words);
    }
    return rows;
  }

  /** MAC of the gateway on an interface. */
  mac(rif: number): string {
    return Array.from(this.cx.rifs.macs.subarray(rif * 8, rif * 8 + 6), (o) => o.toString(16).padStart(2, '0')).join(':');
  }

  /** Takes another configuration over, as a reload does. */
  reload(yaml: string, epoch = 1): void {
    this.snapshot = this.#build(yaml, epoch);
    takeOver(this.turn, this.snapshot);
  }

  /** The link of a router interface goes, or comes back, and main says so by another epoch. */
  setLink(rif: number, dead: boolean): void {
    this.built.fibStore.setLink(rif, { dead, linkdown: false });
    this.republish();
  }

  /** A link or a next hop has changed its state: every way is asked for anew, as control/reload does it. */
  republish(): void {
    const [fib, epoch] = [this.built.fibStore.snapshot(), this.snapshot.epoch + 1];
    this.snapshot = { ...this.snapshot, ...ofGateway(this.snapshot, fib), epoch, generation: this.#generation++ };
    this.built = { ...this.built, snapshot: this.snapshot };
    takeOver(this.turn, this.snapshot);
  }

  /** The worker died; another takes over what it left. What waited in its own memory is gone. */
  replaceWorker(): void {
    this.cx.pending.clear();
    this.cx.fragments.clear();
    while (this.cx.heldSyns.count > 0) this.cx.heldSyns.drop();
    recoverWorker(this.cx);
    this.turn = this.#turn();
  }

  /** The laws every frame obeys (see conservation.ts). */
  check(): void {
    checkConservation(this, this.#all, this.#options.wrongChecksums !== true, pushedInto(this.#ifaces));
  }

  #turn(): Turn {
    const time = {
      nowMs: () => this.#ms | 0,
      nowMicros: () => 0,
      wait: () => this.onWait(),
      wake: (fd: number) => void this.wakes.push(fd),
      giveWay: () => {},
    };
    const wakeFds = this.state.handoff.inbound.map((_, worker) => 100 + worker);
    const turn = new Turn(this.cx, this.#ifaces, time, this.state.control, wakeFds, new Spin(0), this.state.control[0]!, () => 0);
    this.cx.flush = () => turn.send();
    return turn;
  }

  #build(yaml: string, epoch: number): Snapshot {
    const mtus = this.names.map((name) => this.#options.mtus?.[name] ?? 1500);
    this.built = buildWorld(this.#options, configOf(yaml), mtus, this.index, this.#generation++, epoch, this.built);
    this.snapshots.push(this.built.snapshot);
    return this.built.snapshot;
  }

  #number(iface: string): number {
    const number = this.names.indexOf(iface);
    assert.ok(number >= 0, `there is no interface ${iface}`);
    return number;
  }

  #take(iface: string, wanted: (frame: MemoryFrame) => boolean): MemoryFrame[] {
    const number = this.#number(iface);
    const all = this.#sent[number]!;
    this.#sent[number] = all.filter((frame) => !wanted(frame));
    return all.filter(wanted);
  }

  #leaves(iface: number, frame: MemoryFrame): void {
    this.#sent[iface]!.push(frame);
    this.#all.push({ iface, frame });
    if (!isArp(frame.octets)) return;
    const { arp: asked, vlan: tag, eth: header } = decode(frame.octets);
    if (asked === undefined || asked.op !== 1 || asked.senderIp === asked.targetIp) return;
    if (this.#options.answerArp === false || this.silent.has(asked.targetIp)) return;
    const reply = arpReply(asked.targetIp, asked.senderIp, header!.src, tag?.id);
    if (this.#options.seat === undefined) this.#ifaces[iface]!.push({ octets: reply });
    else this.#options.seat.answer(this.names[iface]!, reply);
  }
}

/** A test around a world whose laws are checked at its end. */
export function worldTest(name: string, options: WorldOptions, body: (w: World) => void): void {
  test(name, () => {
    const w = new World(options);
    body(w);
    w.check();
  });
}
