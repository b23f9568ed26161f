import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startGateway } from '../gateway.js';
import { pause, run } from '../processes.js';
import { makeWorld } from '../world.js';
import { externalLink, PHYSNET, TRUNK, tapOf, UPLINK } from './devices.js';
import { objectsText } from './objects.js';
import { type CloudWorld, labelsOf, type Scene } from './scene.js';
import { HOSTS, type Host, UP } from './topology.js';

/**
 * Three hosts, each a gateway process in a namespace, on a bridge as fabric, and a namespace for every guest. A second bridge is
 * the external network, with a namespace as upstream router.
 *
 *   guest [ tap-a1 ] === gateway process ~~ host's namespace [ fab ]--veth--[ h1 ] bridge [ h2 ]--veth--[ fab ] ...
 *                                                            [ trunk ]-veth-[ h1x ] bridge [ upx ]-veth-[ up0 ] upstream
 */

/** The namespaces of a demo, its bridges, and every host on them. */
export async function prepare(scene: Scene): Promise<CloudWorld> {
  const world: CloudWorld = makeWorld(labelsOf(scene));
  makeBridge(world, 'br0');
  for (const { name, vtep } of HOSTS) {
    plug(world, 'br0', name, world[name], 'fab');
    run('ip', '-n', world[name], 'addr', 'add', `${vtep}/24`, 'dev', 'fab');
  }
  if (scene.external) makeExternal(world);
  const ports = HOSTS.flatMap((host) => (scene.external ? [host.name, externalLink(host)] : [host.name]));
  for (const port of ports) await untilForwards(world.fabric, port);
  return world;
}

function makeBridge(world: CloudWorld, bridge: string): void {
  run('ip', '-n', world.fabric, 'link', 'add', bridge, 'type', 'bridge');
  run('ip', '-n', world.fabric, 'link', 'set', bridge, 'up');
}

/** A veth pair from a bridge into a namespace. */
function plug(world: CloudWorld, bridge: string, port: string, netns: string, device: string): void {
  run('ip', '-n', netns, 'link', 'add', device, 'type', 'veth', 'peer', 'name', port, 'netns', world.fabric);
  run('ip', '-n', netns, 'link', 'set', device, 'up');
  run('ip', '-n', world.fabric, 'link', 'set', 'dev', port, 'master', bridge, 'up');
}

/** The external network, with the rest of the world as an address of the upstream router. */
function makeExternal(world: CloudWorld): void {
  const netns = world[UP.name];
  makeBridge(world, 'br1');
  for (const host of HOSTS) plug(world, 'br1', externalLink(host), world[host.name], TRUNK);
  plug(world, 'br1', 'upx', netns, UPLINK);
  run('ip', '-n', netns, 'link', 'set', UPLINK, 'address', UP.mac);
  run('ip', '-n', netns, 'addr', 'add', `${UP.address}/24`, 'dev', UPLINK);
  run('ip', '-n', netns, 'addr', 'add', `${UP.internet}/32`, 'dev', 'lo');
}

/** A port of a bridge drops what comes before the kernel has found its link up. */
async function untilForwards(netns: string, port: string): Promise<void> {
  for (const end = Date.now() + 5000; Date.now() < end; await pause(10)) {
    if (/ state UP /.test(run('ip', '-n', netns, '-o', 'link', 'show', 'dev', port))) return;
  }
  throw new Error(`the link of ${port} to its bridge does not come up`);
}

/** The configuration of one host: who it is, and where the objects are. */
function hostConfig(world: CloudWorld, { name, vtep }: Host, { external }: Scene, objects: string): string {
  const physnets = external ? `, physnets: [{ name: ${PHYSNET}, packet: ${TRUNK} }]` : '';
  return `name: ${name}
ifaces: []
host: { name: ${name}, vtep: { address: ${vtep} }${physnets} }
objects: ${objects}
store: { directory: ${join(world.folder, `${name}.store`)} }
`;
}

/** Starts the gateways of all hosts and gives the guests their addresses: the TAPs exist once they run. */
export async function startHosts(world: CloudWorld, scene: Scene): Promise<void> {
  const objects = join(world.folder, 'objects.yaml');
  writeFileSync(objects, objectsText(world, scene));
  await Promise.all(
    HOSTS.map((host) => startGateway(world, world[host.name], host.name, hostConfig(world, host, scene, objects))),
  );
  for (const guest of scene.guests) {
    const netns = world[guest.name];
    const device = tapOf(guest);
    run('ip', '-n', netns, 'link', 'set', 'dev', device, 'address', guest.mac, 'up');
    run('ip', '-n', netns, 'addr', 'add', `${guest.address}/24`, 'dev', device);
    run('ip', '-n', netns, 'route', 'add', 'default', 'via', guest.network.gateway);
  }
}
