import assert from 'node:assert/strict';
import { IfaceKind, type OpenedIface, type OpenPacketOptions } from '../../src/io/addon.js';
import { NetSandbox } from '../support/netns.js';
import { addonUnderTest, Bench, etherType, firstFrameOffset } from './loadedAddon.js';

/** Two namespaces and the packet sockets opened in them, all let go by `close`. One in a process: it attaches the thread's memory. */
export class PacketBed {
  readonly addon = addonUnderTest();
  readonly bench = new Bench(this.addon);
  readonly net = new NetSandbox('wrn');
  readonly netns = this.net.namespace('near');
  readonly far = this.net.namespace('far');
  readonly #handles: number[] = [];
  readonly #fds: number[] = [];

  /** On a device of `netns`, with one queue, promiscuous, unless `changes` say otherwise. */
  open(device: string, changes: Partial<OpenPacketOptions> = {}): OpenedIface {
    const opened = this.addon.openPacket({ device, netns: this.netns, queues: 1, promiscuous: true, ...changes });
    this.#fds.push(...opened.fds);
    return opened;
  }

  borrow(fd: number): number {
    const handle = this.addon.borrow(fd, IfaceKind.Packet, this.bench.sends);
    this.#handles.push(handle);
    return handle;
  }

  giveBack(handle: number): void {
    this.addon.release(handle);
    this.#handles.splice(this.#handles.indexOf(handle), 1);
  }

  /** A veth pair between the namespaces. */
  pair(label: string, mtu = 1500): [string, string] {
    this.net.veth({ netns: this.netns, device: `${label}a` }, { netns: this.far, device: `${label}b` }, mtu);
    return [`${label}a`, `${label}b`];
  }

  /** Sends frames with one call. */
  send(handle: number, frames: readonly Uint8Array[]): void {
    let offset = firstFrameOffset;
    frames.forEach((frame, i) => {
      this.bench.stage(i, offset, frame);
      offset += (frame.length + 191) & ~63;
    });
    assert.equal(this.addon.transmit(handle, frames.length), frames.length);
  }

  /** Receives until `count` marked frames are there (or none comes for 5 s), in windows of `end` octets. */
  collect(handle: number, count: number, maxFrames = 64, end = this.bench.arena.length): Uint8Array[] {
    const { addon, bench } = this;
    const frames: Uint8Array[] = [];
    const deadline = Date.now() + 5000;
    while (frames.length < count && Date.now() < deadline) {
      const got = addon.receive(handle, maxFrames, 0, end);
      assert.ok(got >= 0, `receive ${got}`);
      for (let i = 0; i < got; i++) {
        assert.equal(bench.offsets[i]! % 64, 10);
        assert.ok(bench.offsets[i]! + bench.lengths[i]! <= end);
        const frame = bench.frame(i);
        if (etherType(frame) === 0x88b5) frames.push(frame);
      }
      if (got === 0) addon.wait(-1, 20_000);
    }
    return frames;
  }

  /** Closes every socket; the devices stay. */
  letGo(): void {
    for (const handle of this.#handles.splice(0)) this.addon.release(handle);
    for (const fd of this.#fds.splice(0)) this.addon.closeFd(fd);
  }

  close(): void {
    this.letGo();
    this.net.close();
  }
}
