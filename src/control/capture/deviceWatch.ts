import { IfaceKind, loadAddon } from '../../io/addon.js';
import { attachOwnArena, type OwnArena } from './ownArena.js';

/**
 * Looks at the frames of a kernel device in any namespace, both those that come in and those that go out, by a packet socket of the addon:
 * it needs neither libpcap nor a process in that namespace. Main thread, and not in a gateway's process: the addon takes one arena there.
 */

const MOST_FRAMES = 64;
/** Room for a burst of small frames, and for a few of the largest. */
const ARENA_OCTETS = 1 << 20;
const BUFFER_OCTETS = 1 << 20;

let attached: OwnArena | undefined;

/** One for all watches of this thread. */
function memory(): OwnArena {
  attached ??= attachOwnArena(MOST_FRAMES, ARENA_OCTETS);
  return attached;
}

export class DeviceWatch {
  readonly #addon = loadAddon();
  readonly #memory = memory();
  readonly #fd: number;
  readonly #handle: number;

  /** Watches from now on. Throws an AddonError (ENODEV, EPERM). */
  constructor(device: string, netns: string) {
    const options = { queues: 1, promiscuous: true, outgoing: true, ringSlots: 0, receiveBufferOctets: BUFFER_OCTETS };
    this.#fd = this.#addon.openPacket({ device, netns, ...options }).fds[0]!;
    this.#handle = this.#addon.borrow(this.#fd, IfaceKind.Packet, new Int32Array(new SharedArrayBuffer(8)));
  }

  /** Ethernet frames since the last call, oldest first; a VLAN tag is left out, a partial checksum stays partial. */
  take(): Uint8Array[] {
    const { arena, offsets, lengths } = this.#memory;
    const frames: Uint8Array[] = [];
    for (;;) {
      const count = this.#addon.receive(this.#handle, MOST_FRAMES, 0, ARENA_OCTETS);
      if (count <= 0) return frames;
      for (let i = 0; i < count; i++) frames.push(arena.slice(offsets[i]!, offsets[i]! + lengths[i]!));
    }
  }

  close(): void {
    this.#addon.release(this.#handle);
    this.#addon.closeFd(this.#fd);
  }
}
