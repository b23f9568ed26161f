import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { IfaceConfig } from '../../src/config/config.js';
import { LinkLooks } from '../../src/control/linkLooks.js';
import type { HeldDevice } from '../../src/control/openIfaces.js';
import { ALL, NOTHING } from '../../src/control/packetSide.js';
import { LinkWatch } from '../../src/control/show/links.js';
import { WorkerPulse } from '../../src/control/show/pulse.js';
import { IfaceKind, type LinkInfo } from '../../src/io/addon.js';
import { ControlWord } from '../../src/shared/control.js';
import { CounterEvent } from '../../src/shared/counters.js';
import { deviceConfig } from './heldDevices.js';
import { count, makeGateway } from './made.js';

const info: LinkInfo = { ifindex: 3, mac: '02:00:00:00:00:01', mtu: 1500, up: true, running: true, netnsInode: 9, txDropped: 0 };

function held(device: string, kind: IfaceKind, netns?: string): HeldDevice {
  return {
    of: 'iface',
    config: { kind: kind === IfaceKind.Tap ? 'tap' : 'packet', device, netns } as IfaceConfig,
    opened: { ...info, kind, fds: [11, 12], offloadBits: 0, txDropped: 5, ringSlots: 4096, ringRefused: '' },
    returns: 0,
    lateDrops: 0,
    exclusive: 7,
    accepts: ['02:00:00:00:00:09'],
    steeredBy: 'kernel',
  };
}

describe('links', () => {
  const packet = held('eth0', IfaceKind.Packet);
  const tap = held('tap0', IfaceKind.Tap, 'other');
  let answer: () => LinkInfo = () => info;
  let tapDropped = () => 5;
  let asked = 0;
  let now = 0;
  const addon = {
    linkInfo: () => {
      asked++;
      return { ...answer(), txDropped: tapDropped() };
    },
    kernelDrops: (fd: number) => fd,
    addressHolder: () => ({ device: 'fab', mtu: 1500 }),
  };
  let open = [packet, tap];
  const looks = new LinkLooks(addon, () => now);
  const links = new LinkWatch(addon, looks, () => open);

  test('the device is asked at most once a second', () => {
    assert.equal(links.state(packet.config), 'UP');
    answer = () => ({ ...info, running: false });
    now = 999;
    assert.equal(links.state(packet.config), 'UP');
    now = 1000;
    assert.equal(links.state(packet.config), 'DOWN');
    looks.of(packet.config);
    assert.equal(asked, 2);
    looks.renew([packet.config]);
    looks.of(packet.config);
    assert.equal(asked, 3, 'a second is over');
  });
  test('a device that went is GONE; without the right to look the last answer stands', () => {
    const refuse = (code: string) => () => {
      throw Object.assign(new Error(code), { code });
    };
    answer = refuse('EPERM');
    now = 2000;
    assert.equal(links.state(packet.config), 'DOWN');
    answer = refuse('ENODEV');
    now = 3000;
    assert.equal(links.state(packet.config), 'GONE');
    assert.equal(links.state(held('eth9', IfaceKind.Packet).config), 'GONE');
  });
  test('drops of a packet socket add up over queues and readings', () => {
    assert.equal(links.kernelDrops(packet.config), 23);
    assert.equal(links.kernelDrops(packet.config), 46);
  });
  test('drops of a TAP count from when it was opened; where they cannot be read they are unknown', () => {
    answer = () => info;
    assert.equal(links.kernelDrops(tap.config), 0);
    tapDropped = () => 12;
    assert.equal(links.kernelDrops(tap.config), 7);
    tapDropped = () => {
      throw new Error('EPERM');
    };
    assert.equal(links.kernelDrops(tap.config), undefined);
  });
  test('a device without descriptors is GONE, and its drops stay; one that returned counts on', () => {
    const lost = (one: HeldDevice) => ({ ...one, lateDrops: 4, opened: { ...one.opened, fds: [] } });
    open = [lost(packet), lost(tap)];
    answer = () => info;
    now = 4000;
    assert.equal(links.state(packet.config), 'GONE');
    assert.deepEqual([links.kernelDrops(packet.config), links.kernelDrops(tap.config)], [50, 11]);
    open = [packet, tap].map((one) => ({ ...one, lateDrops: 4, returns: 1, opened: { ...one.opened, fds: [21], txDropped: 0 } }));
    tapDropped = () => 2;
    assert.equal(links.state(packet.config), 'UP');
    assert.deepEqual([links.kernelDrops(packet.config), links.kernelDrops(tap.config)], [71, 13]);
    assert.deepEqual(links.side(packet.config), { exclusive: true, promiscuous: false, accepts: ['02:00:00:00:00:09'] });
    open = [{ ...packet, ...NOTHING, accepts: [ALL], returns: 1 }];
    assert.deepEqual(links.side(packet.config), { exclusive: false, promiscuous: true, accepts: [] });
    assert.deepEqual([links.returns(packet.config), links.returns(held('eth9', IfaceKind.Packet).config)], [1, 0]);
  });
});

test('many devices are asked in turns, each as often as any other; what was taken away is forgotten', () => {
  const asked = new Map<string, number>();
  let now = 0;
  const linkInfo = (device: string) => {
    asked.set(device, (asked.get(device) ?? 0) + 1);
    return info;
  };
  const looks = new LinkLooks({ linkInfo }, () => now);
  const many = Array.from({ length: 400 }, (_, i) => deviceConfig('tap', `p${i}`, `t${i}`, `n${i}`));
  for (const device of many) looks.of(device);
  for (; now <= 10_000; now += 50) {
    const before = [...asked.values()].reduce((a, b) => a + b);
    for (const device of many) looks.of(device);
    assert.ok([...asked.values()].reduce((a, b) => a + b) - before <= 20, 'no more than a millisecond of the main thread');
  }
  const counts = [...asked.values()];
  assert.ok(Math.min(...counts) >= 4 && Math.max(...counts) <= 7, `${Math.min(...counts)} to ${Math.max(...counts)} times`);
  looks.forgetOthers(many.slice(1));
  looks.of(many[0]!);
  assert.equal(asked.get('t0'), counts[0]! + 1);
});

test('the device under a tunnel is asked for each time; what may be looked at no more stands as it was', () => {
  let holder = (): { device: string; mtu: number } => ({ device: 'fab', mtu: 1400 });
  const failing = (code: string) => (): never => {
    throw Object.assign(new Error(code), { code });
  };
  const addon = { kernelDrops: () => 0, addressHolder: () => holder() };
  const links = new LinkWatch(addon, new LinkLooks({ linkInfo: () => info }), () => []);
  const device = () => links.tunnelDevice({ address: '192.0.2.1', netns: 'h1' });
  assert.deepEqual(device(), { device: 'fab', mtu: 1400 });
  holder = failing('EPERM');
  assert.deepEqual(device(), { device: 'fab', mtu: 1400 });
  holder = () => ({ device: '', mtu: 0 });
  assert.equal(device(), undefined);
  holder = () => ({ device: 'fab', mtu: 1500 });
  assert.equal(device()?.mtu, 1500);
  holder = failing('ENOENT');
  assert.equal(device(), undefined);
});

test('datagrams that sockets of a tunnel had no room for add up over workers and readings', () => {
  const links = new LinkWatch(
    { kernelDrops: (fd: number) => fd, addressHolder: () => ({ device: '', mtu: 0 }) },
    new LinkLooks({ linkInfo: () => info }),
    () => [],
  );
  const tunnel = {
    slot: 4,
    fds: [
      [2, 100, 100],
      [3, 100],
    ],
  };
  assert.equal(links.tunnelDrops(tunnel), 5);
  assert.equal(links.tunnelDrops(tunnel), 10);
  assert.equal(links.tunnelDrops({ slot: 5, fds: [[1], []] }), 1);
});

describe('pulse', () => {
  test('busy share of the time between the last two samples', () => {
    const made = makeGateway();
    let now = 0;
    const pulse = new WorkerPulse(
      made.states,
      () => 0,
      () => now,
    );
    assert.equal(pulse.busyRatio(0), 0);
    now = 2000;
    count(made, CounterEvent.BusyMicros, 500_000);
    count(made, CounterEvent.PolledMicros, 200_000);
    pulse.sample();
    assert.deepEqual([pulse.busyRatio(0), pulse.polledRatio(0)], [0.25, 0.1]);
    now = 4000;
    pulse.sample();
    assert.equal(pulse.busyRatio(0), 0);
  });
  test('age of the last turn, across the wrap of the clock; before the first turn since the start', () => {
    const made = makeGateway();
    const { control } = made.states[0]!;
    let now = 0;
    const pulse = new WorkerPulse(
      made.states,
      () => -0x7fff_fffe,
      () => now,
    );
    control[ControlWord.ClockMs] = 0x7fff_fffe;
    assert.equal(pulse.heartbeatAgeMs(0), 4);
    control[ControlWord.ClockTick] = 0;
    now = 700;
    assert.equal(pulse.heartbeatAgeMs(0), 700);
  });
});
