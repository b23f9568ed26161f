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
import { TunnelTrain } from './tunnelTrain.js';

/** Of a VXLAN header and of a GRE header with a key alike. */
const HEADER = 8;

/** Of frames in their place, modulo Arena.Align. */
const PLACE = 10;

/**
 * One end of all tunnels of a kind: VXLAN (TunnelKind.Udp) or GRE with a key (TunnelKind.Raw), by sockets borrowed from main (D8, D14). What
 * comes in becomes frames with the address of the other end and the VNI or key beside them (`cx.sources`, `cx.segments`). Datagrams that came
 * joined are taken apart: segments that continue each other become a super-frame (tunnelTrain.ts), every other frame is copied to where frames
 * stand (D12). A frame behind a header that is none is marked
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
  /** Of the header read last: VNI or key, mark. */
  #segment = 0;
  #tag = 0;
  readonly #train = new TunnelTrain();
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

  /** The next frames of what was received, as many as a burst has room for. Segments that continue the frame before become part of it. */
  #takeFrames(most: number): number {
    const cx = this.#cx;
    const m = cx.memory;
    const rows = this.#received;
    const train = this.#train;
    let place: number = Arena.BurstStart;
    let f = 0;
    while (this.#next < this.#count) {
      const row = this.#next * TunnelReceived.Words;
      const header = rows[row + TunnelReceived.Offset]! + this.#done;
      const left = rows[row + TunnelReceived.Octets]! - this.#done;
      const each = rows[row + TunnelReceived.Each]!;
      const octets = each > 0 && each < left ? each : left;
      const length = octets < HEADER ? 0 : octets - HEADER;
      const lies = header + HEADER;
      const stays = this.#done === 0 && (lies & (Arena.Align - 1)) === PLACE;
      const copied = place + Arena.FrameStart;
      const fits = place + recordOctets(length) <= Arena.BurstEnd;
      let frame = lies;
      // Where headers are not aligned they can be neither read nor left.
      if (!stays && (lies & 3) !== (PLACE & 3)) {
        if (!fits) break;
        m.loops.copy(copied, lies, length);
        frame = copied;
      }
      this.#readHeader(header, octets);
      const source = rows[row + TunnelReceived.Source]!;
      const whole = f > 0 && this.#isAlike(f - 1, source) ? train.join(m, frame, length) : 0;
      if (whole > 0) {
        const head = cx.offsets[f - 1]!;
        cx.lengths[f - 1] = whole;
        if (head < Arena.BurstEnd) place = head - Arena.FrameStart + recordOctets(whole);
      } else {
        if (f === most) break;
        if (!stays) {
          if (!fits) break;
          if (frame === lies) m.loops.copy(copied, lies, length);
          frame = copied;
          place += recordOctets(length);
        }
        train.end(m);
        train.begin(frame, length, stays ? Arena.TunnelEnd : Arena.BurstEnd);
        // In place the tunnel header stood there.
        virtioClear(m, frame);
        cx.offsets[f] = frame;
        cx.lengths[f] = length;
        cx.sources[f] = source;
        cx.segments[f] = this.#segment;
        cx.tags[f++] = this.#tag;
      }
      this.#done += octets;
      if (octets < left) continue;
      this.#next++;
      this.#done = 0;
    }
    train.end(m);
    return f;
  }

  /** VNI or key of the header at `header`; `octets` of it and of its frame. */
  #readHeader(header: number, octets: number): void {
    const m = this.#cx.memory;
    if (this.#kind === TunnelKind.Udp) {
      this.#segment = vxlanRead(m, header, octets);
      this.#tag = this.#segment < 0 ? TagColumn.BadTunnelHeader : 0;
    } else {
      const fits = greFits(m, header, octets);
      this.#segment = fits ? greKey(m, header) : 0;
      this.#tag = fits ? 0 : TagColumn.BadTunnelHeader;
    }
  }

  /** Whether frame `f` came behind the same header, from the same end. */
  #isAlike(f: number, source: number): boolean {
    const { segments, sources, tags } = this.#cx;
    return this.#tag === 0 && tags[f] === 0 && segments[f] === this.#segment && sources[f] === source;
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
