import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { pino } from 'pino';
import type { PhysnetConfig } from '../../../src/config/config.js';
import { followNetworkMtus, openHostDevices } from '../../../src/control/dvr/hostDevices.js';
import { type HostView, type LportView, NO_NETWORKS } from '../../../src/control/dvr/view/hostView.js';
import type { Addon, OpenPacketOptions, OpenTapOptions } from '../../../src/io/addon.js';
import { openedAs } from '../heldDevices.js';

const blue = { name: 'blue', type: 'vxlan', id: 1001, mtu: 1450 } as HostView['networks'][number];

function port(name: string, kind: 'tap' | 'packet', netns?: string): LportView {
  return { name, network: 'blue', device: { kind, name: `dev-${name}`, netns } } as LportView;
}

function view(lports: readonly LportView[], mtu = 1450): HostView {
  return { ...NO_NETWORKS, networks: [{ ...blue, mtu }], lports };
}

const PHYSNETS: PhysnetConfig[] = [{ name: 'p1', kind: 'packet', device: 'trunk', netns: 'host' }] as never;
const HOST = { name: 'h1', physnets: PHYSNETS, metadata: undefined };

/** Opens everything but what `refuses` names, with the code it has there. */
class Opener {
  readonly refuses = new Map<string, readonly [syscall: string, code: string]>();
  readonly opened: string[] = [];
  readonly closed: number[] = [];
  readonly mtus: (readonly [string, number, string | undefined])[] = [];
  #fd = 10;

  readonly openTap = ({ device, mtu }: OpenTapOptions) => this.#open(device, mtu);
  readonly openPacket = ({ device }: OpenPacketOptions) => this.#open(device, 1500);
  readonly packetAccept = () => {};
  readonly closeFd = (fd: number) => void this.closed.push(fd);
  readonly setMtu = (device: string, mtu: number, netns?: string) => {
    this.#refuse(device);
    this.mtus.push([device, mtu, netns]);
  };

  get addon(): Addon {
    return this as unknown as Addon;
  }

  #open(device: string, mtu = 1500) {
    this.#refuse(device);
    this.opened.push(device);
    return openedAs({ fds: [++this.#fd], mtu });
  }

  #refuse(device: string): void {
    const refused = this.refuses.get(device);
    if (refused === undefined) return;
    const [syscall, code] = refused;
    throw Object.assign(new Error(`cannot enter network namespace "vm": ${code}`), { syscall, code, iface: device });
  }
}

describe('devices of lports and physical networks', () => {
  const lports = [port('a', 'tap', 'vm-a'), port('b', 'tap', 'vm'), port('c', 'packet')];

  test("one that is not there, or is somebody else's, stops nobody: it is held without descriptors, with why", () => {
    const opener = new Opener();
    opener.refuses.set('dev-b', ['open(netns)', 'ENOENT']).set('dev-c', ['ioctl(SIOCGIFINDEX)', 'ENODEV']);
    const held = openHostDevices(opener.addon, view(lports), [], HOST, 2);
    assert.deepEqual(
      held.map(({ of, config, opened, why }) => [of, config.name, opened.fds.length, why?.code]),
      [
        ['lport', 'a', 1, undefined],
        ['lport', 'b', 0, 'NETNS_MISSING'],
        ['lport', 'c', 0, 'DEVICE_MISSING'],
        ['physnet', 'p1', 1, undefined],
      ],
    );
    assert.equal(
      held[1]!.why!.message,
      'cannot enter the network namespace "vm" of "dev-b" (open(netns) ENOENT, lport b): it does not exist.',
    );
    opener.refuses.clear();
    opener.refuses.set('dev-d', ['ioctl(TUNSETIFF)', 'EBUSY']).set('trunk', ['bind', 'ENXIO']);
    const more = openHostDevices(opener.addon, view([...lports, port('d', 'tap')]), held, HOST, 2);
    assert.deepEqual(more.slice(0, 3), held.slice(0, 3), 'looked for by deviceReturn.ts and not at every change of the objects');
    assert.deepEqual([more[3]!.why?.code, more[4]], ['TAP_BUSY', held[3]]);
    assert.deepEqual(opener.closed, []);
  });

  test('what the process may do with no device is refused, with nothing left open', () => {
    const opener = new Opener();
    opener.refuses.set('trunk', ['socket(AF_PACKET)', 'EPERM']);
    assert.throws(() => openHostDevices(opener.addon, view(lports), [], HOST, 1), { code: 'PACKET_PERMISSION' });
    assert.deepEqual(opener.opened, ['dev-a', 'dev-b', 'dev-c']);
    assert.deepEqual(opener.closed, [11, 12, 13]);
  });

  test('TAPs that stay get the MTU that their network has now; packet devices keep theirs', () => {
    const opener = new Opener();
    const lines: Record<string, unknown>[] = [];
    const log = pino({ level: 'debug' }, { write: (text: string) => lines.push(JSON.parse(text) as Record<string, unknown>) });
    opener.refuses.set('dev-b', ['open(netns)', 'ENOENT']);
    const before = openHostDevices(opener.addon, view(lports), [], HOST, 1);
    assert.equal(before[0]!.opened.mtu, 1450);
    const after = openHostDevices(opener.addon, view([...lports, port('d', 'tap')], 1400), before, HOST, 1);
    assert.deepEqual(
      after.map(({ config }) => config.mtu),
      [1400, 1400, undefined, 1400, undefined],
    );
    assert.equal(after[0]!.opened, before[0]!.opened, 'the same descriptors');
    followNetworkMtus(opener.addon, before, after, log);
    assert.deepEqual(opener.mtus, [['dev-a', 1400, 'vm-a']], 'b is not there, d was opened with it');
    opener.refuses.set('dev-a', ['ioctl(SIOCSIFMTU)', 'ENODEV']);
    followNetworkMtus(opener.addon, before, after, log);
    assert.deepEqual(
      lines.map(({ msg, lport, device, netns, mtu }) => [msg, lport, device, netns, mtu]),
      [['TAP does not have the MTU of its network', 'a', 'dev-a', 'vm-a', 1400]],
    );
    assert.match(String(lines[0]!.remedy), /ip link set dev-a mtu 1400/);
  });
});
