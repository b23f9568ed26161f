import { PHYSNET, tapOf } from './devices.js';
import type { CloudWorld, Scene } from './scene.js';
import { EXTERNAL, HOSTS, NETWORKS, UP } from './topology.js';

/** The file of objects, the same for all hosts. */
export function objectsText(world: CloudWorld, { router, guests, external, gatewayKeys, floatingIps }: Scene): string {
  const physnets = external ? `, physnets: [${PHYSNET}]` : '';
  const hosts = HOSTS.map(
    ({ name, vtep, mac, mode }) => `{ name: ${name}, vtep: ${vtep}, mac: "${mac}", mode: ${mode}${physnets} }`,
  );
  const networks = NETWORKS.map(({ name, vni }) => `{ name: ${name}, type: vxlan, id: ${vni} }`);
  const subnets = NETWORKS.map(
    ({ name, cidr, gateway }) => `{ name: ${name}4, network: ${name}, cidr: ${cidr}, gateway: ${gateway} }`,
  );
  if (external) {
    networks.push(`{ name: ${EXTERNAL.name}, type: flat, physnet: ${PHYSNET}, external: true }`);
    subnets.push(`{ name: ${EXTERNAL.name}4, network: ${EXTERNAL.name}, cidr: ${EXTERNAL.cidr}, gateway: ${UP.address} }`);
  }
  const ports = guests.map((guest) => {
    const { name, network, mac, address, host } = guest;
    const place = `host: ${host.name}, tap: ${tapOf(guest)}, netns: ${world[name]}`;
    return `{ name: ${name}, network: ${network.name}, mac: "${mac}", addresses: [${address}], ${place} }`;
  });
  const rifs = NETWORKS.map(({ name, gatewayMac, snat, snatMac }) => {
    const service = external ? `, snat: ${snat}, snatMac: "${snatMac}"` : '';
    return `{ name: qr-${name}, subnet: ${name}4, mac: "${gatewayMac}"${service} }`;
  });
  const keys = gatewayKeys === undefined ? '' : `, ${gatewayKeys}`;
  const gateway = `{ network: ${EXTERNAL.name}, address: ${EXTERNAL.gateway}, mac: "${EXTERNAL.gatewayMac}"${keys} }`;
  return [
    `hosts:${list(hosts)}`,
    `networks:${list(networks)}`,
    `subnets:${list(subnets)}`,
    `lports:${list(ports)}`,
    `routers:\n  - name: ${router}\n    interfaces:${list(rifs, '      ')}`,
    ...(external ? [`    gateways:${list([gateway], '      ')}`] : []),
    ...(floatingIps === undefined ? [] : [`floatingIps:${list(floatingIps)}`]),
    '',
  ].join('\n');
}

function list(lines: readonly string[], indent = '  '): string {
  return lines.map((line) => `\n${indent}- ${line}`).join('');
}
