import type { PipelineContext } from '../pipeline/context.js';
import { Outlet } from '../pipeline/outlet.js';
import { Arena, type FrameMemory, recordOctets } from '../wire/memory.js';
import type { Iface } from './iface.js';

/** A frame as tests, benches and the warm-up see it: octets, and the virtio-net header and tag that come with it. */
export interface MemoryFrame {
  readonly octets: Uint8Array;
  /** 10 octets; zeros when omitted. */
  readonly virtio?: Uint8Array;
  /** 0x10000 | TCI, as a packet socket reports it. */
  readonly tag?: number;
}

/** A device in memory: receives what `push` put in, hands what is sent to `onSend`. Allocates; not for the wire. */
export class MemoryIface implements Iface {
  readonly outlet = new Outlet();
  readonly #waiting: MemoryFrame[] = [];

  constructor(
    readonly name: string,
    private readonly cx: PipelineContext,
    private readonly onSend: (frame: MemoryFrame) => void = () => {},
    readonly slot = 0,
  ) {}

  push(frame: MemoryFrame): void {
    this.#waiting.push(frame);
  }

  receive(maxFrames: number): number {
    let at: number = Arena.BurstStart;
    let n = 0;
    while (n < maxFrames) {
      const next = this.#waiting[0];
      if (next === undefined || at + recordOctets(next.octets.length) > Arena.BurstEnd) break;
      this.#waiting.shift();
      writeFrame(this.cx.memory, at + Arena.FrameStart, next);
      this.cx.offsets[n] = at + Arena.FrameStart;
      this.cx.lengths[n] = next.octets.length;
      this.cx.tags[n] = next.tag ?? 0;
      at += recordOctets(next.octets.length);
      n++;
    }
    return n;
  }

  transmit(): void {
    const u8 = this.cx.memory.u8;
    for (let i = 0; i < this.outlet.queued; i++) {
      const frame = this.outlet.sends[i * 2]!;
      const octets = u8.slice(frame, frame + this.outlet.sends[i * 2 + 1]!);
      this.onSend({ octets, virtio: u8.slice(frame - Arena.VirtioHeader, frame) });
    }
    this.outlet.queued = 0;
  }

  close(): void {
    this.#waiting.length = 0;
  }
}

/** Writes a frame and its virtio-net header at `frame`. */
export function writeFrame(m: FrameMemory, frame: number, from: MemoryFrame): void {
  m.u8.set(from.octets, frame);
  if (from.virtio === undefined) m.u8.fill(0, frame - Arena.VirtioHeader, frame);
  else m.u8.set(from.virtio, frame - Arena.VirtioHeader);
}
