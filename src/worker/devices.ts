import type { Addon } from '../io/addon.js';
import { GoneIface } from '../io/goneIface.js';
import type { Iface } from '../io/iface.js';
import { NativeIface } from '../io/nativeIface.js';
import { TunnelIface } from '../io/tunnelIface.js';
import type { PipelineContext } from '../pipeline/context.js';
import { MAX_SENDS } from '../pipeline/outlet.js';
import { FIRST_LPORT, MAX_LPORTS } from '../tables/rifs.js';
import type { BorrowedIface, BorrowedTunnel } from './protocol.js';
import { ALWAYS_ASKED, Watched } from './watched.js';

/** A worker's devices: borrows what a configuration adds, gives back what it drops, keeps the rest as it is (D8). */
export class Devices {
  readonly #cx: PipelineContext;
  readonly #addon: Addon;
  /** By their slots. */
  readonly #held = new Map<number, { readonly fd: number; readonly iface: Iface }>();
  readonly #returned: number[] = [];
  readonly #gone: GoneIface;
  readonly #tunnels: readonly TunnelIface[];
  /** Ports' devices, when there are many. */
  readonly watched: Watched;
  readonly #sendErrors = new Int32Array(new SharedArrayBuffer(MAX_SENDS * 4));

  constructor(cx: PipelineContext, addon: Addon, tunnels: readonly BorrowedTunnel[]) {
    this.#cx = cx;
    this.#addon = addon;
    this.#gone = new GoneIface(cx);
    this.watched = new Watched(addon);
    addon.attach({
      arena: cx.memory.u8,
      offsets: cx.offsets,
      lengths: cx.lengths,
      tags: cx.tags,
      sendErrors: this.#sendErrors,
      ready: this.watched.ready,
    });
    this.#tunnels = tunnels.map(
      ({ name, slot, fds, kind }) => new TunnelIface(name, slot, addon, fds, kind, this.#sendErrors, cx),
    );
  }

  /**
   * Makes the list the worker's devices. Returns those that are asked in every turn, with the one that takes the frames of devices that are
   * gone; `watched` has the others.
   */
  use(list: readonly BorrowedIface[]): Iface[] {
    const bySlot = new Map(list.map((entry) => [entry.slot, entry]));
    for (const [slot, { fd, iface }] of this.#held) {
      const entry = bySlot.get(slot);
      if (entry?.fd === fd) continue;
      iface.close();
      this.#held.delete(slot);
      if (entry !== undefined && entry.fd >= 0) this.#returned.push(slot);
    }
    for (const entry of list) {
      const iface = this.#held.get(entry.slot)?.iface ?? this.#take(entry);
      this.#held.set(entry.slot, { fd: entry.fd, iface });
      if (iface instanceof NativeIface) iface.setOffloads(entry.lacks, entry.coalesce);
    }
    const all = Array.from(this.#held.values(), ({ iface }) => iface);
    const watched = this.#watch(all);
    const asked = all.filter((iface) => !watched.has(iface));
    const ifaces: Iface[] = [...asked, ...this.#tunnels, this.#gone];
    // Array.from, not fill: an array with the same element kind as the warm-up's, or the hot code is compiled anew.
    const outlets = Array.from({ length: FIRST_LPORT + MAX_LPORTS }, () => this.#gone.outlet);
    for (const iface of [...all, ...this.#tunnels, this.#gone]) outlets[iface.slot] = iface.outlet;
    this.#cx.outlets = outlets;
    return ifaces;
  }

  /** Has the kernel tell which of many ports' TAPs have something. Packet sockets hold frames back, of which it knows nothing. */
  #watch(all: readonly Iface[]): ReadonlySet<Iface> {
    const taps = all.filter((iface) => iface.slot >= FIRST_LPORT && iface instanceof NativeIface && iface.isTap) as NativeIface[];
    const watched = taps.length > ALWAYS_ASKED ? taps : taps.filter((tap) => tap.watched);
    for (const tap of watched) tap.watch();
    this.watched.use(watched);
    return new Set(watched);
  }

  /** Slots of devices that were opened again since the last call: nobody behind them is known. */
  takeReturned(): number[] {
    return this.#returned.splice(0);
  }

  close(): void {
    for (const { iface } of this.#held.values()) iface.close();
    for (const tunnel of this.#tunnels) tunnel.close();
    this.#held.clear();
  }

  #take({ slot, name, fd, kind }: BorrowedIface): Iface {
    return fd < 0
      ? new GoneIface(this.#cx, slot)
      : new NativeIface(name, slot, this.#addon, fd, kind, this.#sendErrors, this.#cx);
  }
}
