import type { Path, Report } from '../../config/issues.js';
import { covers, formatIpv4, formatPrefix, type WireIpv4 } from '../../types/ipv4.js';
import type { ObjectsDraft } from '../draft.js';
import { grouped } from '../grouped.js';
import type { SubnetDraft } from '../subnetDraft.js';
import { losesToGateway } from './keptAddresses.js';
import { unusableIn } from './subnets.js';

/**
 * Addresses of SNAT services, gateways, floating IPs, and hosts on external networks: there is one, and hosts of the subnet can
 * have it (dvr.md 1.1).
 */
export function checkGivenAddresses(draft: ObjectsDraft, report: Report): void {
  if (!draft.complete.subnets) return;
  const subnets = new Map(draft.subnets.map(({ value }) => [value.name, value]));
  const onNetwork = grouped(subnets.values(), ({ network }) => network);
  const isTold = losesToGateway(draft);
  for (const { value, path } of draft.rifs) {
    if (isTold(path)) continue;
    const subnet = subnets.get(value.subnet);
    if (value.snat !== undefined && subnet !== undefined) checkAddress(value.snat.address, [...path, 'snat'], [subnet], report);
  }
  for (const { value, path } of draft.gateways) {
    if (isTold(path)) continue;
    const subnet = subnets.get(value.subnet ?? '');
    if (subnet !== undefined && subnet.network === value.network)
      checkAddress(value.address, [...path, 'address'], [subnet], report);
  }
  const named = new Set(draft.networks.map(({ value }) => value.name));
  // Without a name there is none to keep an address by.
  for (const { value, path } of draft.floatingIps)
    if (value.name !== '' && named.has(value.network) && !isTold(path))
      checkAddress(value.address, [...path, 'address'], onNetwork.get(value.network) ?? [], report, value.network);
  for (const { value, path } of draft.hosts)
    for (const [i, { network, address }] of value.externalAddresses.entries())
      if (named.has(network))
        checkAddress(address, [...path, 'externalAddresses', i, 'address'], onNetwork.get(network) ?? [], report, network);
}

/** `subnets`: any of them may have it; `network`: they are all that it has. */
function checkAddress(
  address: WireIpv4 | undefined,
  path: Path,
  subnets: readonly SubnetDraft[],
  report: Report,
  network?: string,
): void {
  const names = subnets.map(({ name }) => name).join(', ');
  if (subnets.length === 0) {
    report('error', path, `network ${network} has no subnet whose address it could be`, 'Add one to subnets.');
    return;
  }
  if (address === undefined) {
    const pools = subnets.some((subnet) => subnet.pools !== undefined) ? ' in its pools' : '';
    report('error', path, `subnet ${names} has no free address${pools}`, 'Widen its pools, or write an address.');
    return;
  }
  const subnet = subnets.find(({ cidr }) => covers(cidr, address));
  const cidrs = subnets.map(({ cidr }) => formatPrefix(cidr)).join(', ');
  if (subnet === undefined) {
    report('error', path, `${formatIpv4(address)} is not in ${cidrs}`, `Use an address of subnet ${names}.`);
    return;
  }
  const why =
    unusableIn(subnet.cidr, address) ??
    (address === subnet.gateway ? `is the gateway of subnet ${subnet.name}, which its hosts send to` : undefined);
  if (why !== undefined) report('error', path, `${formatIpv4(address)} ${why}`, 'Use another address of the subnet.');
}
