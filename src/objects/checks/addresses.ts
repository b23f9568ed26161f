import { formatPath, type Path, type Report } from '../../config/issues.js';
import { covers, formatIpv4, formatPrefix, type WireIpv4 } from '../../types/ipv4.js';
import type { ObjectsDraft, SubnetDraft } from '../draft.js';
import { unusableIn } from './subnets.js';

/** Fixed addresses and addresses of router interfaces: in a subnet of their network, and each once on it (dvr.md 1.1). */
export function checkAddresses(draft: ObjectsDraft, report: Report): void {
  const subnets = new Map(draft.subnets.map(({ value }) => [value.name, value]));
  const onNetwork = new Map<string, SubnetDraft[]>();
  for (const { value } of draft.subnets) {
    const known = onNetwork.get(value.network);
    if (known === undefined) onNetwork.set(value.network, [value]);
    else known.push(value);
  }
  const taken = new Map<string, Path>();
  const take = (network: string, address: WireIpv4, path: Path): void => {
    const key = `${network} ${address}`;
    const before = taken.get(key);
    if (before === undefined) taken.set(key, path);
    else {
      const what = `${formatIpv4(address)} is already ${formatPath(before)} on network ${network}`;
      report('error', path, what, 'Give each its own address.', before);
    }
  };
  for (const { value, path } of draft.rifs) {
    const at = [...path, 'address'];
    const subnet = subnets.get(value.subnet);
    if (subnet === undefined) continue;
    if (value.address === undefined) {
      report('error', at, `is missing: subnet ${subnet.name} has no gateway`, 'Write the address of the interface.');
      continue;
    }
    const why = unusableIn(subnet.cidr, value.address);
    if (why !== undefined) report('error', at, `${formatIpv4(value.address)} ${why}`, 'Use an address of the subnet.');
    take(subnet.network, value.address, at);
  }
  for (const { value, path } of draft.lports)
    for (const [i, address] of value.addresses.entries()) {
      const at = [...path, 'addresses', i];
      const all = onNetwork.get(value.network) ?? [];
      const subnet = all.find(({ cidr }) => covers(cidr, address));
      if (subnet === undefined) {
        if (!draft.complete.subnets) continue;
        const known =
          all.length === 0 ? 'Add one to subnets.' : `Subnets: ${all.map(({ cidr }) => formatPrefix(cidr)).join(', ')}.`;
        report('error', at, `${formatIpv4(address)} is in no subnet of network ${value.network}`, known);
        continue;
      }
      const why = unusableIn(subnet.cidr, address);
      if (why !== undefined) report('error', at, `${formatIpv4(address)} ${why}`, 'Use another address of the subnet.');
      take(value.network, address, at);
    }
}
