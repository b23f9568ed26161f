import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { Assembler, Register } from '../../src/control/steering/assembler.js';
import { IfaceKind, type OpenPacketOptions } from '../../src/io/addon.js';
import { netnsSkipReason } from '../support/netns.js';
import { addonError, etherType, firstFrameOffset, markedFrame } from './loadedAddon.js';
import { PacketBed } from './packetBed.js';

const skip = netnsSkipReason();
const EINVAL = 22;
/** linux/virtio_net.h: VIRTIO_NET_HDR_F_NEEDS_CSUM, VIRTIO_NET_HDR_GSO_UDP, which comes in by a TAP and is told to nobody. */
const PARTIAL = 1;
const GSO_UDP = 3;

/** A datagram of 4,000 octets that is to be fragmented, with `place` as its TOS: nothing a packet socket could describe. */
function untold(place = 0): Uint8Array {
  const octets = 4028;
  const frame = new Uint8Array(14 + octets).fill(0x78);
  const header = `ffffffffffff020000000a010800 45${place.toString(16).padStart(2, '0')}${octets.toString(16).padStart(4, '0')}`;
  const rest = '00010000401100000a0000010a000002 03e807d00fa80000';
  frame.set(Buffer.from((header + rest).replaceAll(' ', ''), 'hex'));
  return frame;
}

describe('ring that the kernel has stopped to fill', { skip }, () => {
  const bed = skip ? undefined! : new PacketBed();
  const { addon, bench, net, netns } = bed ?? {};
  const taps: number[] = [];
  const programs: number[] = [];

  /** A TAP, whose owner sends by `send`, and packet sockets that see what it sent. */
  const tapWith = (device: string, changes: Partial<OpenPacketOptions> = {}) => {
    const tap = addon.openTap({ device, netns, queues: 1, offloads: true, up: true });
    const handle = addon.borrow(tap.fds[0]!, IfaceKind.Tap, bench.sends);
    taps.push(handle);
    programs.push(tap.fds[0]!);
    const send = (...frames: Uint8Array[]): void => {
      for (const frame of frames) {
        bench.stage(0, firstFrameOffset, frame);
        if (etherType(frame) === 0x0800) {
          const view = new DataView(bench.arena.buffer, firstFrameOffset - 10, 10);
          bench.arena.set([PARTIAL, GSO_UDP], firstFrameOffset - 10);
          for (const [i, value] of [42, 1480, 34, 6].entries()) view.setUint16(2 + 2 * i, value, true);
        }
        assert.equal(addon.transmit(handle, 1), 1);
      }
    };
    return { send, queues: bed.open(device, changes).fds };
  };
  /** Marks of what is read now, and errors. */
  const marks = (handle: number): number[] => {
    const found: number[] = [];
    for (let got = bench.receive(handle); got !== 0; got = bench.receive(handle)) {
      if (got < 0) found.push(got);
      for (let i = 0; i < got; i++) if (etherType(bench.frame(i)) === 0x88b5) found.push(bench.frame(i)[20]!);
    }
    return found;
  };
  /** Looks at a socket until it is stalled, with a frame before each look; returns at which look it was. */
  const looksUntilStalled = (fd: number, send: () => void): number => {
    for (let look = 1; look < 10; look++) {
      send();
      if (addon.ringStalled(fd)) return look;
    }
    return Number.NaN;
  };

  before(() => net.run(netns, 'sysctl -qw net.ipv6.conf.default.disable_ipv6=1'));
  after(() => {
    for (const handle of taps) addon.release(handle);
    for (const fd of programs) addon.closeFd(fd);
    bed.close();
  });

  it('is found by what the kernel drops while nothing is in it, and given up under its borrower; all is counted', () => {
    const { send, queues } = tapWith('s0', { ringSlots: 16 });
    const [fd] = queues;
    const receiver = bed.borrow(fd!);
    send(markedFrame(1), markedFrame(2), untold(), markedFrame(3));
    assert.deepEqual(marks(receiver), [1, 2]);
    // The frame that did it and one behind it, before the first look; one before each other.
    assert.equal(addon.ringStalled(fd!), false);
    const looks = looksUntilStalled(fd!, () => send(markedFrame(4)));
    assert.equal(looks, 2);
    assert.deepEqual(marks(receiver), [], 'deaf');
    assert.equal(addon.ringStalled(fd!), true, 'without another frame');
    assert.equal(addon.kernelDrops(fd!), 2 + looks);
    addon.giveUpRing(fd!, fd!);
    assert.equal(addon.ringStalled(fd!), false);
    send(markedFrame(5), markedFrame(6, 1400));
    assert.ok(addon.wait(-1, 0) & (1 << receiver), 'readable');
    assert.deepEqual(marks(receiver), [5, 6]);
    send(markedFrame(7));
    bed.giveBack(receiver);
    assert.deepEqual(marks(bed.borrow(fd!)), [7], 'to the next borrower');
    assert.equal(addon.kernelDrops(fd!), 0);
  });

  it('is not one that is full, was full and is drained, or to which nothing comes', () => {
    const { send, queues } = tapWith('s1', { ringSlots: 8 });
    const [fd] = queues;
    const receiver = bed.borrow(fd!);
    const never = (): number => looksUntilStalled(fd!, () => {});
    assert.ok(Number.isNaN(never()), 'nothing comes');
    for (let round = 0; round < 3; round++) {
      assert.ok(Number.isNaN(looksUntilStalled(fd!, () => send(markedFrame(1), markedFrame(2)))), 'full');
      assert.equal(addon.kernelDrops(fd!), 10);
      // Dropped while it was full, and empty when it is looked at.
      send(markedFrame(3));
      assert.equal(marks(receiver).length, 8);
      assert.ok(Number.isNaN(never()), 'drained');
      assert.equal(addon.kernelDrops(fd!), 1);
    }
    send(markedFrame(4));
    assert.deepEqual(marks(receiver), [4]);
  });

  it('is given up while another thread waits for it', { timeout: 30_000 }, async () => {
    const { send, queues } = tapWith('s2', { ringSlots: 64 });
    const seen = new Int32Array(new SharedArrayBuffer(4 * 256));
    const script = fileURLToPath(new URL('./ringWorker.js', import.meta.url));
    const worker = new Worker(script, { workerData: { queue: queues[0]!, seen } });
    await new Promise((resolve) => worker.once('message', resolve));
    const saw = async (count: number): Promise<void> => {
      for (let i = 0; i < 500 && Atomics.load(seen, 0) < count; i++) await new Promise((resolve) => setTimeout(resolve, 10));
      assert.equal(Atomics.load(seen, 0), count);
    };
    send(markedFrame(1), markedFrame(2));
    await saw(2);
    send(untold());
    assert.ok(looksUntilStalled(queues[0]!, () => send(markedFrame(3))) > 0);
    addon.giveUpRing(queues[0]!, queues[0]!);
    for (let mark = 4; mark < 100; mark++) send(markedFrame(mark));
    await saw(98);
    await worker.terminate();
    const expected = [1, 2, ...Array.from({ length: 96 }, (_, i) => 4 + i)];
    assert.deepEqual(Array.from(seen.subarray(1, 99)), expected);
  });

  it('leaves the queues of a device in their order, and their rings with what is in them', () => {
    const byTos = new Assembler().copyPointer(Register.Context, Register.R1).packet(8, 1).exit();
    const program = addon.bpfProgramLoad(byTos.assemble(), 'wr_test');
    programs.push(program);
    for (const stalled of [0, 1, 2, 3]) {
      const { send, queues } = tapWith(`f${stalled}`, { queues: 4, ringSlots: 16, steering: program });
      const receivers = queues.map((fd) => bed.borrow(fd));
      const arrive = (except: number): void => {
        for (const [place, receiver] of receivers.entries()) {
          send(markedFrame(place));
          assert.deepEqual(marks(receiver), place === except ? [] : [place], `${place} of the queues`);
        }
      };
      arrive(-1);
      send(untold(stalled));
      arrive(stalled);
      assert.ok(looksUntilStalled(queues[stalled]!, () => send(markedFrame(stalled))) > 0);
      for (const place of [0, 1, 2, 3]) if (place !== stalled) send(markedFrame(place));
      addon.giveUpRing(queues[stalled]!, queues[3]!);
      receivers.forEach((receiver, place) => {
        assert.deepEqual(marks(receiver), place === stalled ? [] : [place], `${place} kept what it had`);
      });
      arrive(-1);
      assert.deepEqual(
        queues.map((fd) => addon.ringStalled(fd)),
        [false, false, false, false],
      );
      // And a second one of the same device, the last if it is not that already.
      const other = stalled === 3 ? 0 : 3;
      send(untold(other));
      assert.ok(looksUntilStalled(queues[other]!, () => send(markedFrame(other))) > 0);
      addon.giveUpRing(queues[other]!, queues[3]!);
      arrive(-1);
      bed.letGo();
    }
  });

  it('does not exist without a ring: each such frame is told once, as EINVAL, and those around it are kept', () => {
    const { send, queues } = tapWith('s3', { ringSlots: 0 });
    const [fd] = queues;
    const receiver = bed.borrow(fd!);
    send(untold(), markedFrame(1), untold(), untold(), markedFrame(2), untold());
    const found = marks(receiver);
    assert.deepEqual(
      found.filter((mark) => mark > 0),
      [1, 2],
    );
    assert.equal(found.filter((mark) => mark === -EINVAL).length, 4);
    // Long frames are read one by one.
    send(...[3, 4, 5, 6].map((mark) => markedFrame(mark, 1400)));
    for (let i = 0; i < 2; i++) {
      net.run(netns, 'ip link set s3 mtu 9000');
      send(markedFrame(7, 9000), markedFrame(8, 9000), untold(), markedFrame(9, 9000), untold());
      const large = marks(receiver).filter((mark) => mark === -EINVAL || mark > 6);
      assert.deepEqual(
        large.filter((mark) => mark > 0),
        [7, 8, 9],
      );
      assert.equal(large.length, 5);
    }
    assert.equal(addon.ringStalled(fd!), false);
  });

  it('does not make a frame refused that is sent by the same socket', () => {
    const { send, queues } = tapWith('s4', { ringSlots: 0 });
    const receiver = bed.borrow(queues[0]!);
    send(markedFrame(1), untold());
    assert.equal(bench.receive(receiver), 1);
    bed.send(receiver, [markedFrame(2), markedFrame(3)]);
    assert.deepEqual([bench.sendErrors[0], bench.sendErrors[1]], [0, 0]);
  });

  it('is given up only where there is one', () => {
    const { queues } = tapWith('s5', { ringSlots: 0 });
    assert.equal(addonError(() => addon.giveUpRing(queues[0]!, queues[0]!)).code, 'EBADF');
    assert.equal(addonError(() => addon.giveUpRing(1, 1)).code, 'EBADF');
    assert.equal(addon.ringStalled(queues[0]!), false);
    assert.equal(addon.ringStalled(1), false);
  });
});
