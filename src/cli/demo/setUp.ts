import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Background, run, start, untilOutput } from './processes.js';
import { inside, type World } from './world.js';

/**
 * The set-up of the dsnat document: client 1.1.1.1 behind gateway address 1.1.100.1, server 1.2.1.4, zone 1.1.0.0/16 with local
 * addresses 1.2.100.1 and .2, default zone with .3. A guest on a second inside interface, outside the first zone's prefix, falls into the latter.
 * The devices lan, guests and wan are TAPs of the gateway, each lying in the namespace of the host that uses it.
 */
export const SERVER = '1.2.1.4';
export const CLIENT = '1.1.1.1';
export const GUEST = '1.3.1.1';
export const TENANT_ADDRESSES: readonly string[] = ['1.2.100.1', '1.2.100.2'];
export const DEFAULT_ADDRESSES: readonly string[] = ['1.2.100.3'];
export const METRICS_URL = 'http://127.0.0.1:9473/metrics';

export const mainFile = fileURLToPath(new URL('../../main.js', import.meta.url));
const peerFile = fileURLToPath(new URL('./peer.js', import.meta.url));

/** The gateway's configuration in the demo. */
export function demoConfig(world: World): string {
  return `name: demo
ifaces:
  - name: lan
    tap: lan
    netns: ${world.client}
    role: inside
    addresses: [1.1.100.1/16]
  - name: guests
    tap: guests
    netns: ${world.guest}
    role: inside
    addresses: [1.3.100.1/16]
  - name: wan
    tap: wan
    netns: ${world.server}
    role: outside
    addresses: [1.2.100.4/16]
zones:
  - { name: tenants, match: 1.1.0.0/16, localAddresses: [${TENANT_ADDRESSES.join(', ')}] }
  - { name: default, match: 0.0.0.0/0, localAddresses: [${DEFAULT_ADDRESSES.join(', ')}] }
control: { socket: ${controlSocket(world)} }
`;
}

export function controlSocket(world: World): string {
  return join(world.folder, 'control.sock');
}

/** Starts the gateway in its own namespace (its /metrics port is free there) and waits until it forwards. */
export async function startGateway(world: World): Promise<Background> {
  const config = join(world.folder, 'dsnat.yaml');
  mkdirSync(world.folder, { recursive: true });
  writeFileSync(config, demoConfig(world));
  const command = inside(world.gateway, process.execPath, mainFile, 'run', '--config', config);
  const gateway = start(join(world.folder, 'gateway.log'), ...command);
  await untilOutput(gateway, 'the gateway', /"msg":"ready"/, 20_000);
  return gateway;
}

/** Gives the hosts their addresses and routes: the TAPs exist once the gateway runs. */
export function addAddresses({ client, guest, server }: World): void {
  run('ip', '-n', client, 'addr', 'add', `${CLIENT}/16`, 'dev', 'lan');
  run('ip', '-n', client, 'route', 'add', 'default', 'via', '1.1.100.1');
  run('ip', '-n', guest, 'addr', 'add', `${GUEST}/16`, 'dev', 'guests');
  run('ip', '-n', guest, 'route', 'add', 'default', 'via', '1.3.100.1');
  run('ip', '-n', server, 'addr', 'add', `${SERVER}/16`, 'dev', 'wan');
}

/** A command that runs the small program of the demo inside a namespace. */
export function peer(namespace: string, ...args: readonly string[]): readonly ['ip', ...string[]] {
  return inside(namespace, process.execPath, peerFile, ...args);
}
