import { once } from '../../config/checks/ifaces.js';
import type { Path, Report } from '../../config/issues.js';
import { nearestName, someOf } from '../../config/nearest.js';
import { showValue } from '../../config/scalar.js';
import type { ObjectsDraft } from '../draft.js';
import { KIND_KEYS, singular } from '../kindNames.js';
import type { Objects } from '../model.js';

/**
 * Names: each once within its kind, and every one that is mentioned is there, letter by letter (LP 1776255 of Neutron). `gone`:
 * objects that go where the file does not name them.
 */
export function checkReferences(draft: ObjectsDraft, report: Report, gone?: Objects): void {
  for (const kind of KIND_KEYS)
    once<{ readonly name: string }>(
      draft[kind],
      ({ name }) => name,
      () => 'name',
      `${singular(kind)} name`,
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
  type Referred = 'host' | 'network' | 'subnet' | 'lport';
  const names = (kind: Referred): string[] => draft[`${kind}s`].map(({ value }) => value.name);
  const known: Readonly<Record<Referred, ReadonlySet<string>>> = {
    host: new Set(names('host')),
    network: new Set(names('network')),
    subnet: new Set(names('subnet')),
    lport: new Set(names('lport')),
  };
  const refer = (path: Path, name: string | undefined, kind: Referred): void => {
    if (name === undefined || known[kind].has(name) || !draft.complete[`${kind}s`]) return;
    const meant = nearestName(name, names(kind));
    if (gone?.[`${kind}s`].some((one) => one.name === name)) {
      report('error', path, `there is no ${kind} ${showValue(name)} in the file, and the one there is would be removed`, MERGE);
      return;
    }
    const remedy = meant === undefined ? otherwise(kind, names(kind)) : `Did you mean "${meant}"?`;
    report('error', path, `there is no ${kind} ${showValue(name)}`, remedy);
  };
  for (const { value, path } of draft.subnets) refer([...path, 'network'], value.network, 'network');
  for (const { value, path } of draft.lports) {
    refer([...path, 'network'], value.network, 'network');
    refer([...path, 'host'], value.host, 'host');
    refer([...path, 'migratingTo'], value.migratingTo, 'host');
  }
  for (const { value, path } of draft.rifs) refer([...path, 'subnet'], value.subnet, 'subnet');
  for (const { value, path } of draft.gateways) {
    refer([...path, 'network'], value.network, 'network');
    refer([...path, 'subnet'], value.subnet, 'subnet');
    for (const [i, host] of value.hosts.entries()) refer([...path, 'hosts', i], host, 'host');
  }
  for (const { value, path } of draft.hosts)
    for (const [i, { network }] of value.externalAddresses.entries())
      refer([...path, 'externalAddresses', i, 'network'], network, 'network');
  for (const { value, path } of draft.floatingIps) {
    refer([...path, 'network'], value.network, 'network');
    refer([...path, 'lport'], value.lport, 'lport');
    for (const [i, { lport }] of value.forwardings.entries()) refer([...path, 'forwardings', i, 'lport'], lport, 'lport');
  }
}

const MERGE = 'Apply it with --merge, which keeps what the file does not name; or write that in the file too.';

function otherwise(kind: string, names: readonly string[]): string {
  if (names.length === 0) return `Add it to ${kind}s.`;
  return `${kind.charAt(0).toUpperCase()}${kind.slice(1)}s: ${someOf(names)}. Add it to ${kind}s, or use one of those.`;
}
