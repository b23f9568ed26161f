/**
 * Open vSwitch with its userspace datapath: on each host daemons of its own, a bridge for the guests with a vxlan port, and one for the
 * underlay, whose local port has the tunnel endpoint's address. Flows are fixed; routed frames get MACs and TTL as a router would set them.
 */
import { writeFileSync } from 'node:fs';
import { managementSocket, missingOvs, startOvs } from '../system/ovsDaemons.js';
import { run } from '../system/processes.js';
import { inside, macOf } from '../system/topology.js';
import type { Setup, Yardstick } from '../system/yardstick.js';
import {
  addEndpoint,
  addGuestLink,
  addHosts,
  addressGuest,
  GUEST_DEVICE,
  type Guest,
  guestMtu,
  type Host,
  type Hosts,
  UNDERLAY_DEVICE,
  untilReached,
} from './hosts.js';
import { type EastWest, running } from './running.js';

const GUESTS = 'wrbint';
const UNDERLAY = 'wrbphy';
const TUNNEL_PORT = 100;
const ROUTER_MAC = '02:00:00:00:4d:01';

export function ovs(mtu: number): Yardstick<EastWest> {
  return {
    name: 'ovs',
    missing: missingOvs,
    async start(setup) {
      const hosts = addHosts(`ovs-${mtu}`, mtu);
      const one = await startHost(setup, hosts, hosts.one, hosts.two, setup.placement.clientCpus);
      const two = await startHost(setup, hosts, hosts.two, hosts.one, setup.placement.serverCpus);
      const all = [hosts.a, hosts.b, hosts.c];
      for (const guest of all) {
        addressGuest(hosts, guest);
        // Without super-frames this datapath does not finish a partial checksum either.
        inside(guest.namespace, 'ethtool', '-K', GUEST_DEVICE, 'tx', 'off');
        addNeighbor(guest, guest.gateway, ROUTER_MAC);
        for (const other of all)
          if (other !== guest && other.network === guest.network) addNeighbor(guest, other.address, other.mac);
      }
      one.knows(hosts.two, two.mac);
      two.knows(hosts.one, one.mac);
      untilReached(hosts);
      return running(hosts, [one.daemon, two.daemon]);
    },
  };
}

async function startHost({ folder }: Setup, hosts: Hosts, host: Host, peer: Host, cpus: string) {
  const home = `${folder}/ovs-${hosts.mtu}-${host.address}`;
  const { vsctl, daemon } = await startOvs(home, host.namespace, cpus, false);
  for (const bridge of [GUESTS, UNDERLAY]) vsctl('add-br', bridge, '--', 'set', 'bridge', bridge, 'datapath_type=netdev');
  vsctl('add-port', UNDERLAY, UNDERLAY_DEVICE);
  vsctl('set', 'interface', UNDERLAY, `mtu_request=${hosts.mtu}`);
  addEndpoint(host, UNDERLAY);
  run('ip', '-n', host.namespace, 'link', 'set', UNDERLAY, 'up');
  const ends = [`options:local_ip=${host.address}`, `options:remote_ip=${peer.address}`, 'options:key=flow'];
  vsctl('add-port', GUESTS, 'vx', '--', 'set', 'interface', 'vx', 'type=vxlan', ...ends, `ofport_request=${TUNNEL_PORT}`);
  host.guests.forEach((guest, i) => {
    addGuestLink(host, guest, `g${i}`);
    run('ip', '-n', host.namespace, 'link', 'set', `g${i}`, 'mtu', String(guestMtu(hosts)));
    vsctl('add-port', GUESTS, `g${i}`, '--', 'set', 'interface', `g${i}`, `ofport_request=${i + 1}`);
  });
  writeFileSync(`${home}/flows`, programme(host, peer));
  run('ovs-ofctl', '-O', 'OpenFlow13', 'replace-flows', managementSocket(home, GUESTS), `${home}/flows`);
  const knows = ({ address }: Host, mac: string) =>
    run('ovs-appctl', '-t', `${home}/vswitchd.ctl`, 'tnl/arp/set', UNDERLAY, address, mac);
  return { daemon, knows, mac: macOf(host.namespace, UNDERLAY) };
}

/** Each direction of a routed flow is routed where its sender is. */
function programme(host: Host, peer: Host): string {
  const lines = ['priority=0,actions=drop'];
  host.guests.forEach((guest, i) => {
    lines.push(`priority=20,in_port=${TUNNEL_PORT},tun_id=${guest.network},dl_dst=${guest.mac},actions=output:${i + 1}`);
    for (const other of peer.guests) {
      const out = `set_field:${other.network}->tun_id,output:${TUNNEL_PORT}`;
      if (other.network === guest.network) lines.push(`priority=20,in_port=${i + 1},dl_dst=${other.mac},actions=${out}`);
      else
        lines.push(
          `priority=20,in_port=${i + 1},ip,dl_dst=${ROUTER_MAC},nw_dst=${other.address},actions=` +
            `mod_dl_src:${ROUTER_MAC},mod_dl_dst:${other.mac},dec_ttl,${out}`,
        );
    }
  });
  return `${lines.join('\n')}\n`;
}

function addNeighbor({ namespace }: Guest, address: string, mac: string): void {
  run('ip', '-n', namespace, 'neigh', 'replace', address, 'lladdr', mac, 'dev', GUEST_DEVICE, 'nud', 'permanent');
}
