/** Super-frames of TCP in memory: cut on their way into a tunnel, and made again of the datagrams that come out of one. */
import type { Addon } from '../../src/io/addon.js';
import { TunnelKind, TunnelReceived } from '../../src/io/tunnelCalls.js';
import { TunnelIface } from '../../src/io/tunnelIface.js';
import { MAX_BURST } from '../../src/pipeline/burst.js';
import type { PipelineContext } from '../../src/pipeline/context.js';
import { forwardBurst } from '../../src/pipeline/forward.js';
import { TunnelSend } from '../../src/pipeline/tunnelList.js';
import { pseudoHeaderSum } from '../../src/wire/checksum.js';
import { Arena } from '../../src/wire/memory.js';
import { Tcp, TcpFlag } from '../../src/wire/tcp.js';
import { GsoType, VirtioFlag, virtioClear } from '../../src/wire/virtioNet.js';
import { writeFlowFrame } from '../../src/worker/syntheticFrames.js';

/** Data of a segment at an MTU of 1,450 without TCP options, and segments whose datagrams fit one that the kernel cuts. */
const SIZE = 1410;
const SEGMENTS = 44;
const HEADERS = 54;
const CHECKSUM_START = 34;

export interface Flow {
  readonly iface: number;
  readonly source: number;
  readonly destination: number;
  readonly sourceMac: Uint8Array;
  readonly destinationMac: Uint8Array;
}

export class SuperFrames {
  readonly #frame: Uint8Array;
  /** The datagrams that the super-frame becomes, one behind the other. */
  readonly #train: Uint8Array;
  readonly #tunnel: TunnelIface;

  constructor(
    readonly cx: PipelineContext,
    slot: number,
    readonly flow: Flow,
    segment: number,
  ) {
    let rows: Int32Array = new Int32Array();
    const each = HEADERS + SIZE + 8;
    const received = (): number => {
      rows.set([Arena.TunnelStart + Arena.FrameStart - 8, SEGMENTS * each, cx.sources[0]!, each], 0);
      return 1;
    };
    const addon = {
      borrowTunnel(_fds: number[], _kind: TunnelKind, _sends: Int32Array, receives: Int32Array): number {
        rows = receives.subarray(0, TunnelReceived.Words);
        return 1;
      },
      receiveTunnel: received,
    } as unknown as Addon;
    this.#tunnel = new TunnelIface('bench', slot, addon, [1, 2], TunnelKind.Udp, new Int32Array(64), cx);
    this.#frame = this.#make();
    this.#cutOne();
    const { sends, queued } = cx.tunnels[0]!;
    if (queued !== SEGMENTS) throw new Error(`${queued} segments instead of ${SEGMENTS}`);
    this.#train = new Uint8Array(SEGMENTS * each);
    for (let k = 0; k < queued; k++) {
      const at = sends[k * TunnelSend.Words + TunnelSend.Offset]!;
      this.#train.set(cx.memory.u8.subarray(at, at + each), k * each);
    }
    cx.flush();
    cx.segments[0] = segment;
  }

  /** Nanoseconds per segment. */
  cut(count: number): number {
    let spent = 0;
    for (let i = 0; i < count; i++) {
      spent += this.#cutOne();
      this.cx.flush();
    }
    return (spent * 1e6) / (count * SEGMENTS);
  }

  /** Nanoseconds per segment. */
  join(count: number): number {
    let spent = 0;
    for (let i = 0; i < count; i++) {
      this.cx.memory.u8.set(this.#train, Arena.TunnelStart + Arena.FrameStart - 8);
      const start = performance.now();
      const frames = this.#tunnel.receive(MAX_BURST);
      spent += performance.now() - start;
      const length = this.cx.lengths[0]!;
      if (frames !== 1 || length !== this.#frame.length) throw new Error(`${frames} frames, the first of ${length} octets`);
    }
    return (spent * 1e6) / (count * SEGMENTS);
  }

  /** A super-frame of the flow with its virtio-net header. */
  #make(): Uint8Array {
    const { cx } = this;
    const payload = SEGMENTS * SIZE;
    const words = { protocol: 6, sourcePort: 0x1000, destinationPort: 0x5000, tcpFlags: TcpFlag.Ack, reply: false, payload };
    const length = writeFlowFrame(cx.memory, Arena.FrameStart, { ...this.flow, ...words });
    const sum = pseudoHeaderSum(this.flow.source, this.flow.destination, words.protocol, length - CHECKSUM_START);
    cx.memory.u16[(Arena.FrameStart + CHECKSUM_START + Tcp.Checksum) >> 1] = sum;
    return cx.memory.u8.slice(Arena.FrameStart, Arena.FrameStart + length);
  }

  /** Milliseconds. */
  #cutOne(): number {
    const { cx } = this;
    const m = cx.memory;
    m.u8.set(this.#frame, Arena.FrameStart);
    m.u16.set(
      [VirtioFlag.NeedsChecksum | (GsoType.Tcp4 << 8), HEADERS, SIZE, CHECKSUM_START, Tcp.Checksum],
      (Arena.FrameStart - Arena.VirtioHeader) >> 1,
    );
    cx.iface = this.flow.iface;
    cx.offsets[0] = Arena.FrameStart;
    cx.lengths[0] = this.#frame.length;
    cx.tags[0] = 0;
    const start = performance.now();
    forwardBurst(cx, 1);
    const spent = performance.now() - start;
    // Frames of other cases bring no header of their own.
    virtioClear(m, Arena.FrameStart);
    return spent;
  }
}
