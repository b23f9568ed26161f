import { nearestName } from '../config/nearest.js';
import { covers, formatIpv4 } from '../types/ipv4.js';
import { type KindKey, singular } from './kindNames.js';
import type { Objects } from './model.js';

/** Names that a sentence lists; more are counted. */
const MOST_NAMED = 5;

/**
 * The objects without those of one kind that have these names. What belongs to them goes with them: interfaces with their router. Ports of a host
 * become unbound (dvr.md 5.1). What others still refer to is refused, a sentence each that names them, and so is a name that nothing has.
 */
export function withoutObjects(
  before: Objects,
  kind: KindKey,
  names: readonly string[],
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
      return { after: { ...after, lports: before.lports.map((port) => unboundFrom(port, gone)) }, refused };
    case 'networks':
      return { after, refused: [...refused, ...[...gone].flatMap((name) => usersOfNetwork(before, name))] };
    case 'subnets':
      return { after, refused: [...refused, ...[...gone].flatMap((name) => usersOfSubnet(before, name, gone))] };
    case 'routers':
      return { after: { ...after, rifs: before.rifs.filter(({ router }) => !gone.has(router)) }, refused };
    default:
      return { after, refused };
  }
}

function unboundFrom(port: Objects['lports'][number], gone: ReadonlySet<string>): Objects['lports'][number] {
  const settled = { ...port, migratingTo: undefined, migratingNetns: undefined };
  if (port.host !== undefined && gone.has(port.host)) return { ...settled, host: undefined };
  return port.migratingTo !== undefined && gone.has(port.migratingTo) ? settled : port;
}

function usersOfNetwork({ subnets, lports }: Objects, network: string): string[] {
  const on = (all: readonly { readonly name: string; readonly network: string }[]): string[] =>
    all.filter((one) => one.network === network).map(({ name }) => name);
  return [...inUse('network', network, 'subnet', on(subnets)), ...inUse('network', network, 'lport', on(lports))];
}

/** An address of a port has to be in a subnet of its network: in another one will do. */
function usersOfSubnet({ subnets, lports, rifs }: Objects, name: string, gone: ReadonlySet<string>): string[] {
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
  return [...inUse('subnet', name, 'interface', interfaces), ...inUse('subnet', name, 'lport', named)];
}

function inUse(kind: string, name: string, by: string, users: readonly string[]): string[] {
  if (users.length === 0) return [];
  const more = users.length > MOST_NAMED ? ` and ${users.length - MOST_NAMED} more` : '';
  const several = users.length === 1 ? '' : 's';
  return [
    `${kind} ${name} has ${by}${several} ${users.slice(0, MOST_NAMED).join(', ')}${more}; remove ${several ? 'them' : 'it'} first`,
  ];
}
