import {
  covers,
  formatIpv4,
  formatPrefix,
  type HostIpv4,
  hostOrder,
  network,
  type Prefix,
  type WireIpv4,
} from '../../types/ipv4.js';
import type { Draft } from '../draft.js';
import { formatPath, type Path, type Report } from '../issues.js';

/** Router addresses: real ones, each once, in subnets that do not run into each other. */
export function checkAddresses(draft: Draft, report: Report): void {
  const seen = new Map<WireIpv4, Path>();
  const subnets: { subnet: Prefix; path: Path; rif: string }[] = [];
  for (const { value: rif, path: rifPath } of draft.rifs) {
    for (const [i, own] of rif.addresses.entries()) {
      const path = [...rifPath, 'addresses', i];
      const why = unusable(own);
      if (why !== undefined) report('error', path, `${formatPrefix(own)} ${why}`, 'Use an address a host can have.');
      const before = seen.get(own.address);
      if (before !== undefined) {
        report('error', path, `${formatIpv4(own.address)} is already ${formatPath(before)}`, 'Keep one of the two.', before);
        continue;
      }
      seen.set(own.address, path);
      const others = subnets.filter((one) => one.rif !== rif.name && overlap(one.subnet, own));
      const same = others.find((one) => one.subnet.length === own.length);
      const [other] = others;
      if (same !== undefined) {
        report(
          'error',
          path,
          `${formatPrefix(same.subnet)} is already the subnet of ${formatPath(same.path)}, and only one interface can be the way there`,
          'Give each interface and VLAN a subnet of its own, or put both addresses on one.',
          same.path,
        );
      } else if (other !== undefined) {
        const both = `${formatPrefix(network(own))} overlaps ${formatPrefix(other.subnet)} of ${formatPath(other.path)}`;
        report('warning', path, both, 'The longer prefix wins; shorten one if that is not meant.', other.path);
      }
      subnets.push({ subnet: network(own), path, rif: rif.name });
    }
  }
}

function overlap(a: Prefix, b: Prefix): boolean {
  return covers(a, b.address) || covers(b, a.address);
}

function unusable(own: Prefix): string | undefined {
  if (own.length === 0) return 'has the prefix length 0';
  return martian(own.address) ?? edge(own);
}

/** Why no host may have this address (RFC 6890): undefined when one may. */
export function martian(address: WireIpv4): string | undefined {
  const first = address & 0xff;
  if (first === 0) return 'is in 0.0.0.0/8, which names no host';
  if (first === 127) return 'is a loopback address';
  if (address === -1) return 'is the broadcast address';
  if (first >= 240) return 'is in 240.0.0.0/4, which is reserved';
  return first >= 224 ? 'is a multicast address' : undefined;
}

/** Why the address is not one of a host in its own subnet; /31 and /32 have no such addresses (RFC 3021). */
export function edge(own: Prefix, address: WireIpv4 = own.address): string | undefined {
  if (own.length >= 31) return undefined;
  const base: HostIpv4 = hostOrder(network(own).address);
  const host = hostOrder(address);
  if (host === base) return 'is the network address of its subnet';
  return host === base + 2 ** (32 - own.length) - 1 ? 'is the broadcast address of its subnet' : undefined;
}
