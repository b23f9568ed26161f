import { once } from '../../config/checks/ifaces.js';
import type { Path, Report } from '../../config/issues.js';
import { nearestName, someOf } from '../../config/nearest.js';
import type { Placed } from '../../config/placed.js';
import { showValue } from '../../config/scalar.js';
import type { ObjectsDraft } from '../draft.js';

type Named = Placed<{ readonly name: string }>;

/** Names: each once within its kind, and every one that is mentioned is there, letter by letter (LP 1776255 of Neutron). */
export function checkReferences(draft: ObjectsDraft, report: Report): void {
  const kinds = { host: draft.hosts, network: draft.networks, subnet: draft.subnets, lport: draft.lports, router: draft.routers };
  for (const [kind, items] of Object.entries(kinds))
    once<{ readonly name: string }>(
      items,
      ({ name }) => name,
      () => 'name',
      `${kind} name`,
      'Give each its own name.',
      report,
    );
  once(
    draft.rifs,
    ({ name }) => name,
    () => 'name',
    'interface name',
    'Write another name for one of them.',
    report,
  );
  const refer = (
    path: Path,
    name: string | undefined,
    kind: 'host' | 'network' | 'subnet',
    items: readonly Named[],
    known: ReadonlySet<string>,
  ): void => {
    if (name === undefined || known.has(name) || !draft.complete[`${kind}s`]) return;
    const names = items.map(({ value }) => value.name);
    const meant = nearestName(name, names);
    const remedy = meant === undefined ? otherwise(kind, names) : `Did you mean "${meant}"?`;
    report('error', path, `there is no ${kind} ${showValue(name)}`, remedy);
  };
  const namesOf = (items: readonly Named[]): Set<string> => new Set(items.map(({ value }) => value.name));
  const [hosts, networks, subnets] = [namesOf(draft.hosts), namesOf(draft.networks), namesOf(draft.subnets)];
  for (const { value, path } of draft.subnets) refer([...path, 'network'], value.network, 'network', draft.networks, networks);
  for (const { value, path } of draft.lports) {
    refer([...path, 'network'], value.network, 'network', draft.networks, networks);
    refer([...path, 'host'], value.host, 'host', draft.hosts, hosts);
    refer([...path, 'migratingTo'], value.migratingTo, 'host', draft.hosts, hosts);
  }
  for (const { value, path } of draft.rifs) refer([...path, 'subnet'], value.subnet, 'subnet', draft.subnets, subnets);
}

function otherwise(kind: string, names: readonly string[]): string {
  if (names.length === 0) return `Add it to ${kind}s.`;
  return `${kind.charAt(0).toUpperCase()}${kind.slice(1)}s: ${someOf(names)}. Add it to ${kind}s, or use one of those.`;
}
