import { attachOwnArena, type OwnArena } from '../../../src/control/capture/ownArena.js';
import { IfaceKind, loadAddon } from '../../../src/io/addon.js';
import { completeChecksum } from '../../../src/wire/completeChecksum.js';
import { frameMemoryIn } from '../../../src/wire/memory.js';
import { type ChecksumReport, verifyChecksums } from './checksums.js';

/**
 * A host's link as seen by a second program on that host: receives what comes in over the device and sends frames out of it.
 * It takes the virtio-net header, so that a super-frame is one frame here and a partial checksum is known as such (D32).
 */

const ARENA_OCTETS = 4 << 20;
const MOST_FRAMES = 256;
const VIRTIO_OCTETS = 10;
const FIRST_FRAME = 74;

export interface Captured {
  /** The Ethernet frame, its partial checksum completed, without the tag the kernel took off. */
  readonly frame: Buffer;
  /** True when the checksum came partial. */
  readonly partial: boolean;
  /** Payload octets of a segment of a super-frame; 0 = an ordinary frame. */
  readonly gsoSize: number;
  /** 802.1Q VLAN id, 0 = untagged. */
  readonly vlan: number;
}

let attached: OwnArena | undefined;

/** One arena for all wires of this thread: the addon takes one per environment. */
function memory(): OwnArena {
  attached ??= attachOwnArena(MOST_FRAMES, ARENA_OCTETS);
  return attached;
}

export class Wire {
  readonly #addon = loadAddon();
  readonly #memory = memory();
  readonly #sends = new Int32Array(new SharedArrayBuffer(16));
  readonly #fd: number;
  readonly #handle: number;
  /** MAC of the device. */
  readonly mac: string;
  /** Everything captured so far, oldest first. */
  readonly frames: Captured[] = [];

  constructor(netns: string, device: string) {
    const opened = this.#addon.openPacket({ device, netns, queues: 1, promiscuous: true });
    this.#fd = opened.fds[0]!;
    this.mac = opened.mac;
    this.#handle = this.#addon.borrow(this.#fd, IfaceKind.Packet, this.#sends);
  }

  /** Sends one frame, finished unless a virtio-net header says what is left to do. Throws with the errno when the kernel refuses it. */
  send(frame: Uint8Array, virtio: Uint8Array = new Uint8Array(VIRTIO_OCTETS)): void {
    const { arena, sendErrors } = this.#memory;
    arena.set(virtio, FIRST_FRAME - VIRTIO_OCTETS);
    arena.set(frame, FIRST_FRAME);
    this.#sends[0] = FIRST_FRAME;
    this.#sends[1] = frame.length;
    if (this.#addon.transmit(this.#handle, 1) !== 1) throw new Error(`sending a frame failed: errno ${sendErrors[0]}`);
  }

  /** Takes what has arrived into `frames` and returns them all. */
  collect(): readonly Captured[] {
    const { arena, offsets, lengths, tags } = this.#memory;
    const m = frameMemoryIn(arena.buffer as SharedArrayBuffer);
    for (;;) {
      const count = this.#addon.receive(this.#handle, MOST_FRAMES, 0, ARENA_OCTETS);
      if (count <= 0) return this.frames;
      for (let i = 0; i < count; i++) {
        const at = offsets[i]!;
        const partial = (arena[at - VIRTIO_OCTETS]! & 1) !== 0;
        const gsoSize = arena[at - VIRTIO_OCTETS + 1] === 0 ? 0 : arena[at - 6]! | (arena[at - 5]! << 8);
        completeChecksum(m, at, at + lengths[i]!);
        const frame = Buffer.from(arena.slice(at, at + lengths[i]!));
        this.frames.push({ frame, partial, gsoSize, vlan: tags[i]! & 0xfff });
      }
    }
  }

  /** Forgets what was captured. */
  clear(): void {
    this.collect();
    this.frames.length = 0;
  }

  /** Waits until the frames captured so far satisfy `enough`. Throws after `timeoutMs`. */
  async until(enough: (frames: readonly Captured[]) => boolean, timeoutMs = 3000): Promise<readonly Captured[]> {
    const deadline = Date.now() + timeoutMs;
    while (!enough(this.collect())) {
      if (Date.now() > deadline) throw new Error(`the frames waited for did not come within ${timeoutMs} ms`);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    return this.frames;
  }

  /** Has tcpdump(8) check every checksum of what was captured. */
  verifyChecksums(): ChecksumReport {
    return verifyChecksums(this.collect().map(({ frame }) => frame));
  }

  close(): void {
    this.#addon.release(this.#handle);
    this.#addon.closeFd(this.#fd);
  }
}
