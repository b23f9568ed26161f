import type { PipelineContext } from '../pipeline/context.js';
import { Outlet } from '../pipeline/outlet.js';
import { type TunnelList, TunnelSend } from '../pipeline/tunnelList.js';
import { CounterRoom, IfaceCounter } from '../shared/counters.js';
import { TagColumn } from '../wire/ethernet.js';
import { greFits, greKey } from '../wire/gre.js';
import { Arena, recordOctets } from '../wire/memory.js';
import { virtioClear } from '../wire/virtioNet.js';
import { vxlanRead } from '../wire/vxlan.js';
import type { Addon } from './addon.js';
import type { Iface } from './iface.js';
import { causeOf } from './refused.js';
import { TunnelKind, TunnelReceived } from './tunnelCalls.js';

/** Of a VXLAN header and of a GRE header with a key alike. */
const HEADER = 8;

/** Of frames in their place, modulo Arena.Align. */
const PLACE = 10;

/**
 * One end of all tunnels of a kind: VXLAN (TunnelKind.Udp) or GRE with a key (TunnelKind.Raw), by sockets borrowed from main (D8, D14). What
 * comes in becomes frames with the address of the other end and the VNI or key beside them (`cx.sources`, `cx.segments`). Datagrams that came
 * joined are taken apart, each frame copied to where frames stand (D12). A frame behind a header that is none is marked
 * (TagColumn.BadTunnelHeader), so that it gets its verdict.
 */
export class TunnelIface implements Iface {
  /** Nothing is ever put on it: what leaves is on the context's TunnelList. */
  readonly outlet = new Outlet();
  readonly #addon: Addon;
  readonly #handle: number;
  readonly #kind: TunnelKind;
  readonly #list: TunnelList;
  readonly #sendErrors: Int32Array;
  readonly #cx: PipelineContext;
  readonly #received = new Int32Array(new SharedArrayBuffer(Arena.TunnelSlots * TunnelReceived.Words * 4));
  /** Of what was received: datagrams (joined ones count as one), the next to look at, octets of it that are frames already. */
  #count = 0;
  #next = 0;
  #done = 0;
  #closed = false;

  constructor(
    readonly name: string,
    readonly slot: number,
    addon: Addon,
    fds: readonly number[],
    kind: TunnelKind,
    sendErrors: Int32Array,
    cx: PipelineContext,
  ) {
    this.#addon = addon;
    this.#kind = kind;
    this.#cx = cx;
    this.#sendErrors = sendErrors;
    this.#list = cx.tunnels[kind === TunnelKind.Raw ? 1 : 0]!;
    this.#list.slot = slot;
    this.#handle = addon.borrowTunnel(fds, kind, this.#list.sends, this.#received);
  }

  get handle(): number {
    return this.#handle;
  }

  /** Frames were received that no burst has had room for yet. */
  get waiting(): boolean {
    return this.#next < this.#count;
  }

  receive(maxFrames: number): number {
    if (this.#closed) return 0;
    if (this.#next === this.#count) {
      const n = this.#addon.receiveTunnel(this.#handle, Arena.TunnelSlots, Arena.TunnelStart, Arena.TunnelEnd);
      if (n <= 0) {
        if (n < 0) this.#add(IfaceCounter.RxError, 1);
        return n;
      }
      this.#count = n;
      this.#next = 0;
      this.#done = 0;
    }
    return this.#takeFrames(maxFrames);
  }

  /** The next frames of what was received, as many as a burst has room for. */
  #takeFrames(most: number): number {
    const rows = this.#received;
    let place: number = Arena.BurstStart;
    let f = 0;
    while (f < most && this.#next < this.#count) {
      const row = this.#next * TunnelReceived.Words;
      const first = rows[row + TunnelReceived.Offset]!;
      const all = rows[row + TunnelReceived.Octets]!;
      const each = rows[row + TunnelReceived.Each]!;
      const header = first + this.#done;
      const left = all - this.#done;
      const octets = each > 0 && each < left ? each : left;
      let frame = header + HEADER;
      if (octets < all || (frame & (Arena.Align - 1)) !== PLACE) {
        if (place + recordOctets(octets) > Arena.BurstEnd) break;
        frame = place + Arena.FrameStart;
        place += recordOctets(octets);
      }
      this.#takeFrame(f++, row, header, octets, frame);
      this.#done += octets;
      if (this.#done < all) continue;
      this.#next++;
      this.#done = 0;
    }
    return f;
  }

  /** Frame `f` of the burst: behind the tunnel header at `header`, to stand at `frame`. `octets`: of both. */
  #takeFrame(f: number, row: number, header: number, octets: number, frame: number): void {
    const cx = this.#cx;
    const m = cx.memory;
    cx.offsets[f] = frame;
    cx.lengths[f] = octets < HEADER ? 0 : octets - HEADER;
    cx.sources[f] = this.#received[row + TunnelReceived.Source]!;
    if (this.#kind === TunnelKind.Udp) {
      const vni = vxlanRead(m, header, octets);
      cx.segments[f] = vni;
      cx.tags[f] = vni < 0 ? TagColumn.BadTunnelHeader : 0;
    } else {
      const fits = greFits(m, header, octets);
      cx.segments[f] = fits ? greKey(m, header) : 0;
      cx.tags[f] = fits ? 0 : TagColumn.BadTunnelHeader;
    }
    if (header + HEADER !== frame) m.u8.copyWithin(frame, header + HEADER, header + octets);
    // In place the tunnel header stood there.
    virtioClear(m, frame);
  }

  transmit(): void {
    const n = this.#list.queued;
    if (n === 0) return;
    this.#list.queued = 0;
    const taken = this.#closed ? -1 : this.#addon.transmitTunnel(this.#handle, n);
    if (taken < 0) {
      this.#add(this.#closed ? IfaceCounter.TxDown : IfaceCounter.TxError, n);
      return;
    }
    const { sends } = this.#list;
    let octets = 0;
    for (let i = 0; i < n; i++) {
      const errno = this.#sendErrors[i]!;
      if (taken === n || errno === 0) octets += sends[i * TunnelSend.Words + TunnelSend.Octets]! - HEADER;
      else this.#add(causeOf(errno), 1);
    }
    this.#add(IfaceCounter.TxFrames, taken);
    this.#add(IfaceCounter.TxPackets, taken);
    this.#add(IfaceCounter.TxOctets, octets);
  }

  /** Gives the sockets back; what is sent after that is counted as TxDown. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#count = 0;
    this.#next = 0;
    this.#addon.release(this.#handle);
  }

  #add(counter: IfaceCounter, amount: number): void {
    const at = (CounterRoom.FirstDevice + this.slot) * IfaceCounter.Count + counter;
    const { rifs } = this.#cx.counters;
    rifs[at] = rifs[at]! + amount;
  }
}
