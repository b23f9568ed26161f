/** The kernel: on each host a bridge and a vxlan device for each network, and routing between the bridges. */
import { run } from '../system/processes.js';
import { inside } from '../system/topology.js';
import type { Yardstick } from '../system/yardstick.js';
import {
  addEndpoint,
  addGuestLink,
  addHosts,
  addressGuest,
  BLUE,
  guestMtu,
  type Host,
  type Hosts,
  RED,
  UNDERLAY_DEVICE,
  untilReached,
} from './hosts.js';
import { type EastWest, running } from './running.js';

/** Each host routes what its own guests send, as a distributed router does, but by an address of its own: the kernel learns where a MAC is. */
export function kernel(mtu: number): Yardstick<EastWest> {
  return {
    name: 'kernel',
    missing: () => undefined,
    async start() {
      const hosts = addHosts(`kernel-${mtu}`, mtu);
      addHost(hosts, hosts.one, hosts.two.address, 1);
      addHost(hosts, hosts.two, hosts.one.address, 2);
      addressGuest(hosts, hosts.a);
      addressGuest(hosts, { ...hosts.b, gateway: '10.77.0.2' });
      addressGuest(hosts, { ...hosts.c, gateway: '10.78.0.2' });
      untilReached(hosts);
      return running(hosts, []);
    },
  };
}

function addHost(hosts: Hosts, host: Host, peer: string, last: number): void {
  const on = (...args: string[]) => run('ip', '-n', host.namespace, ...args);
  const mtu = String(guestMtu(hosts));
  addEndpoint(host);
  inside(host.namespace, 'sysctl', '-qw', 'net.ipv4.ip_forward=1');
  for (const vni of [RED, BLUE]) {
    const ends = ['local', host.address, 'remote', peer, 'dstport', '4789', 'dev', UNDERLAY_DEVICE];
    on('link', 'add', `vx${vni}`, 'type', 'vxlan', 'id', String(vni), ...ends);
    on('link', 'add', `br${vni}`, 'mtu', mtu, 'type', 'bridge');
    on('link', 'set', `vx${vni}`, 'mtu', mtu, 'master', `br${vni}`, 'up');
    on('link', 'set', `br${vni}`, 'up');
    on('addr', 'add', `10.${vni === RED ? 77 : 78}.0.${last}/24`, 'dev', `br${vni}`);
  }
  host.guests.forEach((guest, i) => {
    addGuestLink(host, guest, `g${i}`);
    on('link', 'set', `g${i}`, 'mtu', mtu, 'master', `br${guest.network}`);
  });
}
