import { GATEWAY_ROUTER } from '../../tables/rifs.js';
import type { FrameMemory } from '../../wire/memory.js';
import type { Entry } from './entry.js';
import { type Flow, flowOf } from './flow.js';
import { type Packet, writePacket } from './writePacket.js';

/** A frame that comes in: written from the words of a request, or as it was captured (capturedFrame.ts). */
export interface Arrival {
  /** What its session is found by. */
  readonly flow: Flow;
  /** Tag that the kernel took off, as a packet socket reports it; 0: none, or it stands in the frame. */
  readonly tag: number;
  /** Puts it at `frame`, its virtio-net header before it. `mac` is the router interface's. Returns its octets. */
  put(m: FrameMemory, frame: number, mac: Uint8Array): number;
}

export function written(packet: Packet, { inside, vlan }: Entry): Arrival {
  return {
    flow: flowOf(packet, inside, GATEWAY_ROUTER),
    tag: vlan === 0 ? 0 : 0x10000 | vlan,
    put: (m, frame, mac) => writePacket(m, frame, mac, packet),
  };
}
