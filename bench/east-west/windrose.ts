/** Two gateway processes, each a host of one distributed router. */
import { existsSync, writeFileSync } from 'node:fs';
import { repository } from '../harness.js';
import { start, untilOutput } from '../system/processes.js';
import type { Yardstick } from '../system/yardstick.js';
import {
  addEndpoint,
  addHosts,
  addressGuest,
  BLUE,
  GUEST_DEVICE,
  type Guest,
  guestMtu,
  type Host,
  type Hosts,
  RED,
  untilReached,
} from './hosts.js';
import { type EastWest, running } from './running.js';

/** `root`: of the tree whose build is measured; another one, to compare with. */
export function windrose(mtu: number, name = 'windrose', root = repository): Yardstick<EastWest> {
  const program = `${root}/out/src/main.js`;
  return {
    name,
    missing: () => (existsSync(program) ? undefined : `${program} (npm run build)`),
    async start({ folder, placement }) {
      const hosts = addHosts(`${name}-${mtu}`, mtu);
      const home = `${folder}/${name}-${mtu}`;
      writeFileSync(`${home}-objects.yaml`, objects(hosts));
      const gateways = await Promise.all(
        [hosts.one, hosts.two].map(async (host, i) => {
          addEndpoint(host);
          const cpus = i === 0 ? placement.clientCpus : placement.serverCpus;
          writeFileSync(`${home}-${i}.yaml`, config(host, `h${i + 1}`, home, cpus));
          const gateway = start(`${home}-${i}.log`, process.execPath, [program, 'run', '--config', `${home}-${i}.yaml`]);
          await untilOutput(gateway, /spare worker warm/, 60);
          return gateway;
        }),
      );
      for (const guest of [hosts.a, hosts.b, hosts.c]) addressGuest(hosts, guest);
      untilReached(hosts);
      return running(hosts, gateways);
    },
  };
}

/** The worker is pinned, main is not: beside it on one CPU, an idle worker would not poll (D25). */
function config({ namespace, address }: Host, name: string, home: string, cpus: string): string {
  return `name: ${namespace}
host: { name: ${name}, vtep: { address: ${address}, netns: ${namespace} } }
objects: ${home}-objects.yaml
store: { directory: ${home}-${name}.store }
control: { socket: ${home}-${name}.sock }
ifaces: []
${cpus === '' ? '' : `cpus: [${cpus.split(',')[0]}]\n`}metrics: { listen: 127.0.0.1:0 }
`;
}

function objects(hosts: Hosts): string {
  const mtu = guestMtu(hosts);
  const port = (name: string, host: string, { namespace, mac, address, network }: Guest) =>
    `  - { name: ${name}, network: n${network}, mac: '${mac}', addresses: [${address}], host: ${host}, tap: ${GUEST_DEVICE}, netns: ${namespace} }`;
  return `underlayMtu: ${hosts.mtu}
hosts:
  - { name: h1, vtep: ${hosts.one.address}, mac: 'fa:16:3f:00:00:01' }
  - { name: h2, vtep: ${hosts.two.address}, mac: 'fa:16:3f:00:00:02' }
networks:
  - { name: n${RED}, type: vxlan, id: ${RED}, mtu: ${mtu} }
  - { name: n${BLUE}, type: vxlan, id: ${BLUE}, mtu: ${mtu} }
subnets:
  - { name: s${RED}, network: n${RED}, cidr: 10.77.0.0/24, gateway: ${hosts.b.gateway} }
  - { name: s${BLUE}, network: n${BLUE}, cidr: 10.78.0.0/24, gateway: ${hosts.c.gateway} }
lports:
${port('a', 'h1', hosts.a)}
${port('b', 'h2', hosts.b)}
${port('c', 'h2', hosts.c)}
routers:
  - name: r
    interfaces:
      - { name: i${RED}, subnet: s${RED}, address: ${hosts.b.gateway}, mac: '02:00:00:00:4d:01' }
      - { name: i${BLUE}, subnet: s${BLUE}, address: ${hosts.c.gateway}, mac: '02:00:00:00:4e:01' }
`;
}
