import assert from 'node:assert/strict';
import { StateIndex } from '../../src/control/stateIndex.js';
import type { MemoryFrame } from '../../src/io/memoryIface.js';
import { CounterEvent } from '../../src/shared/counters.js';
import { Verdict, verdictSpec } from '../../src/shared/verdict.js';
import { ringFill } from '../../src/tables/handoffRing.js';
import { BLOCKS, PortSpace, portsUsed } from '../../src/tables/portBlocks.js';
import { Session, SessionsHead, scopeOf } from '../../src/tables/sessions.js';
import { stateOf } from '../../src/tables/state.js';
import type { Dice } from './mutate.js';
import { World } from './world.js';
import { allocateWorld, type WorldOptions } from './worldParts.js';

const KEY = { k0: 0x0123_4567, k1: 0x89ab_cdef | 0 };

/**
 * Several workers over one state, in one thread: which of them a frame comes to and whose turn is next is drawn by `dice`, so
 * that a seed is an interleaving of turns.
 */
export class Team {
  readonly members: readonly World[];
  /** Hosts that keep silent. */
  readonly silent = new Set<string>();
  readonly #dice: Dice;
  /** Owners of blocks as programs in the kernel would see them. */
  readonly #mirror: Uint8Array;
  /** Who gets a frame; any worker, drawn at random, unless a test sets it. */
  chooses: (iface: string, frame: Uint8Array) => number = () => this.#dice.below(this.members.length);

  constructor(workers: number, dice: Dice, options: WorldOptions = {}) {
    this.#dice = dice;
    const buffers = allocateWorld(options, workers, KEY);
    const index = new StateIndex(stateOf(buffers, 0).ports);
    const answer = (iface: string, frame: Uint8Array): void => this.push(iface, frame);
    this.members = Array.from(
      { length: workers },
      (_, worker) => new World({ ...options, key: KEY, seat: { worker, buffers, index, answer } }),
    );
    this.#mirror = options.mirror ?? new Uint8Array(this.members[0]!.state.ports.owner.length);
    for (const { state } of this.members) state.ports.mirror = this.#mirror;
    for (const member of this.members) for (const host of options.silent ?? []) member.silent.add(host);
  }

  /** Puts a frame into the queue of the worker that `chooses` names. */
  push(iface: string, frame: Uint8Array | MemoryFrame): void {
    this.members[this.chooses(iface, frame instanceof Uint8Array ? frame : frame.octets)]!.push(iface, frame);
  }

  /** One turn of a worker drawn at random. */
  step(): void {
    this.#draw().turn.run();
  }

  /** Turns, in an order drawn at random, until nothing moves. */
  settle(): void {
    for (let idle = 0; idle < 3; ) {
      let moved = 0;
      for (let i = 0; i < this.members.length * 2; i++) moved += this.#draw().turn.burst();
      for (const member of this.members) {
        member.turn.run();
        moved += member.turn.burst();
      }
      idle = moved === 0 && this.waiting() === 0 ? idle + 1 : 0;
    }
  }

  /** Octets in the rings. */
  waiting(): number {
    return this.members.reduce((sum, { cx }) => sum + cx.handoff.inbound.reduce((n, ring) => n + ringFill(ring), 0), 0);
  }

  advance(ms: number): void {
    for (let left = ms; left > 0; left -= 100) {
      for (const member of this.members) member.tick(Math.min(100, left));
      this.settle();
    }
  }

  /** IPv4 frames that left by an interface, of all workers. */
  sent(iface: string): MemoryFrame[] {
    return this.members.flatMap((member) => member.sent(iface));
  }

  count(verdict: Verdict): number {
    return this.members.reduce((sum, { state }) => sum + state.counters.verdicts[verdict]!, 0);
  }

  event(event: CounterEvent): number {
    return this.members.reduce((sum, member) => sum + member.event(event), 0);
  }

  /** Verdicts by reason; without those that tell of several workers and of ARP, which each worker does for itself. */
  verdicts(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (let v: Verdict = 1; v < Verdict.Count; v++) {
      const { reason } = verdictSpec(v);
      if (v === Verdict.HandedOff || v === Verdict.Queued || reason.startsWith('arp')) continue;
      if (this.count(v) !== 0) counts[reason] = this.count(v);
    }
    return counts;
  }

  get sessionCount(): number {
    return this.members.reduce((sum, member) => sum + member.sessionCount, 0);
  }

  /** The laws each worker obeys, and those of all together: no frame lost between two, no tuple and no port with two owners. */
  check(): void {
    for (const member of this.members) member.check();
    assert.equal(this.waiting(), 0, 'nothing waits in a ring');
    assert.equal(this.count(Verdict.HandedOff), this.event(CounterEvent.HandedIn), 'frames handed over = frames taken');
    const outward = new Set<string>();
    const inward = new Set<string>();
    for (const { sessions, rows: live } of this.members.map((m) => ({ sessions: m.sessions, rows: m.rows() }))) {
      for (const row of live) {
        const word = (w: Session): number => sessions.rows[row + w]!;
        const protocol = word(Session.Meta) & 0xff;
        const out = [
          word(Session.InsideAddress),
          word(Session.RemoteAddress),
          word(Session.OutwardPorts),
          scopeOf(sessions.rows, row),
        ].join();
        const back = [word(Session.RemoteAddress), word(Session.ExternalAddress), word(Session.InwardPorts), protocol].join();
        assert.ok(!outward.has(out), 'two workers have a session of the same flow');
        assert.ok(!inward.has(back), 'two sessions have the same external endpoint and remote');
        outward.add(out);
        inward.add(back);
      }
    }
    this.#checkBlocks();
  }

  /** Every block held is held by whom `owner` says, and by nobody when no port is in use. */
  #checkBlocks(): void {
    const { ports } = this.members[0]!.state;
    const pools = PortSpace.Count * ports.addresses;
    assert.deepEqual(this.#mirror, Uint8Array.from(ports.owner), 'the mirror says what is so');
    let used = 0;
    for (let pool = 0; pool < pools; pool++)
      for (let worker = 0; worker < this.members.length; worker++) used += portsUsed(ports, worker, pool);
    if (used > 0 || this.sessionCount > 0) return;
    for (let at = 0; at < pools * BLOCKS; at++) assert.equal(ports.owner[at], 0, 'a block is held without a session');
    for (const { sessions } of this.members)
      assert.equal(sessions.head[SessionsHead.Count], 0, 'no row is left, not even one that names another worker');
  }

  #draw(): World {
    return this.members[this.#dice.below(this.members.length)]!;
  }
}
