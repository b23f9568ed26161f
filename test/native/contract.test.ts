import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { release } from 'node:os';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { IfaceKind } from '../../src/io/addon.js';
import { NetSandbox, netnsSkipReason } from '../support/netns.js';
import { addonError, addonUnderTest, Bench, firstFrameOffset, markedFrame } from './loadedAddon.js';

const skip = netnsSkipReason();
const addon = addonUnderTest();

describe('addon without devices', () => {
  it('keeps time that only moves forward', () => {
    const [ms, micros] = [addon.nowMs(), addon.nowMicros()];
    addon.wait(-1, 20_000);
    const elapsedMs = (addon.nowMs() - ms) | 0;
    const elapsedMicros = (addon.nowMicros() - micros) & 0x3fffffff;
    assert.ok(elapsedMs >= 19 && elapsedMs < 2000, `${elapsedMs} ms`);
    assert.ok(elapsedMicros >= 19_900 && elapsedMicros < 2_000_000, `${elapsedMicros} us`);
    assert.equal(ms | 0, ms);
    assert.ok(micros >= 0 && micros < 2 ** 30);
  });

  it('never waits beyond 100 ms', () => {
    const start = Date.now();
    assert.equal(addon.wait(-1, 2 ** 31 - 1), 0);
    assert.ok(Date.now() - start < 1500);
    assert.equal(addon.wait(-1, -5), 0);
  });

  it('wakes at once, and a wake-up is used up by one wait', () => {
    const fd = addon.wakeCreate();
    addon.wake(fd);
    addon.wake(fd);
    const start = addon.nowMicros();
    assert.equal(addon.wait(fd, 100_000), 0);
    assert.ok(((addon.nowMicros() - start) & 0x3fffffff) < 90_000);
    const again = addon.nowMs();
    addon.wait(fd, 30_000);
    assert.ok(((addon.nowMs() - again) | 0) >= 29);
    addon.closeFd(fd);
    assert.throws(() => addon.wake(fd), { code: 'EBADF' });
  });

  it('closes and borrows only what it opened', () => {
    assert.equal(addonError(() => addon.closeFd(1)).code, 'EBADF');
    assert.equal(addonError(() => addon.closeFd(-1)).code, 'EBADF');
    assert.throws(() => addon.wake(1), { code: 'EBADF' });
    assert.equal(addon.kernelDrops(1), 0);
  });

  it('refuses options that are missing or of the wrong kind', () => {
    assert.throws(() => addon.openTap(undefined!), TypeError);
    assert.throws(() => addon.openTap({ device: 'x', queues: 0, offloads: true, up: true }), RangeError);
    assert.throws(() => addon.openTap({ device: 'x', queues: 1.5, offloads: true, up: true }), RangeError);
    assert.throws(() => addon.openTap({ device: 5 as unknown as string, queues: 1, offloads: true, up: true }), TypeError);
    assert.throws(() => addon.openPacket({ device: 'x', queues: 1 } as never), TypeError);
  });

  it('pins a thread to a CPU that exists', () => {
    const error = addonError(() => addon.pinThread(1000));
    assert.deepEqual([error.code, error.syscall], ['EINVAL', 'sched_setaffinity']);
    assert.equal(addonError(() => addon.pinThread(-1)).code, 'EINVAL');
  });

  it('gives a thread short turns, where the kernel has them', () => {
    const slice = () => Number(/se\.slice\s*:\s*(\d+)/.exec(readFileSync('/proc/thread-self/sched', 'utf8'))?.[1]);
    assert.throws(() => addon.takeShortTurns(99), RangeError);
    assert.throws(() => addon.takeShortTurns(100_001), RangeError);
    assert.throws(() => addon.takeShortTurns(undefined!), TypeError);
    const taken = addon.takeShortTurns(700);
    const [major, minor] = release().split('.').map(Number);
    assert.equal(taken, major! > 6 || (major === 6 && minor! >= 12), release());
    if (taken && existsSync('/proc/thread-self/sched')) assert.equal(slice(), 700_000);
  });

  it('reports missing rights by name', { skip: process.getuid?.() === 0 ? false : 'needs root to drop rights' }, () => {
    const script = `
      import { addonUnderTest } from ${JSON.stringify(new URL('./loadedAddon.js', import.meta.url).href)};
      const addon = addonUnderTest();
      const calls = [
        () => addon.openPacket({ device: 'lo', queues: 1, promiscuous: false }),
        () => addon.openTap({ device: 'wrnperm', queues: 1, offloads: true, up: true }),
        () => addon.linkInfo('lo', '/proc/self/ns/net'),
      ];
      console.log(JSON.stringify(calls.map((call) => { try { call(); return 'done'; } catch (e) { return e.code + ' ' + e.syscall; } })));`;
    const drop = ['--bounding-set=-all', '--inh-caps=-all', '--no-new-privs', '--reuid=65534', '--regid=65534', '--clear-groups'];
    const node = [process.execPath, '--input-type=module', '-e', script];
    const seen = JSON.parse(execFileSync('setpriv', [...drop, ...node], { encoding: 'utf8', timeout: 30_000 })) as string[];
    assert.equal(seen[0], 'EPERM socket(AF_PACKET)');
    assert.match(seen[1]!, /^(EPERM ioctl\(TUNSETIFF\)|EACCES open\(\/dev\/net\/tun\))$/);
    assert.equal(seen[2], 'EPERM setns');
  });
});

describe('lending and bounds', { skip }, () => {
  let net: NetSandbox;
  let netns: string;
  let fd = -1;
  let handle = -1;
  const bench = skip ? undefined! : new Bench(addon, 1 << 20, 64);

  before(() => {
    net = new NetSandbox('wrn');
    netns = net.namespace('lend');
    fd = addon.openTap({ device: 't', netns, queues: 1, offloads: true, up: true }).fds[0]!;
    handle = addon.borrow(fd, IfaceKind.Tap, bench.sends);
  });
  after(() => {
    addon.closeFd(fd);
    net.close();
  });

  it('attaches once, and only memory of the right kind', () => {
    assert.throws(() => addon.attach(bench), /already/);
  });

  it('refuses strangers and wrong kinds', () => {
    assert.equal(addonError(() => addon.borrow(1, IfaceKind.Tap, bench.sends)).code, 'EBADF');
    assert.equal(addonError(() => addon.borrow(fd, IfaceKind.Packet, bench.sends)).code, 'EBADF');
    assert.throws(() => addon.borrow(fd, 9 as IfaceKind, bench.sends), RangeError);
    assert.throws(() => addon.borrow(fd, IfaceKind.Tap, new Uint8Array(8) as never), TypeError);
    assert.equal(addonError(() => addon.release(1099)).code, 'EBADF');
  });

  it('lends 1,100 handles and reuses those given back', () => {
    const more = Array.from({ length: 1099 }, () => addon.borrow(fd, IfaceKind.Tap, bench.sends));
    assert.deepEqual(
      [...new Set([handle, ...more])].sort((a, b) => a - b),
      [...Array(1100).keys()],
    );
    assert.equal(addonError(() => addon.borrow(fd, IfaceKind.Tap, bench.sends)).code, 'EMFILE');
    for (const each of more) addon.release(each);
    assert.equal(bench.receive(more[0]!), -9, 'EBADF');
  });

  it('never reads or writes outside the arena', () => {
    for (const [start, end] of [
      [0, bench.arena.length + 64],
      [-64, 65_664],
      [1, 65_664],
      [0, 65_665],
      [131_072, 0],
      [0, 2 ** 31 - 64],
    ] as const) {
      assert.equal(addon.receive(handle, 8, start, end), -14, `EFAULT for ${start}..${end}`);
    }
    assert.equal(addon.receive(-1, 8, 0, 65_664), -9);
    assert.equal(addon.receive(31, 8, 0, 65_664), -9);
    assert.equal(addon.receive(handle, -3, 0, 65_664), 0);
    const size = bench.arena.length;
    const bad = [
      [9, 60],
      [-1, 60],
      [size - 59, 60],
      [size, 1],
      [firstFrameOffset, 0],
      [firstFrameOffset, -1],
      [firstFrameOffset, 2 ** 31 - 1],
      [2 ** 31 - 1, 2 ** 31 - 1],
      [-(2 ** 31), 60],
    ];
    bad.forEach(([offset, length], i) => {
      bench.sends[2 * i] = offset!;
      bench.sends[2 * i + 1] = length!;
    });
    bench.stage(bad.length, size - 60, markedFrame(1));
    assert.equal(addon.transmit(handle, bad.length + 1), 1, 'the good one behind them is sent');
    assert.deepEqual([...bench.sendErrors.subarray(0, bad.length + 1)], [...bad.map(() => 14), 0]);
    assert.equal(addon.transmit(handle, 65), -14, 'more than the list holds');
    assert.equal(addon.transmit(30, 1), -9);
    assert.equal(addon.transmit(handle, 0), 0);
  });

  it('reports as many frames as the columns hold, however many are asked for', () => {
    const packet = addon.openPacket({ device: 't', netns, queues: 1, promiscuous: false });
    const sender = addon.borrow(packet.fds[0]!, IfaceKind.Packet, bench.sends);
    for (let round = 0; round < 2; round++) {
      for (let i = 0; i < 64; i++) bench.stage(i, firstFrameOffset + i * 192, markedFrame(i));
      assert.equal(addon.transmit(sender, 64), 64);
    }
    assert.equal(addon.receive(handle, 1000, 0, bench.arena.length), 64);
    addon.release(sender);
    addon.closeFd(packet.fds[0]!);
  });

  it('answers EBADF when its descriptor was closed under it', () => {
    const closed = addon.openTap({ device: 'c', netns, queues: 1, offloads: true, up: true }).fds[0]!;
    const lent = addon.borrow(closed, IfaceKind.Tap, bench.sends);
    addon.closeFd(closed);
    assert.equal(bench.receive(lent), -9);
    assert.ok(addon.wait(-1, 100_000) & (1 << lent));
    addon.release(lent);
  });

  it('makes no garbage in the calls of a turn', { skip: typeof gc === 'function' ? false : 'needs --expose-gc' }, () => {
    const turn = (): void => {
      addon.receive(handle, 64, 0, 1 << 20);
      addon.transmit(handle, 0);
      addon.wait(-1, 0);
      addon.nowMs();
      addon.nowMicros();
    };
    for (let i = 0; i < 20_000; i++) turn();
    gc!();
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < 200_000; i++) turn();
    const grown = process.memoryUsage().heapUsed - before;
    assert.ok(grown < 512 * 1024, `${grown} octets of heap for 1 M calls`);
  });

  it('serves two workers at once and cleans up behind each', { timeout: 30_000 }, async () => {
    const opened = addon.openTap({ device: 'w', netns, queues: 2, offloads: true, up: true });
    const wakes = [addon.wakeCreate(), addon.wakeCreate()];
    const script = fileURLToPath(new URL('./echoWorker.js', import.meta.url));
    for (let generation = 0; generation < 3; generation++) {
      const workers = opened.fds.map((queue, i) => new Worker(script, { workerData: { queue, wake: wakes[i] } }));
      const ready = workers.map((worker) => new Promise((resolve) => worker.once('message', resolve)));
      assert.deepEqual(await Promise.all(ready), ['ready', 'ready']);
      if (generation === 1) {
        // In the middle of its loop: the addon's calls return within 100 ms and terminate() takes effect.
        const start = Date.now();
        await Promise.all(workers.map((worker) => worker.terminate()));
        assert.ok(Date.now() - start < 3000);
      } else {
        const counts = workers.map((worker) => new Promise<number>((resolve) => worker.once('message', resolve)));
        for (const worker of workers) worker.postMessage('stop');
        for (const wake of wakes) addon.wake(wake);
        for (const count of await Promise.all(counts)) assert.ok(count >= 0);
        await Promise.all(workers.map((worker) => worker.terminate()));
      }
      assert.match(net.run(netns, 'ip link show w'), /LOWER_UP/, 'the device outlives the worker that borrowed it');
    }
    for (const each of [...wakes, ...opened.fds]) addon.closeFd(each);
    assert.throws(() => net.run(netns, 'ip link show w'));
  });

  it('closes what a thread opened and left open when that thread ends', { timeout: 30_000 }, async () => {
    const script = fileURLToPath(new URL('./echoWorker.js', import.meta.url));
    const worker = new Worker(script, { workerData: { open: { device: 'left', netns, queues: 1, offloads: true, up: true } } });
    await new Promise((resolve) => worker.once('message', resolve));
    assert.match(net.run(netns, 'ip link show left'), /left/);
    await worker.terminate();
    assert.throws(() => net.run(netns, 'ip link show left'));
  });
});
