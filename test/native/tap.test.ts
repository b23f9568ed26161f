import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { IfaceKind, type OpenTapOptions } from '../../src/io/addon.js';
import { NetSandbox, netnsSkipReason } from '../support/netns.js';
import { addonError, addonUnderTest, Bench, etherType, firstFrameOffset, markedFrame, TunOffload } from './loadedAddon.js';

const skip = netnsSkipReason();

describe('TAP', { skip }, () => {
  const addon = skip ? undefined! : addonUnderTest();
  const bench = skip ? undefined! : new Bench(addon);
  const handles: number[] = [];
  const fds: number[] = [];
  let net: NetSandbox;
  let netns: string;

  const options = (device: string, changes: Partial<OpenTapOptions> = {}): OpenTapOptions => ({
    device,
    netns,
    queues: 1,
    offloads: true,
    up: true,
    ...changes,
  });
  const open = (device: string, changes: Partial<OpenTapOptions> = {}) => {
    const opened = addon.openTap(options(device, changes));
    fds.push(...opened.fds);
    return opened;
  };
  const borrow = (fd: number): number => {
    const handle = addon.borrow(fd, IfaceKind.Tap, bench.sends);
    handles.push(handle);
    return handle;
  };

  before(() => {
    net = new NetSandbox('wrn');
    netns = net.namespace('tap');
  });
  after(() => {
    for (const handle of handles) addon.release(handle);
    for (const fd of fds) addon.closeFd(fd);
    net.close();
  });

  it('opens with MTU, queue length and offloads, up, in its namespace and nowhere else', () => {
    const opened = open('t0', { mtu: 9000 });
    assert.equal(opened.kind, IfaceKind.Tap);
    assert.equal(opened.fds.length, 1);
    assert.equal(opened.mtu, 9000);
    assert.equal(opened.up, true);
    assert.match(opened.mac, /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/);
    const tcp = TunOffload.Csum | TunOffload.Tso4 | TunOffload.Tso6 | TunOffload.TsoEcn;
    assert.equal(opened.offloadBits & tcp, tcp);
    const uso = opened.offloadBits & (TunOffload.Uso4 | TunOffload.Uso6);
    assert.ok(uso === 0 || uso === (TunOffload.Uso4 | TunOffload.Uso6), 'USO comes as a pair or not at all');
    assert.match(net.run(netns, 'ip -d link show t0'), /qlen 4096[\s\S]*type tap[\s\S]*vnet_hdr on/);
    assert.throws(() => net.run(undefined, 'ip link show t0'));
    assert.equal(addon.linkInfo('t0', netns).ifindex, opened.ifindex);
  });

  it('opens without offloads when told so', () => {
    assert.equal(open('plain', { offloads: false, txQueueLength: 5000 }).offloadBits, 0);
    const features = net.run(netns, 'ip link show plain');
    assert.match(features, /qlen 5000/);
  });

  it('delivers what the kernel sends, frame at 10 (mod 64), then carries the answer back', () => {
    const opened = open('t1');
    const handle = borrow(opened.fds[0]!);
    net.run(netns, 'ip addr add 10.77.1.1/24 dev t1');
    net.run(netns, 'ip neigh add 10.77.1.2 lladdr 02:00:00:00:77:02 dev t1 nud permanent');
    const ping = net.start(netns, 'ping -c 1 -W 5 10.77.1.2');
    const exit = new Promise((resolve) => ping.on('exit', resolve));
    const request = bench.await(handle, (frame) => etherType(frame) === 0x0800 && frame[23] === 1);
    assert.equal(request.offset % 64, 10);
    assert.equal(request.frame.length, 14 + 20 + 64);
    assert.equal(request.tag, 0);
    const reply = request.frame.slice();
    reply.set(request.frame.subarray(6, 12), 0);
    reply.set(request.frame.subarray(0, 6), 6);
    reply.set(request.frame.subarray(30, 34), 26);
    reply.set(request.frame.subarray(26, 30), 30);
    reply[34] = 0;
    // Echo request (type 8) to reply (type 0): the sum falls by 0x0800, its complement rises by it.
    let sum = ((reply[36]! << 8) | reply[37]!) + 0x0800;
    sum = (sum & 0xffff) + (sum >>> 16);
    reply[36] = sum >> 8;
    reply[37] = sum & 0xff;
    bench.stage(0, firstFrameOffset, reply);
    assert.equal(addon.transmit(handle, 1), 1);
    assert.equal(bench.sendErrors[0], 0);
    return exit.then((code) => assert.equal(code, 0, 'ping got its answer'));
  });

  it('packs a burst densely and leaves what does not fit for the next call', () => {
    const first = open('t2');
    const handle = borrow(first.fds[0]!);
    const packet = addon.openPacket({ device: 't2', netns, queues: 1, promiscuous: false });
    fds.push(...packet.fds);
    const sender = addon.borrow(packet.fds[0]!, IfaceKind.Packet, bench.sends);
    handles.push(sender);
    while (bench.receive(handle) > 0);
    for (let i = 0; i < 20; i++) bench.stage(i, firstFrameOffset + i * 192, markedFrame(i, 60 + i));
    assert.equal(addon.transmit(sender, 20), 20);
    const marks: number[] = [];
    for (let calls = 0; marks.length < 20 && calls < 50; calls++) {
      const count = bench.receive(handle, 7);
      assert.ok(count >= 0 && count <= 7);
      let next = 0;
      for (let i = 0; i < count; i++) {
        assert.equal(bench.offsets[i], next + firstFrameOffset);
        next = (bench.offsets[i]! + bench.lengths[i]! + 63) & ~63;
        const frame = bench.frame(i);
        if (etherType(frame) === 0x88b5) marks.push(frame[20]!);
      }
    }
    assert.deepEqual(
      marks,
      Array.from({ length: 20 }, (_, i) => i),
    );
    for (let i = 0; i < 20; i++) bench.stage(i, firstFrameOffset + i * 192, markedFrame(i));
    addon.transmit(sender, 20);
    bench.arena.fill(0x5a);
    assert.equal(addon.receive(handle, 20, 128, 128 + 65_600), 0, 'a window that might not take the next frame takes none');
    const end = 128 + 65_664;
    assert.equal(addon.receive(handle, 20, 128, end), 1, 'room for one frame of any size');
    assert.equal(bench.offsets[0], 128 + firstFrameOffset);
    assert.ok(bench.arena.subarray(0, 128).every((octet) => octet === 0x5a));
    assert.ok(bench.arena.subarray(end).every((octet) => octet === 0x5a));
  });

  it('carries a TCP super-frame out and in with its virtio-net header', { timeout: 20_000 }, () => {
    const far = net.namespace('far');
    const left = open('g0');
    const right = open('g1', { netns: far });
    const [a, b] = [borrow(left.fds[0]!), borrow(right.fds[0]!)];
    const mac = (ns: string, device: string): string => addon.linkInfo(device, ns).mac;
    net.run(netns, 'ip addr add 10.77.3.1/24 dev g0');
    net.run(far, 'ip addr add 10.77.3.2/24 dev g1');
    net.run(netns, `ip neigh add 10.77.3.2 lladdr ${mac(far, 'g1')} dev g0 nud permanent`);
    net.run(far, `ip neigh add 10.77.3.1 lladdr ${mac(netns, 'g0')} dev g1 nud permanent`);
    const server = net.start(far, ['timeout', '15', 'iperf3', '-s', '-1', '-B', '10.77.3.2']);
    let up = false;
    server.stdout!.on('data', () => {
      up = true;
    });
    return new Promise<void>((resolve, reject) => {
      const waitForServer = setInterval(() => {
        if (!up && Date.now() < startBy) return;
        clearInterval(waitForServer);
        const client = net.start(netns, ['iperf3', '-c', '10.77.3.2', '-n', '20M', '--connect-timeout', '3000']);
        let exitCode: number | undefined;
        client.on('exit', (code) => {
          exitCode = code ?? -1;
        });
        let largest = 0;
        const forward = (): void => {
          for (const [from, to] of [
            [a, b],
            [b, a],
          ] as const) {
            const count = bench.receive(from);
            for (let i = 0; i < count; i++) {
              const header = bench.header(i);
              if (header.gsoType !== 0) largest = Math.max(largest, bench.lengths[i]!);
              bench.sends[2 * i] = bench.offsets[i]!;
              bench.sends[2 * i + 1] = bench.lengths[i]!;
            }
            if (count > 0) addon.transmit(to, count);
          }
          if (exitCode === undefined) return void setImmediate(forward);
          try {
            assert.equal(exitCode, 0, 'iperf3 moved 20 MB');
            assert.ok(largest > 10_000, `largest super-frame ${largest} octets`);
            resolve();
          } catch (error) {
            reject(error);
          }
        };
        forward();
      }, 50);
      const startBy = Date.now() + 1500;
    });
  });

  it('opens several queues, all of them of one device', () => {
    const opened = open('mq', { queues: 3 });
    assert.equal(new Set(opened.fds).size, 3);
    assert.match(net.run(netns, 'ip -d link show mq'), /multi_queue (on )?numqueues 3/);
  });

  it('attaches to a persistent TAP, single-queue or multi-queue', () => {
    net.run(netns, 'ip tuntap add dev p1 mode tap vnet_hdr');
    open('p1');
    net.run(netns, 'ip tuntap add dev p2 mode tap multi_queue vnet_hdr');
    assert.equal(open('p2', { queues: 2 }).fds.length, 2);
    net.run(netns, 'ip tuntap add dev p3 mode tap');
    open('p3');
  });

  it('refuses a TAP that is open elsewhere', () => {
    open('busy');
    const error = addonError(() => open('busy'));
    assert.deepEqual([error.code, error.errno, error.syscall, error.iface], ['EBUSY', 16, 'ioctl(TUNSETIFF)', 'busy']);
    assert.match(error.message, /^Cannot open TAP "busy": .*open.*\.$/);
  });

  it('names what is wrong with a device it cannot use', () => {
    net.run(netns, 'ip link add dum type veth peer name dumpeer');
    assert.match(addonError(() => open('dum')).message, /is not a TAP/);
    net.run(netns, 'ip tuntap add dev tun0 mode tun');
    assert.match(addonError(() => open('tun0')).message, /is not a TAP/);
    net.run(netns, 'ip tuntap add dev single mode tap');
    assert.match(addonError(() => open('single', { queues: 2 })).message, /single queue/);
    assert.equal(addonError(() => open('x'.repeat(16))).code, 'ENAMETOOLONG');
    assert.equal(addonError(() => open('tap%d')).code, 'EINVAL');
    assert.equal(addonError(() => open('')).code, 'EINVAL');
    const mtu = addonError(() => open('hugemtu', { mtu: 65_535 }));
    assert.deepEqual([mtu.code, mtu.syscall], ['EINVAL', 'ioctl(SIOCSIFMTU)']);
  });

  it('reports the end of the device under it', () => {
    const opened = open('gone');
    const handle = borrow(opened.fds[0]!);
    assert.equal(addon.attached(opened.fds[0]!), true);
    net.run(netns, 'ip link delete gone');
    assert.equal(addon.attached(opened.fds[0]!), false);
    assert.equal(bench.receive(handle), -77, 'EBADFD');
    bench.stage(0, firstFrameOffset, markedFrame(1));
    assert.equal(addon.transmit(handle, 1), 0);
    assert.equal(bench.sendErrors[0], 77);
    assert.ok(addon.wait(-1, 1000) & (1 << handle), 'wait points at it');
    assert.equal(addonError(() => addon.linkInfo('gone', netns)).code, 'ENODEV');
  });

  it('tells a frame sent into a device that is down', () => {
    const opened = open('down', { up: false });
    assert.equal(opened.up, false);
    const handle = borrow(opened.fds[0]!);
    bench.stage(0, firstFrameOffset, markedFrame(1));
    assert.equal(addon.transmit(handle, 1), 0);
    assert.equal(bench.sendErrors[0], 5, 'EIO');
    assert.equal(bench.receive(handle), 0);
  });
});
