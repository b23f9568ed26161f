import { buildSnapshot } from '../../src/control/buildSnapshot.js';
import { NO_NETWORKS } from '../../src/control/dvr/view/hostView.js';
import { hostViewOf } from '../../src/control/dvr/view/hostViewOf.js';
import { CountsOfProxy } from '../../src/control/metadata/proxyCounts.js';
import { listStands } from '../../src/control/metadata/stands.js';
import { slotOf } from '../../src/control/openIfaces.js';
import { showFdb } from '../../src/control/show/fdb.js';
import { type ShownLife, showHosts } from '../../src/control/show/hosts.js';
import { showMetadata } from '../../src/control/show/metadata.js';
import { showLports, showPhysnets, showTunnels } from '../../src/control/show/netDevices.js';
import { showObjects } from '../../src/control/show/objects.js';
import type { Shown } from '../../src/control/show/shown.js';
import { StateIndex } from '../../src/control/stateIndex.js';
import { TunnelKind } from '../../src/io/tunnelCalls.js';
import { CounterRoom, IfaceCounter } from '../../src/shared/counters.js';
import type { Boot } from '../../src/store/presence.js';
import { stateOf } from '../../src/tables/state.js';
import type { ObjectRows } from '../../src/types/showObjects.js';
import { deviceConfig, heldAs } from '../control/heldDevices.js';
import { objectsOf } from '../objects/sample.js';
import { mac, prefix } from '../support/dvrSample.js';
import { lan } from '../support/sample.js';
import { allocateWorld, configOf } from '../support/worldParts.js';

/** Rows of objects as a gateway answers them that is host h1. */
const objects = objectsOf({
  hosts: `hosts:
  - { name: h1, vtep: 192.0.2.1, mac: fa:16:3f:09:34:f2, physnets: [p1, p2] }
  - { name: h2, vtep: 192.0.2.2, mac: fa:16:3f:64:a0:74, mode: dvr_snat, draining: true }
  - { name: h3, mode: dvr_snat, draining: true }`,
  subnets: `subnets:
  - { name: blue4, network: blue, cidr: 10.0.0.0/24, pools: [10.0.0.100-10.0.0.200] }
  - { name: orange4, network: orange, cidr: 20.0.0.0/24, gateway: none }`,
  lports: `lports:
  - { name: a1, network: blue, mac: fa:16:3e:00:0a:01, addresses: [10.0.0.11], host: h1, tap: tapa1, netns: vm-a1, instance: i-1, project: p-1,
      allowedPairs: [{ address: 10.0.0.50 }, { address: 10.0.0.51, mac: 02:00:00:00:00:01 }, { address: fd00::51 }] }
  - { name: a2, network: blue, mac: fa:16:3e:00:0a:02, addresses: [10.0.0.12], host: h2, tap: tapa2 }
  - { name: b2, network: orange, mac: fa:16:3e:00:0b:02, adminUp: false, portSecurity: false, owner: dhcp }`,
  routers: `routers:
  - name: r1
    interfaces:
      - { subnet: blue4, mac: fa:16:3e:3c:74:9c }
      - { subnet: orange4, mac: fa:16:3e:a3:3b:39, address: 20.0.0.9 }
    routes: [default via 10.0.0.254]`,
});

function ago(seconds: number): number {
  return Date.now() - seconds * 1000 - 200;
}

const view = hostViewOf(objects, { name: 'h1', mac: mac('fa:16:3f:09:34:f2'), prefix: NO_NETWORKS.hostMacPrefix });
const state = stateOf(allocateWorld({}, 1, { k0: 1, k1: 2 }), 0);
const index = new StateIndex(state.ports);
const built = buildSnapshot(configOf(lan), [1500, 1500, 1500], index, 1, 1, [], undefined, view);
const physnet = heldAs(deviceConfig('packet', 'p1', 'trunk', 'host'), 'physnet', { fds: [], mac: '' });
const a1 = heldAs(deviceConfig('tap', 'a1', 'tapa1', 'vm-a1'), 'lport');
const tunnels = [
  {
    name: 'vxlan' as const,
    kind: TunnelKind.Udp,
    slot: index.iface('tunnel vxlan'),
    address: '192.0.2.1',
    netns: 'host',
    fds: [[20, 21]],
  },
];
const counts: readonly (readonly [slot: number, counter: IfaceCounter, value: number])[] = [
  [slotOf('lport', a1.config, index), IfaceCounter.RxFrames, 5],
  [slotOf('lport', a1.config, index), IfaceCounter.TxOctets, 700],
  [slotOf('physnet', physnet.config, index), IfaceCounter.TxDown, 3],
  [tunnels[0]!.slot, IfaceCounter.TxFrames, 9],
  [tunnels[0]!.slot, IfaceCounter.TxError, 2],
];
for (const [slot, counter, value] of counts)
  state.counters.rifs[(CounterRoom.FirstDevice + slot) * IfaceCounter.Count + counter] = value;
const links = {
  state: ({ name }: { name: string }) => (name === 'a1' ? ('DOWN' as const) : ('GONE' as const)),
  kernelDrops: ({ name }: { name: string }) => (name === 'a1' ? 4 : undefined),
  tunnelDrops: () => 6,
  tunnelDevice: () => ({ device: 'fab', mtu: 1400 }),
} as unknown as Shown['links'];
const networks = { devices: [a1, physnet], tunnels, view };
const boot: Boot = { bootId: '1b4e28ba-2fa1-11d2', since: ago(90), version: '1.0.0', process: '', leaving: false };
const stored = [
  { key: 'applied/h1', value: JSON.stringify({ revision: 12, at: ago(5) }), modRevision: 13 },
  { key: 'applied/h2', value: JSON.stringify({ revision: 7, at: ago(60) }), modRevision: 8 },
  { key: 'meta/objects', value: JSON.stringify({ at: ago(20) }), modRevision: 11 },
];
const life: ShownLife = {
  store: {
    range: async (prefix) => ({ revision: 14, items: stored.filter(({ key }) => key.startsWith(prefix)) }),
  },
  others: {
    hosts: new Map([
      ['h1', { boot, silentSince: undefined }],
      ['h2', { boot: { ...boot, bootId: '6fa459ea-ee8a-3ca4' }, silentSince: ago(30) }],
    ]),
  },
  shared: true,
};
/** What `show` reads of that host. */
export const shown = { built, index, states: [state], links, networks, objects: { objects, host: 'h1', view } };

const metadata = {
  ...{ endpoint: 'http://e', secretFile: undefined, caFile: undefined, netns: undefined, connections: 4, newPerSecond: 4 },
  range: prefix('100.100.0.0/16'),
};
const asked = new CountsOfProxy();
asked.take({
  requests: { answered: 2, unreachable: 0, timeout: 0, bad_answer: 0, refused: 0, broken_off: 0 },
  refused: { connections: 1, nobody: 0, pipelined: 0 },
  connections: 1,
  ports: [{ port: 'a1', connections: 1, requests: 2, refused: 1, status: 404 }],
  failure: '',
});

export const objectRows: { [N in keyof ObjectRows]: ObjectRows[N][] } = {
  hosts: await showHosts({ ...shown, objects: { ...shown.objects, snatHosts: new Map([['r1', 'h2']]) }, life }),
  hostmacs: showObjects.hostmacs(shown),
  networks: showObjects.networks(shown),
  subnets: showObjects.subnets(shown),
  lports: showLports(shown),
  routers: showObjects.routers(shown),
  rifs: showObjects.rifs(shown),
  'floating-ips': showObjects['floating-ips'](shown),
  fdb: showFdb(shown),
  physnets: showPhysnets(shown),
  tunnels: showTunnels(shown),
  metadata: showMetadata({ built: { ...built, stands: listStands(view, metadata, index) }, metadata: asked }),
};
