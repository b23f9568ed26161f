import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { TunnelKind, TunnelReceived } from '../../src/io/tunnelCalls.js';
import { Arena } from '../../src/wire/memory.js';
import { NetSandbox, netnsSkipReason } from '../support/netns.js';
import { wireIp } from '../support/octets.js';
import { addonError, addonUnderTest, Bench } from './loadedAddon.js';

const SELF = wireIp('127.0.0.1');
const PORT = 4789;
const WINDOW = 32 * Arena.TunnelSlot;
/** Payloads that are sent lie behind the window that is received into. */
const STAGE = WINDOW;

describe('sockets of a tunnel', { skip: netnsSkipReason() }, () => {
  const addon = addonUnderTest();
  const net = new NetSandbox('wts');
  const bench = new Bench(addon, WINDOW + (1 << 20));
  const sends = new Int32Array(new SharedArrayBuffer(256 * 16));
  const received = new Int32Array(new SharedArrayBuffer(32 * 16));
  let netns = '';
  let fds: number[] = [];
  let handle = -1;
  let staged = 0;

  before(() => {
    netns = net.namespace('a');
    net.run(netns, 'ip link set lo mtu 1500');
    [fds] = addon.openTunnel({ address: '127.0.0.1', netns, port: PORT, workers: 1, senders: 4 }) as [number[]];
    handle = addon.borrowTunnel(fds, TunnelKind.Udp, sends, received);
  });
  after(() => {
    addon.release(handle);
    for (const fd of fds) addon.closeFd(fd);
    net.close();
  });

  /** Row `i`: `octets` octets, the first the row's number. */
  function stage(i: number, octets: number, socket = 0, to = SELF): void {
    if (i === 0) staged = STAGE;
    bench.arena.fill(i, staged, staged + octets);
    sends.set([staged, octets, to, socket], i * 4);
    staged += (octets + 66) & ~3;
  }

  /** What came in: for each datagram that was sent, its first octet and its length. */
  function collect(datagrams: number): [number, number][] {
    const all: [number, number][] = [];
    for (let turns = 0; all.length < datagrams && turns < 100; turns++) {
      const n = addon.receiveTunnel(handle, 32, 0, WINDOW);
      assert.ok(n >= 0);
      if (n === 0) addon.wait(-1, 20_000);
      for (let i = 0; i < n; i++) {
        const [at, octets, source, each] = received.subarray(i * TunnelReceived.Words) as unknown as [
          number,
          number,
          number,
          number,
        ];
        assert.equal((at + 8) % 64, 10);
        assert.equal(source, SELF);
        for (let done = 0; done < octets; done += each || octets) {
          const length = Math.min(each || octets, octets - done);
          const part = bench.arena.subarray(at + done, at + done + length);
          assert.ok(part.every((o) => o === part[0]));
          all.push([part[0]!, length]);
        }
      }
    }
    return all;
  }

  test('rows of one length go as one message and come apart again; a shorter one ends it, another address or length begins anew', () => {
    const lengths = [1000, 1000, 1000, 400, 400, 1400, 1400, 1400, 1401, 9];
    lengths.forEach((octets, i) => {
      stage(i, octets);
    });
    assert.equal(addon.transmitTunnel(handle, lengths.length), lengths.length);
    assert.deepEqual(
      collect(lengths.length),
      lengths.map((octets, i) => [i, octets]),
    );
    assert.deepEqual(
      [...bench.sendErrors.subarray(0, lengths.length)],
      lengths.map(() => 0),
    );
  });

  test('200 of a flow are more than one message, and stay in order; flows of other sockets do not come between', () => {
    for (let i = 0; i < 200; i++) stage(i, 500, i % 2 === 0 ? 1 : 6);
    assert.equal(addon.transmitTunnel(handle, 200), 200);
    const marks = collect(200).map(([mark]) => mark);
    const even = marks.filter((mark) => mark % 2 === 0);
    assert.deepEqual(
      even,
      Array.from({ length: 100 }, (_, i) => 2 * i),
    );
    assert.deepEqual(
      marks.filter((mark) => mark % 2 === 1),
      even.map((mark) => mark + 1),
    );
  });

  test('an errno for each row that is refused, and the others go', () => {
    stage(0, 100);
    stage(1, 2000);
    stage(2, 2000);
    stage(3, 100);
    stage(4, 100, 0, wireIp('203.0.113.1'));
    stage(5, 100);
    sends[5 * 4] = bench.arena.length - 50;
    assert.equal(addon.transmitTunnel(handle, 6), 2);
    const [, tooLong, tooLongAsWell, , unreachable, outside] = bench.sendErrors;
    assert.deepEqual([tooLong, tooLongAsWell, outside], [90, 90, 14]);
    assert.ok(unreachable === 101 || unreachable === 22, `${unreachable}`);
    assert.deepEqual(collect(2), [
      [0, 100],
      [3, 100],
    ]);
    assert.equal(addon.transmitTunnel(handle, 257), -14);
    assert.equal(addon.transmitTunnel(99, 1), -9);
    assert.equal(addon.receiveTunnel(handle, 32, 64, WINDOW + (1 << 21)), -14);
    assert.equal(addon.receive(handle, 8, 0, WINDOW), -9, 'no frames come from it');
  });

  test('what its queue had no room for is counted once', () => {
    assert.equal(addon.kernelDrops(fds[0]!), 0);
    let sent = 0;
    for (let round = 0; round < 3000; round++) {
      for (let i = 0; i < 64; i++) stage(i, 1400);
      sent += addon.transmitTunnel(handle, 64);
    }
    const dropped = addon.kernelDrops(fds[0]!);
    assert.ok(dropped > 0, `none of ${sent}`);
    assert.equal(addon.kernelDrops(fds[0]!), 0);
    while (addon.receiveTunnel(handle, 32, 0, WINDOW) > 0);
  });

  test('an address the kernel has not, and a port somebody has, are refused by name', () => {
    const open = (options: object) => addonError(() => addon.openTunnel({ address: '127.0.0.1', netns, workers: 1, ...options }));
    const strange = open({ address: '192.0.2.77', port: PORT });
    assert.equal(strange.code, 'EADDRNOTAVAIL');
    assert.match(strange.message, /no device here has this address/);
    assert.equal(open({ address: '192.0.2.400', port: PORT }).code, 'EINVAL');
    const opened = addon.openTunnel({ address: '127.0.0.3', netns, port: PORT, workers: 2 }).flat();
    assert.equal(opened.length, 34, 'ours share the port');
    for (const fd of opened) addon.closeFd(fd);
    const raw = addon.openTunnel({ address: '127.0.0.1', netns, protocol: 47, workers: 3 });
    assert.deepEqual(
      raw.map((list) => list.length),
      [1, 1, 1],
    );
    for (const fd of raw.flat()) addon.closeFd(fd);
    assert.throws(() => addon.openTunnel({ address: '127.0.0.1', workers: 1 }), RangeError);
    assert.throws(() => addon.openTunnel({ address: '127.0.0.1', workers: 1, port: 1, protocol: 47 }), RangeError);
    assert.equal(addonError(() => addon.borrowTunnel([1, 2], TunnelKind.Udp, sends, received)).code, 'EBADF');
    assert.throws(() => addon.borrowTunnel([], TunnelKind.Udp, sends, received), TypeError);
    assert.throws(() => addon.borrowTunnel(fds, 1 as TunnelKind, sends, received), RangeError);
  });

  test('a second one at the same port of the same namespace is refused, and told who has it', () => {
    const open = (more: object) => addon.openTunnel({ address: '127.0.0.1', netns, port: PORT, workers: 2, senders: 1, ...more });
    const refused = addonError(() => open({}));
    assert.deepEqual([refused.code, refused.syscall, refused.iface], ['EADDRINUSE', 'bind', '127.0.0.1']);
    assert.match(refused.message, new RegExp(`UDP port ${PORT} is in use by pid ${process.pid} "[^"]*node[^"]*"`));
    // Elsewhere it may be had, by several workers, and again as soon as it is free.
    for (const more of [{ netns: net.namespace('b') }, { address: '127.0.0.2' }, { address: '127.0.0.2' }]) {
      const workers = open(more);
      assert.equal(workers.length, 2);
      for (const fd of workers.flat()) addon.closeFd(fd);
    }
  });
});
