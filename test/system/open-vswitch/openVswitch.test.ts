import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { netnsSkipReason } from '../../support/netns.js';
import { scenarioFile } from '../support/bed.js';
import { Cloud, type Vm } from '../support/cloud.js';
import { Ovs, ovsSkipReason } from '../support/ovs.js';
import { eventually } from '../support/scenario.js';
import { tunnelled } from '../support/tunnelled.js';

const VMS: readonly Vm[] = [
  { name: 'a1', host: 'h1', mac: 'fa:16:3e:00:0a:01', address: '10.0.0.11/24', gateway: '10.0.0.1' },
  { name: 'b1', host: 'h1', mac: 'fa:16:3e:00:0b:01', address: '20.0.0.21/24', gateway: '20.0.0.1' },
  { name: 'c1', host: 'h1', mac: 'fa:16:3e:00:0c:01', address: '30.0.0.31/24', gateway: '30.0.0.1' },
];
const [D1, D9] = ['fa:16:3f:09:34:f2', 'fa:16:3f:4e:4f:98'];
const [G_BLUE, G_ORANGE] = ['fa:16:3e:3c:74:9c', 'fa:16:3e:a3:3b:39'];
const GUESTS = [
  { name: 'o1', mac: 'fa:16:3e:00:0a:09', address: '10.0.0.19' },
  { name: 'o2', mac: 'fa:16:3e:00:0c:09', address: '30.0.0.39' },
] as const;
/** Numbers of ports of the bridge: guests 1 and 2. */
const [VXLAN, GRE] = [10, 11];

/** The other host: bridge `phy` has the tunnel endpoint's address, `int` the guests. Returns the switch and the guests' namespaces. */
async function addOvs(cloud: Cloud): Promise<{ ovs: Ovs; netns: Readonly<Record<string, string>> }> {
  const { sandbox } = cloud;
  const host = sandbox.namespace('ovs');
  sandbox.veth({ netns: host, device: 'fab' }, { netns: cloud.fabric, device: 'ovs' });
  sandbox.run(cloud.fabric, 'ip link set ovs master br0');
  const ovs = await Ovs.start(sandbox, host, join(cloud.folder, 'ovs'));
  ovs.bridge('phy');
  ovs.vsctl('add-port phy fab');
  sandbox.run(host, 'ip addr add 192.0.2.9/24 dev phy');
  ovs.bridge('int');
  const ends = 'options:local_ip=192.0.2.9 options:remote_ip=192.0.2.1 options:key=flow';
  ovs.vsctl(`add-port int vx -- set interface vx type=vxlan ${ends} ofport_request=${VXLAN}`);
  ovs.vsctl(`add-port int gr -- set interface gr type=gre ${ends} ofport_request=${GRE}`);
  const netns: Record<string, string> = {};
  GUESTS.forEach(({ name, mac, address }, i) => {
    const guest = sandbox.namespace(name);
    netns[name] = guest;
    sandbox.veth({ netns: host, device: name }, { netns: guest, device: 'eth0' }, 1450);
    sandbox.run(guest, `ip link set eth0 address ${mac}`);
    sandbox.run(guest, `ip addr add ${address}/24 dev eth0`);
    // This datapath finishes no partial checksum and cuts no super-frame.
    sandbox.run(guest, 'ethtool -K eth0 tx off');
    ovs.vsctl(`add-port int ${name} -- set interface ${name} ofport_request=${i + 1}`);
  });
  // Nor does it take one from a veth: a NIC would have finished it.
  cloud.on('h1', 'ethtool -K fab tx off');
  const mac = /link\/ether (\S+)/.exec(cloud.on('h1', 'ip -o link show fab'))![1]!;
  ovs.knows('phy', '192.0.2.1', mac);
  return { ovs, netns };
}

/** What an agent of OpenStack would have the switch do: bridge, give the gateway back its MAC (dvr.md 2.4), route to b1 at the source. */
function addFlows(ovs: Ovs): void {
  const flows = [
    `priority=10,in_port=1,actions=set_field:1001->tun_id,output:${VXLAN}`,
    `priority=10,in_port=2,actions=set_field:2001->tun_id,output:${GRE}`,
    `priority=10,in_port=${VXLAN},tun_id=1001,actions=output:1`,
    `priority=10,in_port=${GRE},tun_id=2001,actions=output:2`,
    `cookie=1,priority=20,in_port=${VXLAN},tun_id=1001,dl_src=${D1},actions=set_field:${G_BLUE}->eth_src,output:1`,
    `cookie=2,priority=20,in_port=1,ip,dl_dst=${G_BLUE},nw_dst=20.0.0.21,actions=` +
      `set_field:${D9}->eth_src,set_field:fa:16:3e:00:0b:01->eth_dst,dec_ttl,set_field:1002->tun_id,output:${VXLAN}`,
    'priority=0,actions=drop',
  ];
  for (const flow of flows) ovs.addFlow('int', flow);
}

test('open-vswitch: guests of a gateway and of an Open vSwitch on common networks, and routed between them', {
  skip: netnsSkipReason() || ovsSkipReason(),
  timeout: 90_000,
}, async (t) => {
  const cloud = new Cloud(['h1'], VMS);
  try {
    const { ovs, netns } = await addOvs(cloud);
    addFlows(ovs);
    await cloud.start(scenarioFile('open-vswitch', 'objects.yaml'));
    const wire = cloud.wire('h1');
    const guest = (name: string, command: string) => cloud.sandbox.run(netns[name], command);
    guest('o1', 'ip route add default via 10.0.0.1');
    guest('o1', `ip neigh replace 10.0.0.1 lladdr ${G_BLUE} dev eth0 nud permanent`);
    /** Two mebibytes each way by iperf3. */
    const transfer = async (from: string, to: string, address: string): Promise<void> => {
      for (const way of ['', '-R']) {
        cloud.sandbox.start(netns[to], 'iperf3 -s -1');
        await eventually(
          () => guest(to, 'ss -Hltn'),
          (listening) => listening.includes(':5201 '),
        );
        assert.match(cloud.on(from, `iperf3 -J -n 2M ${way} -c ${address}`), /"bytes":\s*[2-9]\d{6}/);
      }
    };

    await t.test(
      'F3 bridged over VXLAN: ping both ways, what fills the network and what does not fit, TCP both ways',
      async () => {
        assert.match(cloud.on('a1', 'ping -c 2 -i 0.1 -w 5 10.0.0.19'), /icmp_seq=1 ttl=64/);
        assert.match(guest('o1', 'ping -c 1 -W 2 10.0.0.11'), /ttl=64/);
        assert.match(cloud.on('a1', 'ping -c 1 -W 2 -M do -s 1422 10.0.0.19'), /1 received/);
        assert.match(cloud.on('a1', 'ping -c 1 -W 2 -s 4000 10.0.0.19'), /1 received/);
        await transfer('a1', 'o1', '10.0.0.19');
      },
    );

    await t.test('F6 bridged over GRE with the key of the network, TCP both ways', async () => {
      assert.match(cloud.on('c1', 'ping -c 2 -i 0.1 -w 5 30.0.0.39'), /icmp_seq=1 ttl=64/);
      assert.match(guest('o2', 'ping -c 1 -W 2 -M do -s 1422 30.0.0.31'), /1 received/);
      await transfer('c1', 'o2', '30.0.0.39');
    });

    await t.test('F4 F5 routed: the switch sees the MAC of h1, and b1 its gateway when the switch has routed', async () => {
      wire.clear();
      const seen = ovs.packets('int', 1);
      assert.match(cloud.on('b1', 'ping -c 1 -W 2 20.0.0.1'), /1 received/);
      assert.match(cloud.on('b1', 'ping -c 2 -i 0.1 -w 5 10.0.0.19'), /icmp_seq=1 ttl=63/);
      // The switch counts what its datapath has forwarded with a delay.
      await eventually(
        () => ovs.packets('int', 1) - seen,
        (frames) => frames === 2,
      );
      assert.deepEqual(tunnelled(wire.collect()).map(({ vni, src, dst }) => [vni, src, dst])[0], [1001, D1, 'fa:16:3e:00:0a:09']);
      await eventually(
        () => ovs.packets('int', 2),
        (answers) => answers >= 2,
      );
      assert.match(cloud.on('b1', 'ip neigh show 20.0.0.1'), new RegExp(G_ORANGE));
      await transfer('b1', 'o1', '10.0.0.19');
    });
    await cloud.stop();
  } finally {
    cloud.close();
  }
});
