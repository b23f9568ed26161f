import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startGateway } from '../gateway.js';
import { pause, run } from '../processes.js';
import type { World } from '../world.js';
import { GUESTS, type Guest, HOSTS, type Host, NETWORKS } from './topology.js';

/**
 * Three hosts, each a gateway process in a namespace, on a bridge as fabric, and a namespace for every guest.
 *
 *   guest [ tap-a1 ] === gateway process ~~ host's namespace [ fab ]--veth--[ h1 ] bridge [ h2 ]--veth--[ fab ] ...
 */
export const LABELS = ['fabric', 'h1', 'h2', 'n', 'a1', 'a3', 'b1', 'a2', 'b2'] as const;
export type DvrWorld = World<(typeof LABELS)[number]>;

export function tapOf(guest: Guest): string {
  return `tap-${guest.name}`;
}

/** The bridge, and every host on it. */
export async function makeFabric(world: DvrWorld): Promise<void> {
  run('ip', '-n', world.fabric, 'link', 'add', 'br0', 'type', 'bridge');
  run('ip', '-n', world.fabric, 'link', 'set', 'br0', 'up');
  for (const { name, vtep } of HOSTS) {
    const netns = world[name];
    run('ip', '-n', netns, 'link', 'add', 'fab', 'type', 'veth', 'peer', 'name', name, 'netns', world.fabric);
    run('ip', '-n', netns, 'addr', 'add', `${vtep}/24`, 'dev', 'fab');
    run('ip', '-n', netns, 'link', 'set', 'fab', 'up');
    run('ip', '-n', world.fabric, 'link', 'set', 'dev', name, 'master', 'br0', 'up');
  }
  for (const { name } of HOSTS) await untilForwards(world.fabric, name);
}

/** A port of a bridge drops what comes before the kernel has found its link up. */
async function untilForwards(netns: string, port: string): Promise<void> {
  for (const end = Date.now() + 5000; Date.now() < end; await pause(10)) {
    if (/ state UP /.test(run('ip', '-n', netns, '-o', 'link', 'show', 'dev', port))) return;
  }
  throw new Error(`the link of ${port} to the fabric does not come up`);
}

/** The file of objects, the same for all hosts. */
export function objectsText(world: DvrWorld): string {
  const hosts = HOSTS.map(({ name, vtep, mac, mode }) => `{ name: ${name}, vtep: ${vtep}, mac: "${mac}", mode: ${mode} }`);
  const networks = NETWORKS.map(({ name, vni }) => `{ name: ${name}, type: vxlan, id: ${vni} }`);
  const subnets = NETWORKS.map(
    ({ name, cidr, gateway }) => `{ name: ${name}4, network: ${name}, cidr: ${cidr}, gateway: ${gateway} }`,
  );
  const ports = GUESTS.map((guest) => {
    const { name, network, mac, address, host } = guest;
    const place = `host: ${host.name}, tap: ${tapOf(guest)}, netns: ${world[name]}`;
    return `{ name: ${name}, network: ${network.name}, mac: "${mac}", addresses: [${address}], ${place} }`;
  });
  const rifs = NETWORKS.map(({ name, gatewayMac }) => `{ name: qr-${name}, subnet: ${name}4, mac: "${gatewayMac}" }`);
  const list = (lines: readonly string[], indent = '  '): string => lines.map((line) => `\n${indent}- ${line}`).join('');
  return [
    `hosts:${list(hosts)}`,
    `networks:${list(networks)}`,
    `subnets:${list(subnets)}`,
    `lports:${list(ports)}`,
    `routers:\n  - name: distributed\n    interfaces:${list(rifs, '      ')}`,
    '',
  ].join('\n');
}

/** The configuration of one host: who it is, and where the objects are. */
export function hostConfig(world: DvrWorld, { name, vtep }: Host, objects: string): string {
  return `name: ${name}
ifaces: []
host: { name: ${name}, vtep: { address: ${vtep} } }
objects: ${objects}
store: { directory: ${join(world.folder, `${name}.store`)} }
`;
}

/** Starts the gateways of all hosts and gives the guests their addresses: the TAPs exist once they run. */
export async function startHosts(world: DvrWorld): Promise<void> {
  const objects = join(world.folder, 'objects.yaml');
  writeFileSync(objects, objectsText(world));
  await Promise.all(HOSTS.map((host) => startGateway(world, world[host.name], host.name, hostConfig(world, host, objects))));
  for (const guest of GUESTS) {
    const netns = world[guest.name];
    const device = tapOf(guest);
    run('ip', '-n', netns, 'link', 'set', 'dev', device, 'address', guest.mac, 'up');
    run('ip', '-n', netns, 'addr', 'add', `${guest.address}/24`, 'dev', device);
    run('ip', '-n', netns, 'route', 'add', 'default', 'via', guest.network.gateway);
  }
}
