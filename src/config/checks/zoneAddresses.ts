import { covers, formatIpv4, type Prefix, type WireIpv4 } from '../../types/ipv4.js';
import type { Draft } from '../draft.js';
import { formatPath, type Path, type Report } from '../issues.js';
import { expand } from '../resolve.js';
import { edge, martian } from './addresses.js';

/** Local addresses: real ones, in one zone only, not the router's own, and reachable from the outside. */
export function checkZoneAddresses(draft: Draft, report: Report): void {
  const owners = new Map<WireIpv4, Path>();
  for (const { value: rif, path } of draft.rifs) {
    for (const [i, own] of rif.addresses.entries()) owners.set(own.address, [...path, 'addresses', i]);
  }
  const outside = draft.rifs.filter((rif) => rif.value.role === 'outside').flatMap((rif) => rif.value.addresses);
  const entries = draft.entries.zones ?? [];
  for (const { path: zonePath } of draft.zones) {
    for (const [i, { address: range }] of entries[Number(zonePath[1])]!.localAddresses.entries()) {
      const path = [...zonePath, 'localAddresses', i];
      const addresses = expand(range);
      taken(addresses, path, owners, report);
      const bad = addresses.find((address) => martian(address) !== undefined);
      if (bad !== undefined)
        report('error', path, `${formatIpv4(bad)} ${martian(bad)}`, 'Use an address that is routed to this gateway.');
      else if (draft.ifacesComplete && outside.length > 0) reachable(addresses, path, outside, report);
    }
  }
}

/** One fault per range, for its first address that something else has already. */
function taken(addresses: readonly WireIpv4[], path: Path, owners: Map<WireIpv4, Path>, report: Report): void {
  let told = false;
  for (const address of addresses) {
    const owner = owners.get(address);
    if (owner === undefined) owners.set(address, path);
    else if (!told) {
      told = true;
      report(
        'error',
        path,
        `${formatIpv4(address)} is already ${formatPath(owner)}`,
        'An external address belongs to one zone and to nothing else.',
        owner,
      );
    }
  }
}

/** External addresses lie in a subnet of an outside interface, or somebody has to route them here. `outside`: its subnets. */
export function reachable(addresses: readonly WireIpv4[], path: Path, outside: readonly Prefix[], report: Report): void {
  for (const address of addresses) {
    const subnet = outside.find((own) => covers(own, address));
    if (subnet === undefined) {
      const message = `${formatIpv4(address)} is in no connected subnet of an outside interface`;
      report('warning', path, message, 'The next router must have a route for it to this gateway.');
      return;
    }
    const why = edge(subnet, address);
    if (why !== undefined) {
      report('error', path, `${formatIpv4(address)} ${why}`, 'Leave it out.');
      return;
    }
  }
}
