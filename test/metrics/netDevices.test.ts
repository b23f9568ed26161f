import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { NO_NETWORKS } from '../../src/control/dvr/view/hostView.js';
import { type HeldDevice, slotOf } from '../../src/control/openIfaces.js';
import type { Shown } from '../../src/control/show/shown.js';
import { NO_DEVICE } from '../../src/control/show/totals.js';
import { TunnelKind } from '../../src/io/tunnelCalls.js';
import { metricsRegistry } from '../../src/metrics/registry.js';
import { CounterRoom, IfaceCounter } from '../../src/shared/counters.js';
import { deviceConfig, heldAs } from '../control/heldDevices.js';
import { makeGateway } from '../control/made.js';

/** A host with a port `lan` (so called because the made links answer by names), a physical network `trunk` and a tunnel. */
function host() {
  const made = makeGateway({ workers: 2 });
  const port = heldAs(deviceConfig('tap', 'lan', 'tap-lan', 'vm'), 'lport');
  const other = heldAs(deviceConfig('tap', 'wan', 'tap-wan', 'vm2'), 'lport');
  const physnet: HeldDevice = { ...heldAs(deviceConfig('packet', 'trunk', 'eth1'), 'physnet'), returns: 2 };
  const slot = made.index.iface('tunnel vxlan');
  const tunnel = { name: 'vxlan' as const, kind: TunnelKind.Udp, slot, address: '192.0.2.1', netns: '', fds: [[1, 2]] };
  const lports = [port, other].map(({ config: { name } }) => ({ name, network: `net-${name}` })) as never;
  const networks = { devices: [port, other, physnet], tunnels: [tunnel], view: { ...NO_NETWORKS, lports } };
  const hosts = [{ name: 'h1', physnets: ['trunk', 'p9'] }];
  const objects = { objects: { hosts }, host: 'h1', view: networks.view } as unknown as Shown['objects'];
  const shown: Shown & { networks: typeof networks } = { ...made.shown, networks, objects };
  const count = (worker: number, row: number, counter: IfaceCounter, value: number) => {
    made.states[worker]!.counters.rifs[(CounterRoom.FirstDevice + row) * IfaceCounter.Count + counter] = value;
  };
  return { ...{ made, port, other, physnet, slot, shown, count }, registry: metricsRegistry(shown) };
}

test('ports, physical networks and tunnels are counted over the workers, each under its name; a port that is gone is forgotten', async () => {
  const { made, port, physnet, slot, shown, count, registry } = host();
  const at = ({ of, config }: HeldDevice) => slotOf(of, config, made.index);
  count(0, at(port), IfaceCounter.RxFrames, 5);
  count(1, at(port), IfaceCounter.RxFrames, 2);
  count(1, at(port), IfaceCounter.TxDown, 3);
  count(0, at(physnet), IfaceCounter.TxOctets, 640);
  count(0, slot, IfaceCounter.RxOctets, 77);
  made.states[1]!.counters.rifs[NO_DEVICE * IfaceCounter.Count + IfaceCounter.TxDown] = 4;
  const text = await registry.metrics();
  for (const line of [
    'windrose_lport_receive_frames_total{lport="lan",network="net-lan"} 7',
    'windrose_lport_receive_frames_total{lport="wan",network="net-wan"} 0',
    'windrose_lport_transmit_failed_total{lport="lan",network="net-lan",cause="down"} 3',
    'windrose_lport_up{lport="lan",network="net-lan"} 1',
    'windrose_physnet_transmit_bytes_total{physnet="trunk"} 640',
    'windrose_physnet_up{physnet="trunk"} 0',
    'windrose_physnet_up{physnet="p9"} 0',
    'windrose_frames_without_device_total 4',
    'windrose_physnet_returns_total{physnet="trunk"} 2',
    'windrose_physnet_kernel_dropped_total{physnet="trunk"} 3',
    'windrose_tunnel_receive_bytes_total{tunnel="vxlan"} 77',
    'windrose_tunnel_kernel_dropped_total{tunnel="vxlan"} 6',
  ])
    assert.ok(text.includes(`\n${line}\n`), line);
  // The kernel does not tell: lan is in a namespace that cannot be entered.
  assert.ok(!text.includes('windrose_lport_kernel_dropped_total{lport="lan"'));

  Object.assign(shown.networks, { devices: shown.networks.devices.filter((one) => one !== port) });
  const after = await registry.metrics();
  assert.ok(!after.includes('lport="lan"') && after.includes('lport="wan"'));
  // Its number went to another of its name, whose counters begin anew (reload/giveBack.ts).
  count(0, at(port), IfaceCounter.RxFrames, 0);
  count(1, at(port), IfaceCounter.RxFrames, 1);
  Object.assign(shown.networks, { devices: [port, ...shown.networks.devices] });
  assert.match(await registry.metrics(), /windrose_lport_receive_frames_total\{lport="lan",network="net-lan"\} 1\n/);
});

const promtool = spawnSync('promtool', ['--version']).error === undefined;

test('promtool finds nothing', { skip: promtool ? false : 'promtool is not installed' }, async () => {
  const input = await host().registry.metrics();
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input, encoding: 'utf8', timeout: 20_000 });
  assert.deepEqual([status, stdout, stderr], [0, '', '']);
});
