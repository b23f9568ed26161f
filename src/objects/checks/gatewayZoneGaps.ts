import type { Report } from '../../config/issues.js';
import { formatPrefix } from '../../types/ipv4.js';
import type { ObjectsDraft } from '../draft.js';
import { grouped } from '../grouped.js';
import { overlap } from './subnets.js';

/**
 * Warns of subnets of a router that the zones of a gateway leave out: what comes from there by that gateway is in no zone, and is refused. A gateway
 * without zones has one of all that leaves by it.
 */
export function checkZoneGaps(draft: ObjectsDraft, report: Report): void {
  const subnets = new Map(draft.subnets.map(({ value }) => [value.name, value]));
  const rifs = grouped(
    draft.rifs.map(({ value }) => value),
    ({ router }) => router,
  );
  const others = grouped(
    draft.gateways.map(({ value }) => value),
    ({ router }) => router,
  );
  for (const { value: gateway, path } of draft.gateways) {
    const { router, zones, sources, isFirst, enableSnat } = gateway;
    if (zones === undefined || !enableSnat) continue;
    const scope = subnets.get(gateway.subnet ?? '')?.addressScope;
    const taken = (others.get(router) ?? []).flatMap((one) => (one === gateway ? [] : one.sources));
    const leftOut = (rifs.get(router) ?? []).flatMap((rif) => {
      const subnet = subnets.get(rif.subnet);
      if (subnet === undefined || (scope !== undefined && subnet.addressScope === scope)) return [];
      const { cidr } = subnet;
      const leaves = isFirst
        ? !taken.some((source) => source.length <= cidr.length && overlap(source, cidr))
        : sources.some((one) => overlap(one, cidr));
      const matched = zones.some(({ match }) => match.some((prefix) => overlap(prefix, cidr)));
      return leaves && !matched ? [`${subnet.name} (${formatPrefix(cidr)})`] : [];
    });
    if (leftOut.length === 0) continue;
    const several = leftOut.length === 1 ? '' : 's';
    report(
      'warning',
      [...path, 'zones'],
      `match nothing of subnet${several} ${leftOut.join(', ')} of router ${router}: guests there without a floating IP have no way out to ${gateway.network}`,
      'Add them to match of a zone, unless that is meant.',
    );
  }
}
