import { run } from '../processes.js';
import type { World } from '../world.js';

/**
 * The set-up of the dsnat document: client 1.1.1.1 behind gateway address 1.1.100.1, server 1.2.1.4, zone 1.1.0.0/16 with local
 * addresses 1.2.100.1 and .2, default zone with .3. A guest on a second inside interface, outside the first zone's prefix, falls into the latter.
 * The devices lan, guests and wan are TAPs of the gateway, each lying in the namespace of the host that uses it.
 */
export const SERVER = '1.2.1.4';
const CLIENT = '1.1.1.1';
const GUEST = '1.3.1.1';
export const TENANT_ADDRESSES: readonly string[] = ['1.2.100.1', '1.2.100.2'];
export const DEFAULT_ADDRESSES: readonly string[] = ['1.2.100.3'];
export const GATEWAY = 'demo';

/** Namespaces: client inside, a second inside host, the gateway process, the server outside. */
export const LABELS = ['client', 'guest', 'gateway', 'server'] as const;
export type DsnatWorld = World<(typeof LABELS)[number]>;

/** The gateway's configuration in the demo. */
export function demoConfig(world: DsnatWorld): string {
  return `name: ${GATEWAY}
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
`;
}

/** Gives the hosts their addresses and routes: the TAPs exist once the gateway runs. */
export function addAddresses({ client, guest, server }: DsnatWorld): void {
  run('ip', '-n', client, 'addr', 'add', `${CLIENT}/16`, 'dev', 'lan');
  run('ip', '-n', client, 'route', 'add', 'default', 'via', '1.1.100.1');
  run('ip', '-n', guest, 'addr', 'add', `${GUEST}/16`, 'dev', 'guests');
  run('ip', '-n', guest, 'route', 'add', 'default', 'via', '1.3.100.1');
  run('ip', '-n', server, 'addr', 'add', `${SERVER}/16`, 'dev', 'wan');
}
