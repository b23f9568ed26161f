/**
 * The kernel, with routers made by hand as a distributed one has them: on each host a bridge and a vxlan device for each network, and addresses
 * to route by. Host n masquerades what its own guests and those of host 2 send to the external network; host 1 translates the address of guest a
 * one to one.
 */
import { writeFileSync } from 'node:fs';
import { isInstalled, run } from '../system/processes.js';
import { inside } from '../system/topology.js';
import type { Setup, Yardstick } from '../system/yardstick.js';
import {
  addHosts,
  addressGuest,
  BLUE,
  EXTERNAL_DEVICE,
  FLOATING,
  GATEWAY,
  GUEST_DEVICE,
  GUEST_MTU,
  type Host,
  type Hosts,
  RED,
  UNDERLAY_DEVICE,
  untilReached,
} from './hosts.js';
import type { NorthSouth } from './workloads.js';

export function kernel(): Yardstick<NorthSouth> {
  return {
    name: 'kernel',
    missing: () => (isInstalled('nft') ? undefined : 'nft (package nftables)'),
    async start(setup) {
      const hosts = addHosts('kernel');
      const all = [hosts.one, hosts.two, hosts.n];
      for (const [i, host] of all.entries()) addHost(host, all, i + 1);
      run('ip', '-n', hosts.one.namespace, 'addr', 'add', `${FLOATING}/24`, 'dev', EXTERNAL_DEVICE);
      run('ip', '-n', hosts.n.namespace, 'addr', 'add', `${GATEWAY}/24`, 'dev', EXTERNAL_DEVICE);
      const leaving = `type nat hook postrouting priority srcnat; oifname "${EXTERNAL_DEVICE}"`;
      translate(setup, hosts.one, {
        prerouting: `type nat hook prerouting priority dstnat; ip daddr ${FLOATING} dnat to ${hosts.a.address}`,
        postrouting: `${leaving} ip saddr ${hosts.a.address} snat to ${FLOATING}`,
      });
      translate(setup, hosts.n, { postrouting: `${leaving} masquerade` });
      addressGuests(hosts);
      untilReached(hosts);
      return { hosts, forwarders: [] };
    },
  };
}

/** Guest b leaves by host n, as whoever has no floating address does; to the other network each host routes for its own. */
function addressGuests({ a, b, c, d }: Hosts): void {
  addressGuest(a, '10.77.0.1');
  addressGuest(b, '10.77.0.3');
  addressGuest(c, '10.78.0.2');
  addressGuest(d, '10.77.0.3');
}

function addHost(host: Host, all: readonly Host[], last: number): void {
  const on = (...args: string[]) => run('ip', '-n', host.namespace, ...args);
  const mtu = String(GUEST_MTU);
  inside(host.namespace, 'sysctl', '-qw', 'net.ipv4.ip_forward=1');
  for (const vni of [RED, BLUE]) {
    on(
      'link',
      'add',
      `vx${vni}`,
      'type',
      'vxlan',
      'id',
      String(vni),
      'local',
      host.address,
      'dstport',
      '4789',
      'dev',
      UNDERLAY_DEVICE,
    );
    on('link', 'add', `br${vni}`, 'mtu', mtu, 'type', 'bridge');
    on('link', 'set', `vx${vni}`, 'mtu', mtu, 'master', `br${vni}`, 'up');
    on('link', 'set', `br${vni}`, 'up');
    on('addr', 'add', `10.${vni === RED ? 77 : 78}.0.${last}/24`, 'dev', `br${vni}`);
    for (const { address } of all)
      if (address !== host.address)
        run('bridge', '-n', host.namespace, 'fdb', 'append', '00:00:00:00:00:00', 'dev', `vx${vni}`, 'dst', address);
  }
  host.guests.forEach((guest, i) => {
    on('link', 'add', `g${i}`, 'type', 'veth', 'peer', 'name', GUEST_DEVICE, 'netns', guest.namespace);
    on('link', 'set', `g${i}`, 'mtu', mtu, 'master', `br${guest.network}`, 'up');
  });
}

function translate({ folder }: Setup, { name, namespace }: Host, chains: Readonly<Record<string, string>>): void {
  const file = `${folder}/kernel-${name}.nft`;
  const text = Object.entries(chains).map(([chain, rule]) => `  chain ${chain} {\n    ${rule}\n  }\n`);
  writeFileSync(file, `table ip nat {\n${text.join('')}}\n`);
  inside(namespace, 'nft', '-f', file);
}
