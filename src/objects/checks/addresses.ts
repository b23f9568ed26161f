import { formatPath, type Path, type Report } from '../../config/issues.js';
import { covers, formatIpv4, formatPrefix } from '../../types/ipv4.js';
import type { ObjectsDraft } from '../draft.js';
import { grouped } from '../grouped.js';
import { ownedAddresses } from '../ownedAddresses.js';
import { losesToGateway } from './keptAddresses.js';
import { unusableIn } from './subnets.js';

/** Fixed addresses and addresses of router interfaces: in a subnet of their network; and every address once on its network (dvr.md 1.1). */
export function checkAddresses(draft: ObjectsDraft, report: Report): void {
  const subnets = new Map(draft.subnets.map(({ value }) => [value.name, value]));
  const networks = new Set(draft.networks.map(({ value }) => value.name));
  const onNetwork = grouped(subnets.values(), ({ network }) => network);
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
  }
  for (const { value, path } of draft.lports)
    for (const [i, address] of value.addresses.entries()) {
      const at = [...path, 'addresses', i];
      const all = onNetwork.get(value.network) ?? [];
      const subnet = all.find(({ cidr }) => covers(cidr, address));
      if (subnet === undefined) {
        // Of a network that is not there that is said already.
        if (!draft.complete.subnets || !networks.has(value.network)) continue;
        const known =
          all.length === 0 ? 'Add one to subnets.' : `Subnets: ${all.map(({ cidr }) => formatPrefix(cidr)).join(', ')}.`;
        report('error', at, `${formatIpv4(address)} is in no subnet of network ${value.network}`, known);
        continue;
      }
      const why = unusableIn(subnet.cidr, address);
      if (why !== undefined) report('error', at, `${formatIpv4(address)} ${why}`, 'Use another address of the subnet.');
    }
  checkOwners(draft, report);
}

/** One fault for each place: a range of a zone has many addresses. */
function checkOwners(draft: ObjectsDraft, report: Report): void {
  const taken = new Map<string, Path>();
  const told = new Set<string>();
  const isTold = losesToGateway(draft);
  for (const { network, address, path } of ownedAddresses(draft)) {
    const key = `${network} ${address}`;
    const before = taken.get(key);
    if (before === undefined) taken.set(key, path);
    else if (!told.has(formatPath(path)) && !isTold(path.slice(0, -1))) {
      told.add(formatPath(path));
      const what = `${formatIpv4(address)} is already ${formatPath(before)} on network ${network}`;
      report('error', path, what, 'Give each its own address.', before);
    }
  }
}
