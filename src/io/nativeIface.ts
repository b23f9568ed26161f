import { Outlet } from '../pipeline/outlet.js';
import { CounterRoom, type Counters, IfaceCounter } from '../shared/counters.js';
import { Lacks } from '../shared/offloads.js';
import { Arena, type FrameMemory } from '../wire/memory.js';
import { GsoType, virtioFlagsAndGso } from '../wire/virtioNet.js';
import type { Addon, IfaceKind } from './addon.js';
import type { Iface } from './iface.js';

/** errno values of a device that was deleted: EBADFD of a TAP, ENODEV. Polling it would return at once for ever. */
const GONE: readonly number[] = [77, 19];

/** errno of a virtio-net header that the kernel does not understand. */
const INVALID = 22;

/** errno values that mean "no room just now" and "device down or gone" on Linux. */
const FULL: readonly number[] = [11, 105];
const DOWN: readonly number[] = [5, 6, 19, 77, 100];

/** One queue of a TAP or one packet socket, borrowed from main (D8). */
export class NativeIface implements Iface {
  readonly outlet = new Outlet();
  readonly #addon: Addon;
  readonly #handle: number;
  readonly #sendErrors: Int32Array;
  readonly #device: number;
  readonly #memory: FrameMemory;
  #counters: Counters;
  #gone = false;
  /** Lacks bits found out (OFF-16). */
  #refused = 0;

  constructor(
    readonly name: string,
    readonly slot: number,
    addon: Addon,
    fd: number,
    kind: IfaceKind,
    sendErrors: Int32Array,
    counters: Counters,
    memory: FrameMemory,
  ) {
    this.#memory = memory;
    this.#addon = addon;
    this.#device = CounterRoom.FirstDevice + slot;
    this.#sendErrors = sendErrors;
    this.#counters = counters;
    this.#handle = addon.borrow(fd, kind, this.outlet.sends);
  }

  get handle(): number {
    return this.#handle;
  }

  /** What the device cannot be left to do (Lacks bits), beside what it has refused so far; whether segments are joined for it. */
  setOffloads(lacks: number, coalesce: boolean): void {
    this.outlet.lacks = lacks | this.#refused;
    this.outlet.coalesces = coalesce && (this.outlet.lacks & (Lacks.Checksum | Lacks.Tso)) === 0;
  }

  receive(maxFrames: number): number {
    if (this.#gone) return 0;
    const n = this.#addon.receive(this.#handle, maxFrames, Arena.BurstStart, Arena.BurstEnd);
    if (n >= 0) return n;
    this.#count(IfaceCounter.RxError);
    if (GONE.includes(-n)) this.close();
    return n;
  }

  transmit(): void {
    const n = this.outlet.queued;
    if (n === 0) return;
    this.outlet.queued = 0;
    if (this.#gone) {
      for (let i = 0; i < n; i++) this.#count(IfaceCounter.TxDown);
      return;
    }
    if (this.#addon.transmit(this.#handle, n) !== n) this.#countFailures(n);
  }

  /** Gives the handle back; frames sent after that are counted as TxDown. */
  close(): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#addon.release(this.#handle);
  }

  #countFailures(n: number): void {
    for (let i = 0; i < n; i++) {
      const errno = this.#sendErrors[i]!;
      if (errno === 0) continue;
      if (errno === INVALID) this.#learn(this.outlet.sends[2 * i]!);
      this.#count(FULL.includes(errno) ? IfaceCounter.TxFull : DOWN.includes(errno) ? IfaceCounter.TxDown : IfaceCounter.TxError);
    }
  }

  /** OFF-16: a device that refuses a super-frame gets no more of its kind. The frame at `frame` is lost, and counted. */
  #learn(frame: number): void {
    const gso = virtioFlagsAndGso(this.#memory, frame) >> 8;
    if (gso === GsoType.None) return;
    this.#refused |= gso === GsoType.UdpL4 ? Lacks.Uso : Lacks.Tso;
    this.setOffloads(this.outlet.lacks, this.outlet.coalesces);
  }

  #count(counter: IfaceCounter): void {
    const at = this.#device * IfaceCounter.Count + counter;
    this.#counters.rifs[at] = this.#counters.rifs[at]! + 1;
  }
}
