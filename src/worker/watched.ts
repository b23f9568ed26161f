import type { Iface } from '../io/iface.js';
import type { NativeIface } from '../io/nativeIface.js';
import { mergeTrains } from '../pipeline/coalesce.js';
import type { PipelineContext } from '../pipeline/context.js';

/** Ports' devices that a worker asks in every turn; beyond that it asks the kernel which of them have something. */
export const ALWAYS_ASKED = 8;

/** Where handles of devices that have something come from: the addon. */
export interface Readiness {
  /** Puts handles into `ready`; returns how many, negative when it cannot tell. */
  readable(): number;
}

/** Devices of ports when there are many: received from when they have something, sent to when something is listed for them. */
export class Watched {
  /** Handles that `readable` found. */
  readonly ready = new Int32Array(new SharedArrayBuffer(64 * 4));
  /** All of them. */
  ifaces: readonly Iface[] = [];
  #byHandle: (Iface | undefined)[] = [];
  #bySlot: (Iface | undefined)[] = [];
  #told = true;

  constructor(private readonly readiness: Readiness) {}

  use(ifaces: readonly NativeIface[]): void {
    this.ifaces = ifaces;
    this.#byHandle = [];
    this.#bySlot = [];
    for (const iface of ifaces) {
      this.#byHandle[iface.handle] = iface;
      this.#bySlot[iface.slot] = iface;
    }
  }

  /** How many devices have something: those that `readable` gives. Where the kernel does not tell, all may have. */
  look(): number {
    if (this.ifaces.length === 0) return 0;
    const n = this.readiness.readable();
    this.#told = n >= 0;
    return this.#told ? n : this.ifaces.length;
  }

  /** The k-th device that `look` found; undefined when it was given back since. */
  readable(k: number): Iface | undefined {
    return this.#told ? this.#byHandle[this.ready[k]!] : this.ifaces[k];
  }

  /** Joins what a burst of `count` frames left on their lists. */
  coalesce(cx: PipelineContext, count: number): void {
    const { touched } = cx;
    if (this.ifaces.length === 0) return;
    for (let i = 0; i < touched.count; i++) {
      const iface = this.#bySlot[touched.slots[i]!];
      if (iface?.outlet.coalesces && iface.outlet.queued > 1) mergeTrains(cx, iface.outlet, iface.slot, count);
    }
  }

  /** Sends their lists. True when there was something to send. */
  send(cx: PipelineContext): boolean {
    const { touched } = cx;
    if (this.ifaces.length === 0) return false;
    let sent = false;
    for (let i = 0; i < touched.count; i++) {
      const iface = this.#bySlot[touched.slots[i]!];
      if (iface === undefined) continue;
      iface.transmit();
      sent = true;
    }
    return sent;
  }
}
