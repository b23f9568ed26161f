/** Three gateway processes, each a host of one distributed router with a gateway to the external network. */
import { existsSync, writeFileSync } from 'node:fs';
import { repository } from '../harness.js';
import { start, untilOutput } from '../system/processes.js';
import type { Yardstick } from '../system/yardstick.js';
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
  UNDERLAY_MTU,
  UPSTREAM,
  untilReached,
} from './hosts.js';
import type { NorthSouth } from './workloads.js';

/** `root`: of the tree whose build is measured; another one, to compare with. */
export function windrose(name = 'windrose', root = repository): Yardstick<NorthSouth> {
  const program = `${root}/out/src/main.js`;
  return {
    name,
    missing: () => (existsSync(program) ? undefined : `${program} (npm run build)`),
    async start({ folder, placement }) {
      const hosts = addHosts(name);
      const home = `${folder}/${name}`;
      writeFileSync(`${home}-objects.yaml`, objects(hosts));
      const all = [hosts.one, hosts.two, hosts.n];
      const forwarders = await Promise.all(
        all.map(async (host) => {
          const cpus = host === hosts.n ? placement.serverCpus : placement.clientCpus;
          const file = `${home}-${host.name}`;
          writeFileSync(`${file}.yaml`, config(host, home, cpus));
          const gateway = start(`${file}.log`, process.execPath, [program, 'run', '--config', `${file}.yaml`]);
          await untilOutput(gateway, /spare worker warm/, 240);
          return gateway;
        }),
      );
      for (const { guests } of all) for (const guest of guests) addressGuest(guest, `10.${guest.network === RED ? 77 : 78}.0.1`);
      untilReached(hosts);
      return { hosts, forwarders };
    },
  };
}

/** The worker is pinned, main is not: beside it on one CPU, an idle worker would not poll (D25). */
function config({ name, namespace, address, upstreamPort }: Host, home: string, cpus: string): string {
  const physnets =
    upstreamPort === undefined ? '' : `, physnets: [{ name: up, packet: ${EXTERNAL_DEVICE}, netns: ${namespace} }]`;
  return `name: ${namespace}
host: { name: ${name}, vtep: { address: ${address}, netns: ${namespace} }${physnets} }
objects: ${home}-objects.yaml
store: { directory: ${home}-${name}.store }
control: { socket: ${home}-${name}.sock }
ifaces: []
${cpus === '' ? '' : `cpus: [${cpus.split(',')[0]}]\n`}metrics: { listen: 127.0.0.1:0 }
`;
}

/** Limits of hosts are off: one guest stands for many. */
function objects({ one, two, n }: Hosts): string {
  const ports = [one, two, n].flatMap(({ name, guests }) =>
    guests.map(
      ({ namespace, mac, address, network }) =>
        `  - { name: p${address}, network: n${network}, mac: '${mac}', addresses: [${address}], host: ${name}, tap: ${GUEST_DEVICE}, netns: ${namespace} }`,
    ),
  );
  const limits = '{ sessions: off, ports: off, halfOpen: off, newSessions: off }';
  return `underlayMtu: ${UNDERLAY_MTU}
hosts:
  - { name: h1, vtep: ${one.address}, mac: 'fa:16:3f:00:00:01', physnets: [up] }
  - { name: h2, vtep: ${two.address}, mac: 'fa:16:3f:00:00:02' }
  - { name: n, vtep: ${n.address}, mac: 'fa:16:3f:00:00:03', physnets: [up], mode: dvr_snat }
networks:
  - { name: n${RED}, type: vxlan, id: ${RED}, mtu: ${GUEST_MTU} }
  - { name: n${BLUE}, type: vxlan, id: ${BLUE}, mtu: ${GUEST_MTU} }
  - { name: ext, type: flat, physnet: up, external: true }
subnets:
  - { name: s${RED}, network: n${RED}, cidr: 10.77.0.0/24, gateway: 10.77.0.1 }
  - { name: s${BLUE}, network: n${BLUE}, cidr: 10.78.0.0/24, gateway: 10.78.0.1 }
  - { name: ext4, network: ext, cidr: 198.51.100.0/24, gateway: ${UPSTREAM} }
lports:
${ports.join('\n')}
routers:
  - name: r
    interfaces:
      - { name: i${RED}, subnet: s${RED}, address: 10.77.0.1, snat: 10.77.0.3 }
      - { name: i${BLUE}, subnet: s${BLUE}, address: 10.78.0.1, snat: 10.78.0.3 }
    gateways:
      - { network: ext, address: ${GATEWAY}, zones: [{ name: all, match: 0.0.0.0/0, localAddresses: [${GATEWAY}], hostLimits: ${limits} }] }
floatingIps:
  - { address: ${FLOATING}, network: ext, lport: p${one.guests[0]!.address} }
`;
}
