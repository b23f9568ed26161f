import type { Iface } from '../../src/io/iface.js';
import { writeFrame } from '../../src/io/memoryIface.js';
import type { PipelineContext } from '../../src/pipeline/context.js';
import { Outlet } from '../../src/pipeline/outlet.js';
import { TunnelSend } from '../../src/pipeline/tunnelList.js';
import { formatIpv4, type WireIpv4 } from '../../src/types/ipv4.js';
import { greKey } from '../../src/wire/gre.js';
import { Arena, frameMemoryIn } from '../../src/wire/memory.js';
import { vxlanRead } from '../../src/wire/vxlan.js';

/** A tunnel in memory: what is sent goes to `onSend`, payload by payload. */
export class MemoryTunnel implements Iface {
  readonly outlet = new Outlet();
  readonly name = 'tunnel';
  readonly #waiting: { octets: Uint8Array; segment: number; source: number }[] = [];

  constructor(
    private readonly cx: PipelineContext,
    private readonly kind: 0 | 1,
    readonly slot: number,
    private readonly onSend: (to: string, payload: Uint8Array) => void,
  ) {
    cx.tunnels[kind]!.slot = slot;
  }

  push(octets: Uint8Array, segment: number, source: number): void {
    this.#waiting.push({ octets, segment, source });
  }

  receive(): number {
    const next = this.#waiting.shift();
    if (next === undefined) return 0;
    writeFrame(this.cx.memory, Arena.FrameStart, next);
    this.cx.offsets[0] = Arena.FrameStart;
    this.cx.lengths[0] = next.octets.length;
    this.cx.tags[0] = 0;
    this.cx.segments[0] = next.segment;
    this.cx.sources[0] = next.source;
    return 1;
  }

  transmit(): void {
    const list = this.cx.tunnels[this.kind]!;
    for (let i = 0; i < list.queued; i++) {
      const at = i * TunnelSend.Words;
      const offset = list.sends[at + TunnelSend.Offset]!;
      const payload = this.cx.memory.u8.slice(offset, offset + list.sends[at + TunnelSend.Octets]!);
      this.onSend(formatIpv4(list.sends[at + TunnelSend.Destination]! as WireIpv4), payload);
    }
    list.queued = 0;
  }

  close(): void {
    this.#waiting.length = 0;
  }
}

/** VNI of a payload's header. */
export function vniOf(payload: Uint8Array): number {
  return vxlanRead(memoryOf(payload), 2, payload.length);
}

/** Key of a payload's GRE header, signed. */
export function keyOf(payload: Uint8Array): number {
  return greKey(memoryOf(payload), 2);
}

function memoryOf(payload: Uint8Array) {
  const memory = frameMemoryIn(new SharedArrayBuffer((payload.length + 8) & ~3));
  memory.u8.set(payload, 2);
  return memory;
}
