import type { Addon } from '../io/addon.js';
import { GoneIface } from '../io/goneIface.js';
import type { Iface } from '../io/iface.js';
import { NativeIface } from '../io/nativeIface.js';
import { MAX_SENDS, type PipelineContext } from '../pipeline/context.js';
import { GONE_IFACE } from '../tables/rifs.js';
import type { BorrowedIface } from './protocol.js';

/** A worker's devices: borrows what a configuration adds, gives back what it drops, keeps the rest as it is (D8). */
export class Devices {
  readonly #cx: PipelineContext;
  readonly #addon: Addon;
  readonly #held = new Map<number, NativeIface>();
  readonly #gone: GoneIface;
  readonly #sendErrors = new Int32Array(new SharedArrayBuffer(MAX_SENDS * 4));

  constructor(cx: PipelineContext, addon: Addon) {
    this.#cx = cx;
    this.#addon = addon;
    this.#gone = new GoneIface(cx.counters);
    addon.attach({ arena: cx.memory.u8, offsets: cx.offsets, lengths: cx.lengths, tags: cx.tags, sendErrors: this.#sendErrors });
  }

  /** Makes the list the worker's devices. Returns them with the one that takes the frames of devices that are gone. */
  use(list: readonly BorrowedIface[]): Iface[] {
    for (const [fd, iface] of this.#held) {
      if (list.some((entry) => entry.fd === fd)) continue;
      iface.close();
      this.#held.delete(fd);
    }
    for (const { slot, name, fd, kind } of list) {
      if (this.#held.has(fd)) continue;
      this.#held.set(fd, new NativeIface(name, slot, this.#addon, fd, kind, this.#sendErrors, this.#cx.counters));
    }
    const ifaces: Iface[] = [...this.#held.values(), this.#gone];
    // Array.from, not fill: an array with the same element kind as the warm-up's, or the hot code is compiled anew.
    const outlets = Array.from({ length: GONE_IFACE + 1 }, () => this.#gone.outlet);
    for (const iface of ifaces) outlets[iface.slot] = iface.outlet;
    this.#cx.outlets = outlets;
    return ifaces;
  }

  close(): void {
    for (const iface of this.#held.values()) iface.close();
    this.#held.clear();
  }
}
