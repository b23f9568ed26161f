import { formatPath, type Path, type Report } from '../../config/issues.js';
import { derived } from '../derivedNames.js';
import type { ObjectsDraft } from '../draft.js';
import { hasSnat } from '../rifDraft.js';

/** A name that something has or will be given. */
interface Named {
  readonly name: string;
  readonly path: Path;
  /** In words. */
  readonly what: string;
}

/**
 * Names that follow from those of objects: no two interfaces, and no two routers, of whatever kind, may have one, for tables and listings of a host
 * know them by it.
 */
export function checkDerivedNames(draft: ObjectsDraft, report: Report): void {
  once(interfacesOf(draft), 'interface', report);
  once(routersOf(draft), 'router', report);
}

function interfacesOf({ networks, routers, rifs, gateways, floatingIps }: ObjectsDraft): Named[] {
  const withService = new Set(routers.flatMap(({ value }) => (hasSnat(value) ? [value.name] : [])));
  const perFip = new Set(networks.flatMap(({ value }) => (value.floatingMac === 'perFip' ? [value.name] : [])));
  const external = networks.filter(({ value }) => value.external);
  return [
    ...rifs.map(({ value: { name }, path }) => ({ name, path, what: `interface ${name}` })),
    ...rifs
      .filter(({ value }) => withService.has(value.router))
      .map(({ value: { name }, path }) => ({
        name: derived.snatRif(name),
        path,
        what: `the SNAT service's interface beside ${name}`,
      })),
    ...gateways.flatMap(({ value: { router, network, isFirst }, path }) => [
      { name: derived.gatewayRif(router, network, isFirst), path, what: `the gateway of router ${router} on network ${network}` },
      {
        name: derived.routerSide(router, network, isFirst),
        path,
        what: `router ${router}'s link to the exit of network ${network}`,
      },
      {
        name: derived.exitSide(router, network, isFirst),
        path,
        what: `the link of the exit of network ${network} to router ${router}`,
      },
    ]),
    ...external.map(({ value: { name }, path }) => ({ name: derived.exitRif(name), path, what: `the exit of network ${name}` })),
    ...floatingIps.flatMap(({ value: { address, network, name }, path }) =>
      address === undefined || !perFip.has(network)
        ? []
        : [{ name: derived.floatingRif(address), path, what: `the interface of floating IP ${name}` }],
    ),
  ];
}

function routersOf({ networks, routers }: ObjectsDraft): Named[] {
  const external = networks.filter(({ value }) => value.external);
  return [
    ...routers.map(({ value: { name }, path }) => ({ name, path, what: `router ${name}` })),
    ...routers
      .filter(({ value }) => hasSnat(value))
      .map(({ value: { name }, path }) => ({ name: derived.service(name), path, what: `the SNAT service of router ${name}` })),
    ...external.map(({ value: { name }, path }) => ({ name: derived.exit(name), path, what: `the exit of network ${name}` })),
  ];
}

function once(all: readonly Named[], kind: string, report: Report): void {
  const first = new Map<string, Named>();
  for (const one of all) {
    const other = first.get(one.name);
    if (other === undefined) first.set(one.name, one);
    // Of two objects with one name it is said elsewhere.
    else if (one.what !== other.what)
      report(
        'error',
        [...one.path, 'name'],
        `${one.what} would be called ${one.name}, as is ${other.what}: ${formatPath(other.path)}`,
        `Give one of the two another name: a ${kind} is known by it.`,
        other.path,
      );
  }
}
