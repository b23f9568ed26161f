import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { warmUpWorld } from '../../src/control/warmUpWorld.js';
import { IfaceKind } from '../../src/io/addon.js';
import { PipelineContext } from '../../src/pipeline/context.js';
import { enlist } from '../../src/pipeline/sendList.js';
import { CounterRoom, IfaceCounter } from '../../src/shared/counters.js';
import { FIRST_LPORT } from '../../src/tables/rifs.js';
import { stateOf } from '../../src/tables/state.js';
import { Arena, frameMemoryIn } from '../../src/wire/memory.js';
import { Devices } from '../../src/worker/devices.js';
import type { BorrowedIface } from '../../src/worker/protocol.js';
import { Spin } from '../../src/worker/spin.js';
import { Turn } from '../../src/worker/turn.js';
import { ALWAYS_ASKED } from '../../src/worker/watched.js';
import { NetSandbox, netnsSkipReason } from '../support/netns.js';
import { addonUnderTest } from './loadedAddon.js';

const TAPS = 40;

describe('many ports on TAPs', { skip: netnsSkipReason() }, () => {
  const addon = addonUnderTest();
  const net = new NetSandbox('wwt');
  const world = warmUpWorld({ k0: 1, k1: 2 });
  const state = stateOf(world.state, 0);
  const cx = new PipelineContext(frameMemoryIn(new SharedArrayBuffer(Arena.Octets)), 0, state, world.snapshots[0]);
  const devices = new Devices(cx, addon, []);
  let netns = '';
  let fds: number[] = [];
  let turn: Turn;

  const entry = (i: number): BorrowedIface => ({
    slot: FIRST_LPORT + i,
    name: `p${i}`,
    fd: fds[i]!,
    kind: IfaceKind.Tap,
    lacks: 0,
    coalesce: true,
  });
  const use = (ports: readonly number[]) => {
    turn.ifaces = devices.use(ports.map(entry));
  };
  const received = (i: number) =>
    cx.counters.rifs[(CounterRoom.FirstDevice + FIRST_LPORT + i) * IfaceCounter.Count + IfaceCounter.RxFrames]!;

  before(() => {
    netns = net.namespace('a');
    net.run(netns, 'sysctl -qw net.ipv6.conf.default.disable_ipv6=1');
    fds = Array.from({ length: TAPS }, (_, i) => {
      const opened = addon.openTap({ device: `p${i}`, netns, queues: 1, offloads: true, up: true });
      return opened.fds[0]!;
    });
    turn = new Turn(cx, [], addon, state.control, [-1], new Spin(0), 1, () => 1);
    turn.watched = devices.watched;
    cx.flush = () => turn.send();
  });
  after(() => {
    devices.close();
    for (const fd of fds) addon.closeFd(fd);
    net.close();
  });

  /** An unanswered question for an address leaves one ARP request in the TAP. */
  const ask = (i: number) => {
    net.run(netns, `ip address replace 10.9.${i}.1/24 dev p${i}`);
    net.run(netns, ['sh', '-c', `ping -c 1 -W 0.05 10.9.${i}.2 >/dev/null || true`]);
  };

  test('a few are asked in every turn', () => {
    use([...Array(ALWAYS_ASKED).keys()]);
    assert.equal(turn.ifaces.length, ALWAYS_ASKED + 1);
    assert.equal(devices.watched.ifaces.length, 0);
  });

  test('of many only those that have something are received from, whichever they are', () => {
    use([...Array(TAPS).keys()]);
    assert.equal(turn.ifaces.length, 1, 'the one that is gone');
    assert.equal(devices.watched.ifaces.length, TAPS);
    while (turn.burst() > 0);
    assert.equal(addon.readable(), 0);
    const before = [...Array(TAPS).keys()].map(received);
    for (const i of [0, 3, 39]) ask(i);
    assert.ok(addon.wait(-1, 100_000) < 0, 'bit 31');
    assert.equal(addon.readable(), 3);
    assert.ok(turn.burst() >= 3);
    assert.equal(addon.readable(), 0, 'level-triggered: taken is gone');
    const got = [...Array(TAPS).keys()].filter((i) => received(i) > before[i]!);
    assert.deepEqual(got, [0, 3, 39]);
  });

  test('what is listed for one is sent, and counted for it', () => {
    const frame = Arena.BurstStart + Arena.FrameStart;
    cx.memory.u8.fill(0, frame - Arena.VirtioHeader, frame);
    cx.memory.u8.set(Buffer.from('ffffffffffff0200000000010800', 'hex'), frame);
    const slot = FIRST_LPORT + 7;
    enlist(cx, CounterRoom.FirstDevice + slot, cx.outlets[slot]!, frame, 60);
    enlist(cx, CounterRoom.FirstDevice + slot, cx.outlets[slot]!, frame, 60);
    turn.send();
    const row = (CounterRoom.FirstDevice + slot) * IfaceCounter.Count;
    assert.deepEqual([...cx.counters.rifs.subarray(row + IfaceCounter.TxFrames, row + IfaceCounter.TxFrames + 3)], [2, 120, 2]);
    assert.match(net.run(netns, 'ip -s link show p7'), /RX:.*\n +120 +2 /);
  });

  test('one that is given back is not heard of again, though main keeps it open', () => {
    ask(5);
    use([...Array(TAPS).keys()].filter((i) => i !== 5));
    const at5 = received(5);
    while (turn.burst() > 0);
    assert.equal(received(5), at5);
    assert.equal(addon.readable(), 0);
    use([...Array(TAPS).keys()]);
    while (turn.burst() > 0);
    assert.ok(received(5) > at5);
  });

  test('one whose device was deleted is asked once more, and then no longer', () => {
    net.run(netns, 'ip link delete p11');
    while (turn.burst() > 0);
    turn.burst();
    assert.equal(addon.readable(), 0);
  });
});
