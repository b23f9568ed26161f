import { formatPath, type Path, type Report } from '../../config/issues.js';
import { nearestName, someOf } from '../../config/nearest.js';
import { showValue } from '../../config/scalar.js';
import { formatPrefix } from '../../types/ipv4.js';
import type { ObjectsDraft } from '../draft.js';
import type { SubnetDraft } from '../subnetDraft.js';
import { overlap } from './subnets.js';

/** What names `network` at `path` needs an external one; undefined: there is none, which is said elsewhere. */
export function checkIsExternal(
  network: ObjectsDraft['networks'][number]['value'] | undefined,
  path: Path,
  report: Report,
): void {
  if (network !== undefined && !network.external)
    report(
      'error',
      [...path, 'network'],
      `network ${network.name} is not external`,
      'Write "external: true" for the network, or name another one.',
    );
}

/** External networks: addresses apart from those of every other one, and what is said of one alone said of no other network. */
export function checkExternalNetworks(draft: ObjectsDraft, report: Report): void {
  const networks = new Map(draft.networks.map(({ value }) => [value.name, value]));
  for (const { value, path } of draft.networks)
    if (value.floatingMac !== undefined && !value.external)
      report(
        'error',
        [...path, 'floatingMac'],
        'has no meaning for a network that is not external',
        'Remove the key, or write "external: true".',
      );
  for (const { value, path } of draft.networks)
    if (value.external && (value.type === 'vxlan' || value.type === 'gre'))
      report(
        'error',
        [...path, 'external'],
        `network ${value.name} is in tunnels, and its other hosts and routers are asked for by ARP`,
        'Give it type flat or vlan, and the physnet that leads there.',
      );
  checkConnected(draft, report);
  const before: { readonly value: SubnetDraft; readonly path: Path }[] = [];
  for (const { value, path } of draft.subnets) {
    if (networks.get(value.network)?.external !== true) continue;
    // Of one network that is a fault already.
    const other = before.find((one) => one.value.network !== value.network && overlap(one.value.cidr, value.cidr));
    before.push({ value, path });
    if (other !== undefined)
      report(
        'error',
        [...path, 'cidr'],
        `${formatPrefix(value.cidr)} overlaps ${formatPrefix(other.value.cidr)} of ${formatPath(other.path)}, which is on another external network`,
        'Addresses of external networks are told apart by themselves; use others.',
        other.path,
      );
  }
  for (const { value: host, path } of draft.hosts) {
    const first = new Map<string, Path>();
    for (const [i, { network: name }] of host.externalAddresses.entries()) {
      const at = [...path, 'externalAddresses', i, 'network'];
      if (networks.get(name)?.external === false)
        report('error', at, `network ${name} is not external`, 'Write "external: true" for the network, or name another one.');
      const known = first.get(name);
      if (known === undefined) first.set(name, at);
      else report('error', at, `network ${name} is already ${formatPath(known)}`, 'A host has one address on a network.', known);
    }
  }
}

/** A physical network that no host has leads nowhere; ports of other networks are told one by one. */
function checkConnected({ hosts, networks, complete }: ObjectsDraft, report: Report): void {
  if (!complete.hosts || hosts.length === 0) return;
  const known = [...new Set(hosts.flatMap(({ value }) => value.physnets))];
  for (const { value, path } of networks) {
    const { name, external, physnet } = value;
    if (!external || physnet === undefined || known.includes(physnet)) continue;
    const meant = nearestName(physnet, known);
    const names = known.length === 0 ? '' : `Physnets of hosts: ${someOf(known)}. `;
    report(
      'warning',
      [...path, 'physnet'],
      `no host has the physnet ${showValue(physnet)}, so that nobody has a way out by network ${name}`,
      meant === undefined
        ? `${names}Add ${physnet} to the physnets of the hosts that are connected to it.`
        : `Did you mean "${meant}"?`,
    );
  }
}
