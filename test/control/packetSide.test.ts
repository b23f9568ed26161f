import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { IfaceConfig } from '../../src/config/config.js';
import { ALL, adapt, letGo, NOTHING } from '../../src/control/packetSide.js';
import { type Addon, IfaceKind, type OpenedIface } from '../../src/io/addon.js';
import { formatMac, type Mac } from '../../src/types/mac.js';

const OWN = '02:00:00:00:00:01';
const opened: OpenedIface = {
  ifindex: 3,
  mac: OWN,
  mtu: 1500,
  up: true,
  running: true,
  netnsInode: 9,
  kind: IfaceKind.Packet,
  fds: [11, 12],
  offloadBits: 0,
  txDropped: 0,
  ringSlots: 4096,
  ringRefused: '',
};

function iface(changes: Partial<IfaceConfig> = {}, mac = 1, vlanMac = 2): IfaceConfig {
  const macs = [mac, vlanMac].map((last) => Uint8Array.of(2, 0, 0, 0, 0, last));
  return {
    kind: 'packet',
    device: 'eth0',
    netns: undefined,
    promiscuous: 'auto',
    exclusive: false,
    mac: macs[0],
    vlans: [{ mac: macs[1] }],
    ...changes,
  } as IfaceConfig;
}

/** An addon that notes what is asked of it; `refuses` fails. */
function asked(refuses: (what: string) => boolean = () => false) {
  const did: string[] = [];
  const note = (what: string): void => {
    if (refuses(what)) throw Object.assign(new Error(what), { errno: 22 });
    did.push(what);
  };
  const addon = {
    packetAccept: (fd: number, mac: Mac | null, add: boolean) =>
      note(`${fd} ${add ? '+' : '-'} ${mac === null ? ALL : formatMac(mac)}`),
    dropIngress: (device: string) => {
      note(`drop ${device}`);
      return 20;
    },
    closeFd: (fd: number) => note(`close ${fd}`),
  } as unknown as Addon;
  return { addon, taken: () => did.splice(0) };
}

describe('what a packet interface asks of its device', () => {
  test("auto takes our MACs into the filter, but not the device's own", () => {
    const { addon, taken } = asked();
    assert.deepEqual(adapt(addon, iface(), opened), { exclusive: -1, accepts: ['02:00:00:00:00:02'] });
    assert.deepEqual(taken(), ['11 + 02:00:00:00:00:02']);
    assert.deepEqual(adapt(addon, iface({}, 1, 1), opened), NOTHING);
    assert.deepEqual(taken(), []);
  });
  test('a device that takes no further MAC is made promiscuous', () => {
    const { addon, taken } = asked((what) => what.endsWith('+ 02:00:00:00:00:03'));
    assert.deepEqual(adapt(addon, iface({}, 2, 3), opened).accepts, [ALL]);
    assert.deepEqual(taken(), ['11 + 02:00:00:00:00:02', '11 - 02:00:00:00:00:02', `11 + ${ALL}`]);
  });
  test('true is promiscuous whatever the MACs are, false asks for nothing; a TAP has no such side', () => {
    const { addon, taken } = asked();
    assert.deepEqual(adapt(addon, iface({ promiscuous: true }, 1, 1), opened).accepts, [ALL]);
    assert.deepEqual(adapt(addon, iface({ promiscuous: false }), opened).accepts, []);
    assert.deepEqual(adapt(addon, iface({ kind: 'tap', exclusive: true }), opened), NOTHING);
    assert.deepEqual(taken(), [`11 + ${ALL}`]);
  });
  test('a change adds first, and lets go of the rest later', () => {
    const { addon, taken } = asked();
    const before = adapt(addon, iface({ exclusive: true }, 1, 2), opened);
    const after = adapt(addon, iface({ exclusive: true }, 3, 1), opened, before);
    assert.deepEqual(after, { exclusive: 20, accepts: ['02:00:00:00:00:03'] });
    assert.deepEqual(taken(), ['11 + 02:00:00:00:00:02', 'drop eth0', '11 + 02:00:00:00:00:03']);
    letGo(addon, opened, before, after);
    assert.deepEqual(taken(), ['11 - 02:00:00:00:00:02']);
    letGo(addon, opened, after, NOTHING);
    assert.deepEqual(taken(), ['11 - 02:00:00:00:00:03', 'close 20']);
  });
  test('where frames cannot be kept from the kernel nothing is left behind', () => {
    const { addon, taken } = asked((what) => what === 'drop eth0');
    assert.throws(() => adapt(addon, iface({ exclusive: true }), opened), /drop eth0/);
    assert.deepEqual(taken(), ['11 + 02:00:00:00:00:02', '11 - 02:00:00:00:00:02']);
  });
  test('a device that went has forgotten what it took', () => {
    const { addon } = asked((what) => what.startsWith('11 -'));
    letGo(addon, opened, { exclusive: -1, accepts: [ALL] }, NOTHING);
  });
});
