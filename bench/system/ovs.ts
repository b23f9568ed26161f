/**
 * Open vSwitch, userspace datapath (netdev), connection tracking with source NAT, between two veth pairs. Its database server and
 * switch are our own children in a temporary folder and in the middle namespace; a system-wide Open vSwitch is not touched.
 */
import { writeFileSync } from 'node:fs';
import { managementSocket, missingOvs, startOvs } from './ovsDaemons.js';
import { run } from './processes.js';
import * as topology from './topology.js';
import { untilForwarding, type Yardstick } from './yardstick.js';

const BRIDGE = 'wrbovs';
const LAN = 1;
const WAN = 2;
const GATEWAY_MAC = '02:00:00:00:0b:01';
const UPLINK_MAC = '02:00:00:00:0b:02';
const LOCAL_ADDRESSES = ['1.2.100.1', '1.2.100.2'];

export const ovs: Yardstick = {
  name: 'ovs',
  missing: missingOvs,
  async start({ folder, placement }) {
    const ns = topology.addNamespaces('ovs');
    topology.addVethLinks(ns);
    topology.addRoutedAddresses(ns);
    const home = `${folder}/ovs`;
    const { vsctl, daemon: datapath } = await startOvs(home, ns.middle, placement.forwarderCpus, true);
    vsctl('add-br', BRIDGE, '--', 'set', 'bridge', BRIDGE, 'datapath_type=netdev', 'fail_mode=secure');
    for (const [device, port] of [
      [topology.INSIDE_DEVICE, LAN],
      [topology.OUTSIDE_DEVICE, WAN],
    ] as const)
      vsctl('add-port', BRIDGE, device, '--', 'set', 'interface', device, `ofport_request=${port}`);
    const flows = programme(topology.macOf(ns.client, topology.CLIENT_DEVICE), topology.macOf(ns.server, topology.SERVER_DEVICE));
    writeFileSync(`${home}/flows`, flows);
    run('ovs-ofctl', '-O', 'OpenFlow13', 'replace-flows', managementSocket(home, BRIDGE), `${home}/flows`);

    addNeighbor(ns.client, topology.CLIENT_DEVICE, topology.INSIDE_GATEWAY, GATEWAY_MAC);
    for (const address of LOCAL_ADDRESSES) addNeighbor(ns.server, topology.SERVER_DEVICE, address, UPLINK_MAC);
    return { ...untilForwarding(ns, topology.CLIENT_ADDRESS, topology.INSIDE_GATEWAY), forwarder: datapath };
  },
};

/** Routes between the two ports: MAC rewriting, TTL, source NAT by connection tracking. */
function programme(clientMac: string, serverMac: string): string {
  const toServer = `mod_dl_src:${UPLINK_MAC},mod_dl_dst:${serverMac},dec_ttl,output:${WAN}`;
  const toClient = `mod_dl_src:${GATEWAY_MAC},mod_dl_dst:${clientMac},dec_ttl,output:${LAN}`;
  return [
    'table=0,priority=10,ip,actions=ct(table=1,zone=1,nat)',
    'table=0,priority=0,actions=drop',
    `table=1,priority=10,ip,in_port=${LAN},ct_state=+trk+new,actions=ct(commit,zone=1,nat(src=${LOCAL_ADDRESSES.join('-')})),${toServer}`,
    `table=1,priority=10,ip,in_port=${LAN},ct_state=+trk+est,actions=${toServer}`,
    `table=1,priority=10,ip,in_port=${WAN},ct_state=+trk+est,actions=${toClient}`,
    `table=1,priority=10,ip,in_port=${WAN},ct_state=+trk+rel,actions=${toClient}`,
    'table=1,priority=0,actions=drop',
    '',
  ].join('\n');
}

/** Static entry: this bench's flows do not answer ARP. */
function addNeighbor(namespace: string, device: string, address: string, mac: string): void {
  run('ip', '-n', namespace, 'neigh', 'replace', address, 'lladdr', mac, 'dev', device, 'nud', 'permanent');
}
