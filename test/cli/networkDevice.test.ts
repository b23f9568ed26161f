import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type NetworkRows, networkDevice } from '../../src/cli/networkDevice.js';
import type { HostRow, LportRow, NetworkRow, PhysnetRow, TunnelRow } from '../../src/types/showObjects.js';

const lport = (fields: Partial<LportRow>) => ({
  name: 'a1',
  network: 'blue',
  host: 'h1',
  device: 'tap tap-a1',
  netns: '',
  ...fields,
});
const rows: NetworkRows = {
  lports: [
    lport({ netns: 'vm-a' }),
    lport({ name: 'b2', host: 'h2', device: 'tap tap-b2' }),
    lport({ name: 'c3', host: '', device: '' }),
    lport({ name: 'd4', device: '' }),
  ] as LportRow[],
  networks: [{ name: 'blue', mtu: 1450 } as NetworkRow],
  physnets: [{ name: 'physnet1', device: 'trunk', netns: 'h1' } as PhysnetRow],
  tunnels: [
    { name: 'vxlan', address: '192.0.2.1', netns: 'h1' } as TunnelRow,
    { name: 'gre', address: '192.0.2.1', netns: '' } as TunnelRow,
  ],
  hosts: [{ name: 'h1', self: true } as HostRow, { name: 'h2', self: false } as HostRow],
};

describe('capture of networks', () => {
  test("a port's device, as large as its network; a physical network's", () => {
    assert.deepEqual(networkDevice(rows, 'a1'), { name: 'a1', device: 'tap-a1', netns: 'vm-a', vlan: 0, mtu: 1450 });
    assert.deepEqual(networkDevice(rows, 'physnet1'), { name: 'physnet1', device: 'trunk', netns: 'h1', vlan: 0, mtu: 65_535 });
    assert.equal(networkDevice(rows, 'eth0'), undefined);
  });

  test('tunnels have no device: what has their address, and how to capture there', () => {
    const said = (name: string): string => {
      try {
        return String(networkDevice(rows, name));
      } catch (error) {
        return (error as Error).message;
      }
    };
    assert.equal(
      said('vxlan'),
      'the tunnels "vxlan" have no device of their own: "ip -n h1 -br addr show to 192.0.2.1" names the device that has its address, and "ip netns exec h1 tcpdump -ni DEVICE udp port 4789" captures there.',
    );
    assert.match(said('gre'), /"ip -br addr show to 192\.0\.2\.1" .* "tcpdump -ni DEVICE proto gre"/);
  });

  test('a port that is not here says where it is', () => {
    assert.throws(() => networkDevice(rows, 'b2'), /port "b2" has no device here: it is bound to host h2\./);
    assert.throws(() => networkDevice(rows, 'c3'), /bound to no host\./);
    assert.throws(() => networkDevice(rows, 'd4'), /bound to this host without a device\./);
  });
});
