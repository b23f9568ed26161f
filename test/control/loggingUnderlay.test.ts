import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HeldTunnel } from '../../src/control/dvr/openTunnels.js';
import { mtuCommand } from '../../src/control/dvr/underlay.js';
import type { HostView } from '../../src/control/dvr/view/hostView.js';
import { logUnderlay } from '../../src/control/loggingUnderlay.js';
import { underlayNeed } from '../../src/objects/underlayNeed.js';

test('the largest packet in a tunnel is that of a network with its headers; a VLAN is not in tunnels', () => {
  assert.equal(underlayNeed([{ name: 'v', type: 'vlan', mtu: 9000 }]), undefined);
  assert.deepEqual(
    underlayNeed([
      { name: 'blue', type: 'vxlan', mtu: 1450 },
      { name: 'green', type: 'gre', mtu: 1460 },
      { name: 'v', type: 'vlan', mtu: 9000 },
    ]),
    { octets: 1502, network: 'green' },
  );
  assert.equal(mtuCommand('', 'fab', 1500), 'ip link set fab mtu 1500');
});

test('a device under the tunnels that takes too little is told once per change, and when it takes enough again', () => {
  const lines: unknown[] = [];
  const say =
    (level: string) =>
    (about: object, msg: string): void =>
      void lines.push({ level, ...about, msg });
  let under: { device: string; mtu: number } | undefined = { device: 'fab', mtu: 1400 };
  let mtu = 1450;
  const shown = {
    get networks() {
      const tunnels = [{ address: '192.0.2.1', netns: 'h1' }] as unknown as HeldTunnel[];
      return { tunnels, view: { networks: [{ name: 'blue', type: 'vxlan', mtu }] } as unknown as HostView };
    },
    links: { tunnelDevice: () => under },
  };
  const look = logUnderlay(shown, { warn: say('warn'), info: say('info') } as never);
  const told = (): unknown[] => {
    look();
    look();
    return lines.splice(0).map((line) => {
      const { level, device, mtu: has, needs } = line as Record<string, unknown>;
      return [level, device, has, needs];
    });
  };
  look();
  assert.deepEqual(lines.splice(0), [
    {
      ...{ level: 'warn', address: '192.0.2.1', device: 'fab', mtu: 1400, needs: 1500, network: 'blue' },
      remedy: 'ip -n h1 link set fab mtu 1500; or underlayMtu (and mtu of networks) in the objects no more than the device takes',
      msg: 'MTU of the device under host.vtep is too small for the networks in tunnels; longer packets are lost (send_too_long)',
    },
  ]);
  assert.deepEqual(told(), []);
  under = { device: 'fab', mtu: 1450 };
  assert.deepEqual(told(), [['warn', 'fab', 1450, 1500]]);
  under = undefined;
  assert.deepEqual(told(), []);
  under = { device: 'fab', mtu: 1500 };
  assert.deepEqual(told(), [['info', 'fab', 1500, 1500]]);
  mtu = 8950;
  assert.deepEqual(told(), [['warn', 'fab', 1500, 9000]]);
});
