import { join } from 'node:path';

/** What the hosts of a cloud have in common. */
export interface CloudKeys {
  /** Where sockets and stores are. */
  readonly folder: string;
  readonly workers: number;
  /** Whether the device `trunk` leads to a physical network. */
  readonly physnet: boolean | 'two';
  /** More keys of `host`. */
  readonly more: string;
  /** `store` of every host; undefined: each has a directory, and takes the objects from the file at each start. */
  readonly sharedStore: string | undefined;
  /** File of objects. */
  readonly objects: string;
}

/** Configuration of one host, whose tunnels end in a namespace that its name is made of. */
export function cloudConfig(host: string, { address, netns }: { address: string; netns: string }, keys: CloudKeys): string {
  const one = `{ name: physnet1, packet: trunk, netns: ${netns} }`;
  const two = keys.physnet === 'two' ? `, { name: physnet2, packet: trunk2, netns: ${netns} }` : '';
  const physnets = keys.physnet ? `, physnets: [${one}${two}]` : '';
  const more = keys.more === '' ? '' : `, ${keys.more}`;
  return [
    `name: ${netns}`,
    `workers: ${keys.workers}`,
    'ifaces: []',
    `host: { name: ${host}, vtep: { address: ${address}, netns: ${netns} }${physnets}${more} }`,
    ...(keys.sharedStore === undefined ? [`objects: ${keys.objects}`] : []),
    `store: ${keys.sharedStore ?? `{ directory: ${join(keys.folder, `${host}.store`)} }`}`,
    `control: { socket: ${join(keys.folder, `${host}.sock`)} }`,
    'metrics: { listen: 127.0.0.1:0 }',
    '',
  ].join('\n');
}
