import { createRequire } from 'node:module';
import { type Addon, type AddonError, loadAddon } from '../../src/io/addon.js';

/** The addon under test: the release build, or the one WINDROSE_ADDON names (scripts/test-native-asan.sh). */
export function addonUnderTest(): Addon {
  const path = process.env.WINDROSE_ADDON;
  return path === undefined ? loadAddon() : (createRequire(import.meta.url)(path) as Addon);
}

export const virtioHeaderOctets = 10;
/** Where the first frame of a window starts: 64 octets of headroom, then the virtio-net header. */
export const firstFrameOffset = 74;
/** linux/if_tun.h */
export const enum TunOffload {
  Csum = 0x01,
  Tso4 = 0x02,
  Tso6 = 0x04,
  TsoEcn = 0x08,
  Uso4 = 0x20,
  Uso6 = 0x40,
}

/** Shared memory as a worker has it, attached to this thread's addon. Sizes in octets and frames. */
export class Bench {
  readonly arena: Uint8Array;
  readonly offsets: Int32Array;
  readonly lengths: Int32Array;
  readonly tags: Int32Array;
  readonly sendErrors: Int32Array;
  readonly sends: Int32Array;

  constructor(
    readonly addon: Addon,
    arenaOctets = 1 << 20,
    readonly frames = 256,
  ) {
    this.arena = new Uint8Array(new SharedArrayBuffer(arenaOctets));
    const column = (): Int32Array => new Int32Array(new SharedArrayBuffer(frames * 4));
    this.offsets = column();
    this.lengths = column();
    this.tags = column();
    this.sendErrors = column();
    this.sends = new Int32Array(new SharedArrayBuffer(frames * 8));
    addon.attach(this);
  }

  /** Receives into the whole arena. */
  receive(handle: number, maxFrames = this.frames): number {
    return this.addon.receive(handle, maxFrames, 0, this.arena.length);
  }

  frame(index: number): Uint8Array {
    const offset = this.offsets[index]!;
    return this.arena.slice(offset, offset + this.lengths[index]!);
  }

  header(index: number): VirtioHeader {
    const view = new DataView(this.arena.buffer, this.offsets[index]! - virtioHeaderOctets, virtioHeaderOctets);
    return {
      flags: view.getUint8(0),
      gsoType: view.getUint8(1),
      gsoSize: view.getUint16(4, true),
      checksumStart: view.getUint16(6, true),
      checksumOffset: view.getUint16(8, true),
    };
  }

  /** Puts a frame with an all-zero virtio-net header into the arena and names it as send `index`. */
  stage(index: number, offset: number, frame: Uint8Array): void {
    this.arena.fill(0, offset - virtioHeaderOctets, offset);
    this.arena.set(frame, offset);
    this.sends[2 * index] = offset;
    this.sends[2 * index + 1] = frame.length;
  }

  /** Receives until `wanted` says yes to a frame; returns its copy with header and tag. Fails after `timeoutMs`. */
  await(handle: number, wanted: (frame: Uint8Array) => boolean, timeoutMs = 5000): ReceivedFrame {
    const deadline = Date.now() + timeoutMs;
    while (Date.now() < deadline) {
      const count = this.receive(handle);
      if (count < 0) throw new Error(`receive: errno ${-count}`);
      for (let i = 0; i < count; i++) {
        const frame = this.frame(i);
        if (wanted(frame)) return { frame, header: this.header(i), tag: this.tags[i]!, offset: this.offsets[i]! };
      }
      if (count === 0) this.addon.wait(-1, 50_000);
    }
    throw new Error(`no such frame within ${timeoutMs} ms`);
  }
}

/** struct virtio_net_hdr, little-endian as on every machine we run on. Sizes in octets. */
export interface VirtioHeader {
  flags: number;
  gsoType: number;
  gsoSize: number;
  checksumStart: number;
  checksumOffset: number;
}

export interface ReceivedFrame {
  frame: Uint8Array;
  header: VirtioHeader;
  tag: number;
  offset: number;
}

/** A frame of the local experimental ethertype 0x88b5 that the kernel carries and ignores; `mark` tells frames apart. */
export function markedFrame(mark: number, length = 60, destination = 'ffffffffffff', source = '020000000a01'): Uint8Array {
  const frame = new Uint8Array(length).fill(mark);
  frame.set(Buffer.from(`${destination}${source}88b5`, 'hex'));
  return frame;
}

export function etherType(frame: Uint8Array): number {
  return (frame[12]! << 8) | frame[13]!;
}

/** What an opening call threw. */
export function addonError(call: () => unknown): AddonError {
  try {
    call();
  } catch (error) {
    return error as AddonError;
  }
  throw new Error('the call did not fail');
}
