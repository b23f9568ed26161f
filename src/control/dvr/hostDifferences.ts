import type { Logger } from 'pino';
import type { HostConfig } from '../../config/config.js';
import type { Objects } from '../../objects/model.js';
import { formatIpv4 } from '../../types/ipv4.js';

/** Something that this host's configuration and the objects say differently of it. */
export interface HostDifference {
  /** Key of the configuration. */
  readonly place: 'host.physnets' | 'host.vtep.address' | 'host.mode';
  /** Port that it is about. */
  readonly port?: string;
  /** "192.0.2.1", "p1, p2", "none" */
  readonly configured: string;
  /** The same of the objects; of physical networks the one that is missing. */
  readonly objects: string;
  readonly message: string;
  readonly remedy: string;
}

type Known = Pick<HostConfig, 'name' | 'vtep' | 'physnets' | 'mode'>;

type Looked = Pick<Objects, 'hosts' | 'networks' | 'lports'>;

interface Named {
  readonly name: string;
}

/** What other hosts are told of this one and its configuration does not bear out; none while the objects do not name the host. */
export function hostDifferences(host: Known, { hosts }: Pick<Objects, 'hosts'>): HostDifference[] {
  const told = hosts.find(({ name }) => name === host.name);
  if (told === undefined) return [];
  const own = host.vtep === undefined ? 'none' : formatIpv4(host.vtep.address);
  const known = told.vtep === undefined ? 'none' : formatIpv4(told.vtep);
  const differences: HostDifference[] = missingPhysnets(host, { hosts }).map((name) => ({
    place: 'host.physnets',
    configured: host.physnets.map((one) => one.name).join(', ') || 'none',
    objects: name,
    message: 'the objects connect this host to a physical network that its configuration lacks; frames onto it are lost',
    remedy: `add ${name} with its device to host.physnets and restart, or take it out of physnets of host ${host.name} in the objects`,
  }));
  if (own !== known)
    differences.push({
      place: 'host.vtep.address',
      configured: own,
      objects: known,
      message: 'the objects and the configuration give this host different tunnel endpoints; others neither reach nor know it',
      remedy: `set host.vtep.address and restart, or vtep of host ${host.name} in the objects: both have to be one address`,
    });
  if (host.mode !== undefined && host.mode !== told.mode)
    differences.push({
      place: 'host.mode',
      configured: host.mode,
      objects: told.mode,
      message: 'the objects and the configuration give this host different modes; that of the objects holds',
      remedy: `set mode of host ${host.name} in the objects, or take host.mode out of the configuration`,
    });
  return differences;
}

/** Names of physical networks that the objects connect this host to, and its configuration does not name. */
export function missingPhysnets(
  { name, physnets }: Named & { readonly physnets: readonly Named[] },
  { hosts }: Pick<Objects, 'hosts'>,
): string[] {
  const here = new Set(physnets.map((one) => one.name));
  return (hosts.find((one) => one.name === name)?.physnets ?? []).filter((one) => !here.has(one));
}

/** Ports that are about to move to this host, and whose physical networks its configuration does not name: no frame of them comes or goes. */
function deadArrivals(host: Known, { lports, networks }: Looked): HostDifference[] {
  const here = new Set(host.physnets.map(({ name }) => name));
  const without = new Map(
    networks.flatMap(({ name, physnet }): [string, string][] =>
      physnet === undefined || here.has(physnet) ? [] : [[name, physnet]],
    ),
  );
  return lports.flatMap(({ name: port, network, migratingTo }): HostDifference[] => {
    const physnet = migratingTo === host.name ? without.get(network) : undefined;
    if (physnet === undefined) return [];
    return [
      {
        ...{ place: 'host.physnets', port, configured: [...here].join(', ') || 'none', objects: physnet },
        message: `port ${port} is about to move here, and its network has no device here`,
        remedy: `add ${physnet} with its device to host.physnets and restart, or apply the port without migratingTo`,
      },
    ];
  });
}

const NOT_THERE = 'this host is not among the objects; it forwards nothing of networks';
const GONE = 'this host is no more among the objects; it forwards nothing of networks';

/** Logs each difference once; one that has ended and comes again is another. */
export class DifferenceLog {
  #said: ReadonlySet<string> = new Set();
  /** Whether the objects had this host when they were last looked at; undefined: there were no hosts yet. */
  #there: boolean | undefined;

  constructor(private readonly log: Pick<Logger, 'warn'>) {}

  /** To be called whenever objects are taken over. */
  look(host: Known, objects: Looked): void {
    this.#lookForSelf(host, objects);
    const said = new Set<string>();
    for (const { message, ...about } of [...hostDifferences(host, objects), ...deadArrivals(host, objects)]) {
      const key = JSON.stringify(about);
      said.add(key);
      if (!this.#said.has(key)) this.log.warn({ host: host.name, ...about }, message);
    }
    this.#said = said;
  }

  /** A host that the objects lack has no ports, so no networks and no routers: nothing of them goes to the fabric or comes from it. */
  #lookForSelf({ name: host, vtep, physnets }: Known, { hosts }: Pick<Objects, 'hosts'>): void {
    const there = hosts.some(({ name }) => name === host);
    // A cloud begins without any.
    if (this.#there === undefined && hosts.length === 0) return;
    const own = [
      `name: ${host}`,
      ...(vtep === undefined ? [] : [`vtep: ${formatIpv4(vtep.address)}`]),
      ...(physnets.length === 0 ? [] : [`physnets: [${physnets.map(({ name }) => name).join(', ')}]`]),
    ];
    const remedy = `add { ${own.join(', ')} } under hosts: windrose apply FILE --merge; or stop this gateway`;
    if (this.#there !== false && !there) this.log.warn({ host, remedy }, this.#there === undefined ? NOT_THERE : GONE);
    this.#there = there;
  }
}
