import type { PipelineContext } from '../pipeline/context.js';
import { unlist, unlistAll } from '../pipeline/listed.js';
import { Outlet } from '../pipeline/outlet.js';
import { CounterRoom, IfaceCounter } from '../shared/counters.js';
import { Lacks } from '../shared/offloads.js';
import { Arena } from '../wire/memory.js';
import { GsoType, virtioFlagsAndGso } from '../wire/virtioNet.js';
import { type Addon, IfaceKind } from './addon.js';
import type { Iface } from './iface.js';
import { causeOf } from './refused.js';

/** errno values of a device that was deleted: EBADFD of a TAP, ENODEV. Polling it would return at once for ever. */
const GONE: readonly number[] = [77, 19];

/** errno of a virtio-net header that the kernel does not understand. */
const INVALID = 22;

/** One queue of a TAP or one packet socket, borrowed from main (D8). */
export class NativeIface implements Iface {
  readonly outlet = new Outlet();
  readonly #addon: Addon;
  readonly #handle: number;
  readonly #sendErrors: Int32Array;
  readonly #device: number;
  readonly #cx: PipelineContext;
  #gone = false;
  #watched = false;
  readonly isTap: boolean;
  /** Lacks bits found out (OFF-16). */
  #refused = 0;

  constructor(
    readonly name: string,
    readonly slot: number,
    addon: Addon,
    fd: number,
    kind: IfaceKind,
    sendErrors: Int32Array,
    cx: PipelineContext,
  ) {
    this.#cx = cx;
    this.#addon = addon;
    this.#device = CounterRoom.FirstDevice + slot;
    this.#sendErrors = sendErrors;
    this.isTap = kind === IfaceKind.Tap;
    this.#handle = addon.borrow(fd, kind, this.outlet.sends);
  }

  get handle(): number {
    return this.#handle;
  }

  /** True when the addon's `readable` tells of it. */
  get watched(): boolean {
    return this.#watched && !this.#gone;
  }

  watch(): void {
    if (this.#gone || this.#watched) return;
    this.#watched = true;
    this.#addon.watch(this.#handle);
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
    const taken = this.#gone ? 0 : this.#addon.transmit(this.#handle, n);
    if (taken === n) return;
    if (this.#gone) this.#loseAll(n, IfaceCounter.TxDown);
    else if (taken < 0) this.#loseAll(n, IfaceCounter.TxError);
    else this.#countFailures(n);
  }

  /** Gives the handle back; frames sent after that are counted as TxDown. */
  close(): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#addon.release(this.#handle);
  }

  #countFailures(n: number): void {
    const { sends } = this.outlet;
    for (let i = 0; i < n; i++) {
      const errno = this.#sendErrors[i]!;
      if (errno === 0) continue;
      if (errno === INVALID) this.#learn(sends[2 * i]!);
      this.#count(causeOf(errno));
      unlist(this.#cx, this.slot, sends[2 * i]!, sends[2 * i + 1]!);
    }
  }

  /** The whole list of `n` frames is lost. */
  #loseAll(n: number, cause: IfaceCounter): void {
    for (let i = 0; i < n; i++) this.#count(cause);
    unlistAll(this.#cx, this.slot);
  }

  /** OFF-16: a device that refuses a super-frame gets no more of its kind. The frame at `frame` is lost, and counted. */
  #learn(frame: number): void {
    const gso = virtioFlagsAndGso(this.#cx.memory, frame) >> 8;
    if (gso === GsoType.None) return;
    this.#refused |= gso === GsoType.UdpL4 ? Lacks.Uso : Lacks.Tso;
    this.setOffloads(this.outlet.lacks, this.outlet.coalesces);
  }

  #count(counter: IfaceCounter): void {
    const at = this.#device * IfaceCounter.Count + counter;
    const { rifs } = this.#cx.counters;
    rifs[at] = rifs[at]! + 1;
  }
}
