import { edge, martian } from '../../config/checks/addresses.js';
import { formatPath, type Path, type Report } from '../../config/issues.js';
import { covers, formatIpv4, formatPrefix, network, type Prefix, wireOrder } from '../../types/ipv4.js';
import type { ObjectsDraft } from '../draft.js';

/** Subnets: addresses of hosts, apart from each other on one network, their gateways and pools inside of them. */
export function checkSubnets(draft: ObjectsDraft, report: Report): void {
  const before: { network: string; cidr: Prefix; path: Path }[] = [];
  for (const { value, path } of draft.subnets) {
    const { cidr, gateway, pools } = value;
    const at = [...path, 'cidr'];
    const whole = network(cidr);
    if (whole.address !== cidr.address)
      report('error', at, `${formatPrefix(cidr)} has host bits set`, `Write ${formatPrefix(whole)}.`);
    const why = cidr.length === 0 ? 'is every address' : cidr.length === 32 ? 'is a single address' : martian(cidr.address);
    if (why !== undefined) report('error', at, `${formatPrefix(cidr)} ${why}`, 'Use a prefix whose addresses hosts can have.');
    const other = before.find((one) => one.network === value.network && overlap(one.cidr, cidr));
    if (other !== undefined)
      report(
        'error',
        at,
        `${formatPrefix(cidr)} overlaps ${formatPrefix(other.cidr)} of ${formatPath(other.path)} on the same network`,
        'Give each subnet of a network addresses of its own.',
        other.path,
      );
    before.push({ network: value.network, cidr, path });
    if (gateway !== undefined) {
      const fault = unusableIn(cidr, gateway);
      if (fault !== undefined)
        report('error', [...path, 'gateway'], `${formatIpv4(gateway)} ${fault}`, 'Use an address of the subnet, or none.');
    }
    for (const [i, { low, high }] of (pools ?? []).entries()) {
      const [first, last] = [wireOrder(low), wireOrder(high)];
      if (covers(cidr, first) && covers(cidr, last)) continue;
      const shown = low === high ? formatIpv4(first) : `${formatIpv4(first)}-${formatIpv4(last)}`;
      report('error', [...path, 'pools', i], `${shown} is not in ${formatPrefix(cidr)}`, 'Use addresses of the subnet.');
    }
  }
}

export function overlap(a: Prefix, b: Prefix): boolean {
  return covers(a, b.address) || covers(b, a.address);
}

/** Why nobody in the subnet may have the address, as the end of a sentence. */
export function unusableIn(cidr: Prefix, address: Prefix['address']): string | undefined {
  if (!covers(cidr, address)) return `is not in ${formatPrefix(network(cidr))}`;
  return edge(cidr, address);
}
