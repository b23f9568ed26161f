import { formatPath, type Path, type Report } from '../../config/issues.js';
import { formatIpv4, type WireIpv4 } from '../../types/ipv4.js';
import type { ObjectsDraft } from '../draft.js';

/** Gateways of subnets whose address was drawn for something else before: that keeps it, as who uses it would lose it unasked. */
export function checkKeptAddresses(draft: ObjectsDraft, report: Report): void {
  const owners = new Map(keptAddresses(draft).map(({ network, address, path }) => [`${network} ${address}`, path]));
  for (const { value, path } of draft.subnets) {
    const { network, gateway } = value;
    const owner = gateway === undefined ? undefined : owners.get(`${network} ${gateway}`);
    if (owner === undefined) continue;
    const what = `${formatIpv4(gateway!)} was drawn for ${formatPath(owner)} and stays there`;
    report('error', [...path, 'gateway'], what, 'Use another address, or write another one for that first.', owner);
  }
}

/** Whether what has this place keeps an address that a subnet has as its gateway now: a fault of the subnet, which is told there alone. */
export function losesToGateway(draft: ObjectsDraft): (path: Path) => boolean {
  const gateways = new Set(draft.subnets.map(({ value }) => `${value.network} ${value.gateway}`));
  const all = keptAddresses(draft).filter(({ network, address }) => gateways.has(`${network} ${address}`));
  const places = new Set(all.map(({ path }) => formatPath(path)));
  return (path) => places.size > 0 && places.has(formatPath(path));
}

interface KeptAddress {
  readonly network: string | undefined;
  readonly address: WireIpv4 | undefined;
  readonly path: Path;
}

function keptAddresses({ subnets, rifs, gateways, floatingIps, keptAddresses: kept }: ObjectsDraft): KeptAddress[] {
  const networkOf = new Map(subnets.map(({ value }) => [value.name, value.network]));
  const all = [
    ...rifs.map(({ value: { subnet, snat }, path }) => ({ network: networkOf.get(subnet), address: snat?.address, path })),
    ...gateways.map(({ value: { network, address }, path }) => ({ network, address, path })),
    ...floatingIps.map(({ value: { network, address }, path }) => ({ network, address, path })),
  ];
  return all.filter(({ path }) => kept.has(path));
}
