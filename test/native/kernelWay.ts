import assert from 'node:assert/strict';
import { type Addon, IfaceKind } from '../../src/io/addon.js';
import type { Bench } from './loadedAddon.js';
import { firstFrameOffset, virtioHeaderOctets } from './loadedAddon.js';

/** How an end of a way is held: by a packet socket on a device, or by the user's side of a TAP that is made. */
export type EndKind = 'packet' | 'tap';

/** A device in a namespace. */
export interface End {
  readonly device: string;
  readonly netns: string;
  /** "packet" when omitted. */
  readonly kind?: EndKind;
}

/** Two ends of a way through the kernel: what it makes of a frame that goes in at the one comes out at the other. */
export class KernelWay {
  readonly #handles: number[] = [];
  readonly #fds: number[] = [];
  readonly #in: number;
  readonly #out: number;

  constructor(
    private readonly addon: Addon,
    private readonly bench: Bench,
    from: End,
    to: End,
  ) {
    this.#in = this.#open(from);
    this.#out = this.#open(to);
  }

  /** Sends a frame with its virtio-net header and waits for `count` frames that `isOurs`, at most 5 s. */
  through(octets: Uint8Array, virtio: Uint8Array, count: number, isOurs: (frame: Uint8Array) => boolean): Uint8Array[] {
    const { addon, bench } = this;
    bench.stage(0, firstFrameOffset, octets);
    bench.arena.set(virtio, firstFrameOffset - virtioHeaderOctets);
    assert.equal(addon.transmit(this.#in, 1), 1, `errno ${bench.sendErrors[0]}`);
    const frames: Uint8Array[] = [];
    const deadline = Date.now() + 5000;
    while (frames.length < count && Date.now() < deadline) {
      const got = addon.receive(this.#out, 64, 0, bench.arena.length);
      assert.ok(got >= 0, `receive ${got}`);
      for (let i = 0; i < got; i++) if (isOurs(bench.frame(i))) frames.push(bench.frame(i));
      if (got === 0) addon.wait(-1, 20_000);
    }
    return frames;
  }

  close(): void {
    for (const handle of this.#handles) this.addon.release(handle);
    for (const fd of this.#fds) this.addon.closeFd(fd);
  }

  #open(end: End): number {
    const { device, netns } = end;
    const tap = end.kind === 'tap';
    const { fds } = tap
      ? this.addon.openTap({ device, netns, queues: 1, offloads: true, up: true })
      : this.addon.openPacket({ device, netns, queues: 1, promiscuous: true });
    this.#fds.push(...fds);
    const handle = this.addon.borrow(fds[0]!, tap ? IfaceKind.Tap : IfaceKind.Packet, this.bench.sends);
    this.#handles.push(handle);
    return handle;
  }
}
