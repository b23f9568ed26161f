import { plainLoops } from './plainLoops.js';
import { type VectorLoops, type VectorMemory, vectorLoops, vectorMemory } from './vectorLoops.js';

/**
 * Frame memory: one worker's arena seen through three views of the same octets. This file alone knows where a frame starts.
 *
 * Little-endian hosts only (x64, arm64): keys stay exactly as loaded (K3), lengths are assembled from octets.
 */
export interface FrameMemory {
  readonly u8: Uint8Array;
  readonly u16: Uint16Array;
  readonly i32: Int32Array;
  readonly loops: VectorLoops;
}

export const enum Arena {
  /** A record starts at a multiple of this. */
  Align = 64,
  /** Octets before the virtio-net header: room for a tag or a tunnel header. */
  Headroom = 64,
  /** struct virtio_net_hdr without num_buffers. */
  VirtioHeader = 10,
  /** First octet of the Ethernet frame within a record: 2 (mod 4), so IPv4 behind 14 or 18 octets is 4-aligned. */
  FrameStart = 74,
  /** The largest frame: 65,535 octets of IP plus Ethernet header and one tag (D16), rounded up. */
  MaxFrame = 65_568,
  /** Where received bursts go. */
  BurstStart = 0,
  /**
   * Room for a burst: a full set of small frames, or four super-frames. What was read must still lie in the second-level cache
   * when it is written: 512 KiB cost 2 to 3 % at four TCP flows on a core with 2 MiB of it.
   */
  BurstEnd = 262_144,
  /** Frames this gateway makes itself in one turn (ARP, ICMP, fragments). */
  ScratchStart = 262_144,
  ScratchEnd = 655_360,
  /** Frames that wait for a neighbour. */
  PendingStart = 655_360,
  PendingEnd = 1_835_008,
  /** Slots that tunnels receive datagrams into, joined ones too: an odd number of lines each, so that their starts share no cache set. */
  TunnelStart = 1_835_008,
  TunnelSlot = 65_728,
  TunnelSlots = 32,
  TunnelEnd = 3_938_304,
  Octets = 3_938_304,
}

/** Memory that vector loops can be made over, or an ordinary buffer. */
export type ArenaMemory = VectorMemory | SharedArrayBuffer;

/** Memory for an arena, fit for vector loops where the process may have the addresses for it. */
export function makeArena(): ArenaMemory {
  try {
    return vectorMemory(Arena.Octets);
  } catch {
    return new SharedArrayBuffer(Arena.Octets);
  }
}

/** Why there are no vector loops here, in the words of the machine; '' where there are. */
export function vectorsRefused(): string {
  try {
    vectorLoops(vectorMemory(Arena.Octets));
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

export function frameMemoryIn(memory: ArenaMemory): FrameMemory {
  const buffer = memory instanceof SharedArrayBuffer ? memory : memory.buffer;
  const [u8, u16, i32] = [new Uint8Array(buffer), new Uint16Array(buffer), new Int32Array(buffer)];
  return { u8, u16, i32, loops: loopsOver(memory, u8, u16) };
}

/** By vector instructions, where memory and CPU allow it. */
function loopsOver(memory: ArenaMemory, u8: Uint8Array, u16: Uint16Array): VectorLoops {
  try {
    if (!(memory instanceof SharedArrayBuffer)) return vectorLoops(memory);
  } catch {
    // This CPU has none.
  }
  return plainLoops(u8, u16);
}

/** Octets a record with a frame of `length` octets takes, a multiple of Arena.Align. */
export function recordOctets(length: number): number {
  return (Arena.FrameStart + length + Arena.Align - 1) & ~(Arena.Align - 1);
}

/**
 * Copies a frame of `length` octets with its virtio-net header between two records, whose words begin at `to` and `from`. Whole
 * lines of 64 octets: what is copied too much lies within the record (recordOctets).
 */
export function copyRecord(target: Int32Array, to: number, source: Int32Array, from: number, length: number): void {
  const end = recordOctets(length) >> 2;
  // Eight words at a time take half as long as one by one.
  for (let i: number = Arena.Headroom >> 2; i < end; i += 8) {
    const t = to + i;
    const s = from + i;
    target[t] = source[s]!;
    target[t + 1] = source[s + 1]!;
    target[t + 2] = source[s + 2]!;
    target[t + 3] = source[s + 3]!;
    target[t + 4] = source[s + 4]!;
    target[t + 5] = source[s + 5]!;
    target[t + 6] = source[s + 6]!;
    target[t + 7] = source[s + 7]!;
  }
}

/** A 16-bit number between the order of the wire, as loaded, and the host's. */
export function swap16(half: number): number {
  return ((half & 0xff) << 8) | (half >> 8);
}

/** A word between the order of the wire, as loaded, and the host's. */
export function swap32(word: number): number {
  return (word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24);
}
