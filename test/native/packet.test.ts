import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { IfaceKind, type OpenPacketOptions } from '../../src/io/addon.js';
import { netnsSkipReason } from '../support/netns.js';
import { addonError, etherType, firstFrameOffset, markedFrame } from './loadedAddon.js';
import { PacketBed } from './packetBed.js';

const skip = netnsSkipReason();
/** linux/virtio_net.h VIRTIO_NET_HDR_GSO_TCPV4 */
const gsoTcp4 = 1;

const bed = skip ? undefined! : new PacketBed();
const { addon, bench, net, netns, far } = bed ?? {};

/** The contract is the same with a ring and without one. */
function contract(ringSlots: Partial<OpenPacketOptions>): void {
  const open = (device: string, changes: Partial<OpenPacketOptions> = {}) => bed.open(device, { ...ringSlots, ...changes });
  const borrow = (fd: number) => bed.borrow(fd);
  const send = (handle: number, frames: Uint8Array[]) => bed.send(handle, frames);
  const collect = (...of: Parameters<PacketBed['collect']>) => bed.collect(...of);
  const pair = (label: string, mtu?: number) => bed.pair(label + suffix, mtu);
  const suffix = 'ringSlots' in ringSlots ? 'q' : 'r';
  const subnet = 'ringSlots' in ringSlots ? '10.78.2' : '10.78.1';

  after(() => bed.letGo());

  it('reads a veth, promiscuous, and ignores what it sends itself', () => {
    const [a, b] = pair('v');
    const near = open(a);
    assert.equal(near.kind, IfaceKind.Packet);
    assert.equal(near.offloadBits, 0);
    const sender = borrow(near.fds[0]!);
    const receiver = borrow(open(b, { netns: far }).fds[0]!);
    const frames = [markedFrame(1, 60, '020000000bbb'), markedFrame(2, 1514), markedFrame(3, 61)];
    send(sender, frames);
    assert.deepEqual(collect(receiver, 3), frames);
    assert.equal(collect(sender, 0).length, 0);
    assert.match(net.run(netns, `ip -d link show ${a}`), /promiscuity 1/);
    assert.equal(addon.kernelDrops(near.fds[0]!), 0);
  });

  it('sees what others send out of the device as well, when asked to', () => {
    const [a, b] = pair('o');
    const sender = borrow(open(a).fds[0]!);
    const watcher = borrow(open(a, { outgoing: true }).fds[0]!);
    const across = borrow(open(b, { netns: far }).fds[0]!);
    send(sender, [markedFrame(4)]);
    assert.deepEqual(collect(watcher, 1), [markedFrame(4)]);
    send(across, [markedFrame(5)]);
    assert.deepEqual(collect(watcher, 1), [markedFrame(5)], 'and what comes in');
    assert.deepEqual(collect(sender, 1), [markedFrame(5)], 'only what comes in, otherwise');
  });

  it('takes the VLAN tag from auxiliary data, and tells 802.1ad from 802.1Q', () => {
    const [a, b] = pair('q');
    const sender = borrow(open(a).fds[0]!);
    const receiver = borrow(open(b, { netns: far }).fds[0]!);
    const tagged = (mark: number, tag: string): Uint8Array => {
      const frame = markedFrame(mark);
      return Buffer.concat([frame.subarray(0, 12), Buffer.from(tag, 'hex'), frame.subarray(12)]);
    };
    send(sender, [tagged(7, '81006005'), tagged(8, '88a80006'), markedFrame(9)]);
    const seen = new Map<number, number>();
    const deadline = Date.now() + 5000;
    while (seen.size < 3 && Date.now() < deadline) {
      const count = bench.receive(receiver);
      for (let i = 0; i < count; i++) {
        const frame = bench.frame(i);
        if (etherType(frame) !== 0x88b5) continue;
        assert.deepEqual(frame, markedFrame(frame[20]!), 'the tag is out of the frame');
        seen.set(frame[20]!, bench.tags[i]!);
      }
      if (count === 0) addon.wait(-1, 20_000);
    }
    assert.deepEqual(
      [...seen],
      [
        [7, 0x16005],
        [8, 0x30006],
        [9, 0],
      ],
    );
  });

  it('keeps order and content of frames beyond a slot, in any window, in both modes', () => {
    const [a, b] = pair('j', 65_535);
    const sender = borrow(open(a).fds[0]!);
    const receiver = borrow(open(b, { netns: far }).fds[0]!);
    const lengths = [60, 9014, 70, 65_549, 2037, 2038, 2039, 61, 30_000, 60, 60, 1514, 40_000, 64];
    const frames = lengths.map((length, i) => markedFrame(i + 1, length));
    for (const [maxFrames, end] of [
      [64, bench.arena.length],
      [64, 65_664],
      [3, 131_328],
      [1, 65_664],
    ] as const) {
      send(sender, frames);
      assert.deepEqual(collect(receiver, frames.length, maxFrames, end), frames, `${maxFrames} frames a call, ${end} octets`);
    }
    // Enough small ones turn the socket back to slots; then a few large ones among them spill.
    for (let round = 0; round < 4; round++) {
      const many = Array.from({ length: 60 }, (_, i) => markedFrame(i + 1, i % 30 === 17 ? 20_000 : 60 + i));
      send(sender, many);
      assert.deepEqual(collect(receiver, 60, 64, round % 2 === 0 ? bench.arena.length : 65_664), many);
    }
  });

  it('says by wait that frames are held back for lack of room', () => {
    const [a, b] = pair('h', 65_535);
    const sender = borrow(open(a).fds[0]!);
    const receiver = borrow(open(b, { netns: far }).fds[0]!);
    send(sender, [markedFrame(1), markedFrame(2), markedFrame(3, 65_000), markedFrame(4)]);
    assert.deepEqual(collect(receiver, 2, 64, 65_664).length, 2);
    assert.ok(addon.wait(-1, 0) & (1 << receiver));
    assert.deepEqual(
      collect(receiver, 2, 64, 65_664).map((frame) => frame[20]),
      [3, 4],
    );
  });

  it('receives and sends TCP super-frames', { timeout: 20_000 }, async () => {
    const [a, b] = pair('g');
    const receiver = borrow(open(a).fds[0]!);
    net.run(netns, `ip addr add ${subnet}.1/24 dev ${a}`);
    net.run(far, `ip addr add ${subnet}.2/24 dev ${b}`);
    const server = net.start(far, ['timeout', '15', 'iperf3', '-s', '-1']);
    await Promise.race([new Promise((resolve) => server.stdout!.once('data', resolve)), new Promise((r) => setTimeout(r, 1500))]);
    const client = net.start(netns, ['iperf3', '-c', `${subnet}.2`, '-R', '-n', '30M', '--connect-timeout', '3000']);
    const exit = new Promise((resolve) => client.on('exit', resolve));
    const big = bench.await(receiver, (frame) => frame.length > 20_000);
    assert.equal(big.header.gsoType & 0x7f, gsoTcp4);
    assert.equal(big.header.flags & 1, 1, 'NEEDS_CSUM');
    assert.equal(big.header.checksumStart, 34);
    assert.ok(big.header.gsoSize > 500 && big.header.gsoSize <= 1460);
    assert.equal(await exit, 0);

    // The very super-frame again, through another pair: it arrives whole.
    const [c, d] = pair('s');
    const [out, into] = [borrow(open(c).fds[0]!), borrow(open(d, { netns: far }).fds[0]!)];
    bench.stage(0, firstFrameOffset, big.frame);
    const header = new DataView(bench.arena.buffer, firstFrameOffset - 10, 10);
    header.setUint8(0, 1);
    header.setUint8(1, big.header.gsoType);
    header.setUint16(2, 14 + 20 + 32, true);
    header.setUint16(4, big.header.gsoSize, true);
    header.setUint16(6, big.header.checksumStart, true);
    header.setUint16(8, big.header.checksumOffset, true);
    assert.equal(addon.transmit(out, 1), 1, `errno ${bench.sendErrors[0]}`);
    const again = bench.await(into, (frame) => frame.length === big.frame.length);
    assert.deepEqual(again.frame, big.frame);
    assert.equal(again.header.gsoSize, big.header.gsoSize);
  });

  it('records the errno of a refused frame and sends the next', () => {
    const [a, b] = pair('e');
    const sender = borrow(open(a).fds[0]!);
    const receiver = borrow(open(b, { netns: far }).fds[0]!);
    bench.stage(0, firstFrameOffset, markedFrame(1));
    bench.stage(1, 1098, markedFrame(2, 4000));
    bench.stage(2, 8010, markedFrame(3));
    assert.equal(addon.transmit(sender, 3), 2);
    assert.deepEqual([...bench.sendErrors.subarray(0, 3)], [0, 90, 0], 'EMSGSIZE for the one beyond the MTU');
    assert.deepEqual(
      collect(receiver, 2).map((frame) => frame[20]),
      [1, 3],
    );
  });

  it('shares flows among the queues of a fanout group, each frame once', () => {
    const [a, b] = pair('f');
    const sender = borrow(open(a).fds[0]!);
    const opened = open(b, { netns: far, queues: 3 });
    const receivers = opened.fds.map((fd) => borrow(fd));
    const frames = Array.from({ length: 30 }, (_, i) =>
      markedFrame(i + 1, 60, 'ffffffffffff', `0200000000${(16 + i).toString(16)}`),
    );
    send(sender, frames);
    const marks: number[] = [];
    for (const deadline = Date.now() + 5000; marks.length < 30 && Date.now() < deadline; addon.wait(-1, 20_000)) {
      for (const receiver of receivers)
        marks.push(...Array.from({ length: bench.receive(receiver) }, (_, i) => bench.frame(i)[20]!));
    }
    for (const receiver of receivers) assert.equal(bench.receive(receiver), 0);
    assert.deepEqual(
      marks.sort((x, y) => x - y),
      frames.map((_, i) => i + 1),
    );
  });

  it('counts what the kernel dropped because nobody read', () => {
    const [a, b] = pair('k');
    const sender = borrow(open(a).fds[0]!);
    const small = open(b, { netns: far, receiveBufferOctets: 8192 });
    const frames = Array.from({ length: 200 }, (_, i) => markedFrame(i & 0xff, 1000));
    send(sender, frames);
    const drops = addon.kernelDrops(small.fds[0]!);
    assert.ok(drops > 100 && drops < 200, `${drops} drops`);
    assert.equal(addon.kernelDrops(small.fds[0]!), 0);
  });

  it('names a missing device, a wrong kind of device, a missing namespace', () => {
    const missing = addonError(() => open('nosuch'));
    assert.deepEqual([missing.code, missing.iface], ['ENODEV', 'nosuch']);
    assert.match(missing.message, /^Cannot read device "nosuch": no such device in this network namespace \(ENODEV.*\)\.$/);
    net.run(netns, `ip tuntap add dev l3${suffix} mode tun`);
    assert.match(addonError(() => open(`l3${suffix}`)).message, /not an Ethernet device/);
    const noNetns = addonError(() => open('lo', { netns: 'wrn-nosuch' }));
    assert.deepEqual([noNetns.code, noNetns.syscall], ['ENOENT', 'open(netns)']);
    const notNetns = addonError(() => open('lo', { netns: '/etc/passwd' }));
    assert.deepEqual([notNetns.code, notNetns.syscall], ['EINVAL', 'setns']);
    assert.equal(addonError(() => open('lo', { netns: '../passwd' })).code, 'EINVAL');
    assert.equal(open('lo', { netns: `/run/netns/${netns}`, promiscuous: false }).fds.length, 1);
  });

  it('reports a device that goes down or away', () => {
    const [a, b] = pair('d');
    const { fds } = open(a);
    const handle = borrow(fds[0]!);
    while (bench.receive(handle) > 0);
    net.run(netns, `ip link set ${a} down`);
    assert.ok(addon.wait(-1, 100_000) & (1 << handle));
    const results = [bench.receive(handle), bench.receive(handle)];
    assert.ok(results.includes(-100), `ENETDOWN among ${results}`);
    bench.stage(0, firstFrameOffset, markedFrame(1));
    assert.equal(addon.transmit(handle, 1), 0);
    assert.equal(bench.sendErrors[0], 100);
    assert.equal(addon.attached(fds[0]!), true, 'down is not gone');
    net.run(netns, `ip link set ${a} up`);
    net.run(netns, `ip link set ${a} down`);
    net.run(netns, `ip link set ${a} up`);
    assert.equal(addon.transmit(handle, 1), 1, 'that it was down in between is no fault of the frame');
    net.run(far, `ip link delete ${b}`);
    assert.equal(addon.attached(fds[0]!), false);
    assert.equal(addon.transmit(handle, 1), 0);
    assert.equal(bench.sendErrors[0], 6, 'ENXIO');
  });
}

describe('packet socket', { skip }, () => {
  after(() => bed.close());
  describe('with a ring', () => contract({}));
  describe('without one', () => contract({ ringSlots: 0 }));
});
