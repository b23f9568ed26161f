import { nearestName } from '../config/nearest.js';
import { covers, formatIpv4 } from '../types/ipv4.js';
import { type KindKey, singular } from './kindNames.js';
import type { FloatingIpObject, HostObject, Objects, RouterObject } from './model.js';

type ExternalAddress = NonNullable<HostObject['externalAddresses']>[number];

/** Names that a sentence lists; more are counted. */
const MOST_NAMED = 5;

/**
 * The objects without those of one kind that have these names. What belongs to them goes with them: interfaces with their router. Ports of a host
 * become unbound (dvr.md 5.1). What others still refer to is refused, a sentence each that names them, and so is a name that nothing has.
 * With `cascade` floating IPs of a port stay reserved, and what is forwarded to it no longer is; without, they keep it.
 */
export function withoutObjects(
  before: Objects,
  kind: KindKey,
  names: readonly string[],
  cascade = false,
): { readonly after: Objects; readonly refused: readonly string[] } {
  const gone = new Set(names);
  const there = new Set<string>(before[kind].map(({ name }) => name));
  const refused = [...gone]
    .filter((name) => !there.has(name))
    .map((name) => {
      const meant = nearestName(name, [...there]);
      return `there is no ${singular(kind)} ${name}${meant === undefined ? '' : `; did you mean ${meant}?`}`;
    });
  const stays = ({ name }: { readonly name: string }): boolean => !gone.has(name);
  const after = { ...before, [kind]: (before[kind] as readonly { readonly name: string }[]).filter(stays) } as Objects;
  switch (kind) {
    case 'hosts':
      return {
        after: {
          ...after,
          lports: before.lports.map((port) => unboundFrom(port, gone)),
          routers: before.routers.map((router) => withoutHosts(router, gone)),
        },
        refused: [...refused, ...lastHosts(before, gone)],
      };
    case 'lports':
      return {
        after: { ...after, floatingIps: before.floatingIps.map((one) => withoutPorts(one, gone)) },
        refused: [...refused, ...(cascade ? [] : [...gone].flatMap((name) => usersOfPort(before, name)))],
      };
    case 'networks':
      return { after, refused: [...refused, ...[...gone].flatMap((name) => usersOfNetwork(before, name))] };
    case 'subnets':
      return { after, refused: [...refused, ...[...gone].flatMap((name) => usersOfSubnet(before, name, gone))] };
    case 'routers':
      return {
        after: { ...after, rifs: before.rifs.filter(({ router }) => !gone.has(router)) },
        refused: [...refused, ...[...gone].flatMap((name) => usersOfRouter(before, name))],
      };
    default:
      return { after, refused };
  }
}

function unboundFrom(port: Objects['lports'][number], gone: ReadonlySet<string>): Objects['lports'][number] {
  const settled = { ...port, migratingTo: undefined, migratingNetns: undefined };
  if (port.host !== undefined && gone.has(port.host)) return { ...settled, host: undefined };
  return port.migratingTo !== undefined && gone.has(port.migratingTo) ? settled : port;
}

/** Where others are named it stays on those; see lastHosts. */
function withoutHosts(router: RouterObject, gone: ReadonlySet<string>): RouterObject {
  if (!router.gateways.some(({ hosts }) => hosts.some((host) => gone.has(host)))) return router;
  const gateways = router.gateways.map((one) => ({ ...one, hosts: one.hosts.filter((host) => !gone.has(host)) }));
  return { ...router, gateways };
}

/** No hosts are all hosts: that is not what is meant by removing the only ones. */
function lastHosts({ routers }: Objects, gone: ReadonlySet<string>): string[] {
  return routers.flatMap(({ name, gateways }) =>
    gateways
      .filter(({ hosts }) => hosts.length > 0 && hosts.every((host) => gone.has(host)))
      .map(
        ({ network, hosts }) =>
          `the gateway of router ${name} on ${network} may only be on ${hosts.join(', ')}; name others under its hosts first`,
      ),
  );
}

/** What is left of a floating IP is reserved, as the reference has it. */
function withoutPorts(floating: FloatingIpObject, gone: ReadonlySet<string>): FloatingIpObject {
  const { lport, forwardings } = floating;
  const left = forwardings.filter((one) => !gone.has(one.lport));
  const isAlone = lport === undefined || gone.has(lport);
  if (left.length === forwardings.length && (lport === undefined || !isAlone)) return floating;
  const none = { lport: undefined, fixed: undefined };
  const router = isAlone && left.length === 0 ? undefined : floating.router;
  return { ...floating, ...(isAlone ? none : {}), router, forwardings: left };
}

function usersOfPort({ floatingIps }: Objects, port: string): string[] {
  const own = floatingIps.filter(({ lport }) => lport === port).map(({ name }) => name);
  const forwarded = floatingIps.flatMap(({ name, forwardings }) =>
    forwardings.filter(({ lport }) => lport === port).map((one) => `${one.protocol} ${one.port} of floating ip ${name}`),
  );
  const all = [...inUse('lport', port, 'floating ip', own), ...inUse('lport', port, 'forwarding', forwarded)];
  return all.map((said) => `${said}, or take the port from them with --cascade`);
}

function usersOfNetwork({ hosts, subnets, lports, routers, floatingIps }: Objects, network: string): string[] {
  const on = (all: readonly { readonly name: string; readonly network: string }[]): string[] =>
    all.filter((one) => one.network === network).map(({ name }) => name);
  const gateways = routers.filter((router) => router.gateways.some((one) => one.network === network));
  return [
    ...inUse('network', network, 'subnet', on(subnets)),
    ...inUse('network', network, 'lport', on(lports)),
    ...inUse(
      'network',
      network,
      'gateway',
      gateways.map(({ name }) => `of router ${name}`),
    ),
    ...inUse('network', network, 'floating ip', on(floatingIps)),
    ...inUse(
      'network',
      network,
      'external address',
      addressesOfHosts(hosts, (one) => one.network === network),
    ),
  ];
}

function addressesOfHosts(hosts: Objects['hosts'], isMeant: (one: ExternalAddress) => boolean): string[] {
  return hosts.flatMap(({ name, externalAddresses = [] }) =>
    externalAddresses.filter(isMeant).map(({ address }) => `${formatIpv4(address)} of host ${name}`),
  );
}

function usersOfRouter({ floatingIps }: Objects, router: string): string[] {
  return inUse(
    'router',
    router,
    'floating ip',
    floatingIps.filter((one) => one.router === router).map(({ name }) => name),
  );
}

/** An address of a port has to be in a subnet of its network: in another one will do. */
function usersOfSubnet(
  { hosts, subnets, lports, routers, rifs, floatingIps }: Objects,
  name: string,
  gone: ReadonlySet<string>,
): string[] {
  const subnet = subnets.find((one) => one.name === name);
  if (subnet === undefined) return [];
  const others = subnets.filter((one) => one.network === subnet.network && !gone.has(one.name));
  const ports = lports.filter(
    ({ network, addresses }) =>
      network === subnet.network &&
      addresses.some((address) => covers(subnet.cidr, address) && !others.some(({ cidr }) => covers(cidr, address))),
  );
  const named = ports.map((port) => `${port.name} (${port.addresses.map(formatIpv4).join(', ')})`);
  const interfaces = rifs.filter((rif) => rif.subnet === name).map((rif) => `${rif.name} of router ${rif.router}`);
  const gateways = routers.filter((router) => router.gateways.some((one) => one.subnet === name));
  const isWithin = (one: ExternalAddress): boolean => one.network === subnet.network && covers(subnet.cidr, one.address);
  return [
    ...inUse('subnet', name, 'interface', interfaces),
    ...inUse('subnet', name, 'lport', named),
    ...inUse(
      'subnet',
      name,
      'gateway',
      gateways.map((router) => `of router ${router.name}`),
    ),
    ...inUse(
      'subnet',
      name,
      'floating ip',
      floatingIps.filter(isWithin).map((one) => one.name),
    ),
    ...inUse('subnet', name, 'external address', addressesOfHosts(hosts, isWithin)),
  ];
}

function inUse(kind: string, name: string, by: string, users: readonly string[]): string[] {
  if (users.length === 0) return [];
  const more = users.length > MOST_NAMED ? ` and ${users.length - MOST_NAMED} more` : '';
  const several = users.length === 1 ? '' : by.endsWith('s') ? 'es' : 's';
  return [
    `${kind} ${name} has ${by}${several} ${users.slice(0, MOST_NAMED).join(', ')}${more}; remove ${several ? 'them' : 'it'} first`,
  ];
}
