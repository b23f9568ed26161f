import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { OpenPacketOptions } from '../../src/io/addon.js';
import { netnsSkipReason } from '../support/netns.js';
import { etherType, markedFrame } from './loadedAddon.js';
import { PacketBed } from './packetBed.js';

const skip = netnsSkipReason();

describe('ring of a packet socket', { skip }, () => {
  const bed = skip ? undefined! : new PacketBed();
  const { addon, bench, net, netns, far } = bed ?? {};

  const open = (device: string, changes: Partial<OpenPacketOptions> = {}) => bed.open(device, { netns: far, ...changes });
  const borrow = (fd: number) => bed.borrow(fd);
  const giveBack = (handle: number) => bed.giveBack(handle);
  /** The far end of a veth pair, and what sends from the near one. */
  const pair = (label: string, mtu?: number): { device: string; send: (frames: Uint8Array[]) => void } => {
    const [near, device] = bed.pair(label, mtu);
    const sender = borrow(open(near, { netns, ringSlots: 0 }).fds[0]!);
    return { device, send: (frames) => bed.send(sender, frames) };
  };
  const frames = (count: number, length = 60): Uint8Array[] =>
    Array.from({ length: count }, (_, i) => markedFrame(i + 1, length));
  /** Marks of what lies in a socket now, in order. */
  const marks = (handle: number): number[] => {
    const found: number[] = [];
    for (let got = bench.receive(handle, 5); got > 0; got = bench.receive(handle, 5)) {
      for (let i = 0; i < got; i++) if (etherType(bench.frame(i)) === 0x88b5) found.push(bench.frame(i)[20]!);
    }
    return found;
  };
  const numbers = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);

  before(() => {
    // No frames of the kernel between those that are counted.
    for (const each of [netns, far]) net.run(each, 'sysctl -qw net.ipv6.conf.default.disable_ipv6=1');
  });
  after(() => bed.close());

  it('has the memory of the socket, shared by the queues; without one what the kernel refuses is named', () => {
    const { device, send } = pair('size');
    const shape = (changes: Partial<OpenPacketOptions>) => {
      const { ringSlots, ringRefused } = open(device, changes);
      return [ringSlots, ringRefused];
    };
    assert.deepEqual(shape({}), [8192, '']);
    assert.deepEqual(shape({ queues: 2 }), [4096, '']);
    assert.deepEqual(shape({ queues: 8 }), [2048, '']);
    assert.deepEqual(shape({ receiveBufferOctets: 8192 }), [4, '']);
    assert.deepEqual(shape({ ringSlots: 0 }), [0, '']);
    const refused = open(device, { ringSlots: 2 ** 27 });
    assert.deepEqual([refused.ringSlots, refused.ringRefused], [0, 'ENOMEM']);
    const receiver = borrow(refused.fds[0]!);
    send(frames(3));
    assert.deepEqual(marks(receiver), [1, 2, 3]);
  });

  it('goes round, counts what found it full to the frame, and goes on', () => {
    const { device, send } = pair('f');
    const { fds: queues, ringSlots } = open(device, { ringSlots: 8 });
    assert.equal(ringSlots, 8);
    const receiver = borrow(queues[0]!);
    for (let round = 0; round < 5; round++) {
      send(frames(5 + round));
      assert.deepEqual(marks(receiver), numbers(1, Math.min(8, 5 + round)));
      assert.equal(addon.kernelDrops(queues[0]!), Math.max(0, round - 3));
    }
  });

  it('tells a frame that neither slot nor queue could keep as a drop, and keeps those around it', () => {
    const { device, send } = pair('c', 9000);
    const { fds: queues } = open(device, { ringSlots: 64, receiveBufferOctets: 4096 });
    const receiver = borrow(queues[0]!);
    // The queue takes a frame while it holds less than its room: the first ones, however long.
    send([markedFrame(1), ...numbers(2, 21).map((mark) => markedFrame(mark, 9000)), markedFrame(22)]);
    const found = marks(receiver);
    assert.deepEqual([found[0], found[1], found.at(-1)], [1, 2, 22]);
    assert.deepEqual(
      found,
      [...found].sort((a, b) => a - b),
    );
    const drops = addon.kernelDrops(queues[0]!);
    assert.ok(drops > 10, `${drops} dropped`);
    assert.equal(found.length + drops, 22);
    assert.equal(addon.kernelDrops(queues[0]!), 0);
  });

  it('says by wait what lies in it, also after a part was taken', () => {
    const { device, send } = pair('w');
    const receiver = borrow(open(device).fds[0]!);
    assert.equal(addon.wait(-1, 0) & (1 << receiver), 0);
    send(frames(7));
    for (const left of [7, 4, 1]) {
      assert.ok(addon.wait(-1, 0) & (1 << receiver), `${left} left`);
      assert.equal(bench.receive(receiver, 3), Math.min(3, left));
    }
    assert.equal(addon.wait(-1, 0) & (1 << receiver), 0);
  });

  it('gives the next borrower what the last one had not taken', () => {
    const { device, send } = pair('n', 9000);
    const { fds: queues } = open(device, { ringSlots: 16 });
    for (let round = 0; round < 6; round++) {
      send(frames(12).map((frame, i) => (i % 5 === 3 ? markedFrame(i + 1, 5000) : frame)));
      const first = borrow(queues[0]!);
      assert.equal(bench.receive(first, 5 + round), 5 + round);
      giveBack(first);
      const second = borrow(queues[0]!);
      assert.deepEqual(marks(second), numbers(6 + round, 12));
      giveBack(second);
    }
    assert.equal(addon.kernelDrops(queues[0]!), 0);
  });

  it('loses at most a call of frames when its thread is terminated', { timeout: 30_000 }, async () => {
    const { device, send } = pair('t');
    const { fds: queues } = open(device, { ringSlots: 256 });
    const script = fileURLToPath(new URL('./ringWorker.js', import.meta.url));
    for (let round = 0; round < 3; round++) {
      const seen = new Int32Array(new SharedArrayBuffer(4 * 256));
      const worker = new Worker(script, { workerData: { queue: queues[0]!, seen } });
      await new Promise((resolve) => worker.once('message', resolve));
      for (let burst = 0; burst < 10; burst++) send(numbers(1, 20).map((i) => markedFrame(burst * 20 + i)));
      await worker.terminate();
      const taken = Array.from(seen.subarray(1, 1 + seen[0]!));
      send(frames(5).map((_, i) => markedFrame(201 + i)));
      const next = borrow(queues[0]!);
      const found = [...taken, ...marks(next)];
      giveBack(next);
      assert.deepEqual(
        found,
        [...new Set(found)].sort((a, b) => a - b),
        'in order, none twice',
      );
      assert.ok(found.length >= 202 && found.at(-1) === 205, `${taken.length} and ${found.length - taken.length} of 205`);
      assert.equal(addon.kernelDrops(queues[0]!), 0);
    }
  });

  it('ends with the last holder: the socket lives while a borrower has its ring', () => {
    const { device, send } = pair('l');
    const [fd] = addon.openPacket({ device, netns: far, queues: 1, promiscuous: true }).fds;
    const promiscuity = (): string => /promiscuity (\d+)/.exec(net.run(far, `ip -d link show ${device}`))![1]!;
    const before = Number(promiscuity());
    const handle = borrow(fd!);
    send(frames(2));
    addon.closeFd(fd!);
    assert.deepEqual(marks(handle), [1, 2]);
    assert.equal(Number(promiscuity()), before, 'still there');
    giveBack(handle);
    assert.equal(Number(promiscuity()), before - 1, 'gone');
  });
});
