import { formatIpv4, formatPrefix, hostOrder, network } from '../types/ipv4.js';
import { Spans, spanOf } from './checks/spans.js';
import type { RouterIfaceConfig } from './config.js';
import { type Draft, type Placed, placed } from './draft.js';
import { warnOfHiddenRedirects } from './hiddenRedirects.js';
import { warnOfIdleRules } from './idleRules.js';
import type { Path, Report } from './issues.js';
import type { StaticEntry } from './staticSchema.js';

/**
 * What is legal but surely not meant. Only for a file without faults: a section that could not be read would be accused of
 * missing.
 */
export function warnAbout(draft: Draft, report: Report): void {
  withoutAddresses(draft, report);
  warnOfHiddenRedirects(draft, report);
  warnOfIdleRules(draft, report);
  const inside = draft.rifs.filter((rif) => rif.value.role === 'inside');
  const outside = draft.rifs.filter((rif) => rif.value.role === 'outside');
  const statics = placed(draft.entries.staticMappings, 'staticMappings');
  if (statics.length > 0) unreachedHosts(draft, statics, inside, report);
  if (draft.zones.length === 0 && statics.length > 0) return;
  if (draft.zones.length === 0) withoutZones(inside, outside, report);
  else if (inside.length === 0)
    report(
      'warning',
      ['zones'],
      'no interface has the role inside: no zone sees a frame',
      'Give the interface towards the sources "role: inside".',
    );
  else {
    unmatched(draft, inside, report);
    unreached(draft, inside, report);
  }
}

/** An interface without an address takes part in nothing; a trunk that only carries VLANs needs none. */
function withoutAddresses({ ifaces, rifs }: Draft, report: Report): void {
  const trunks = new Set(ifaces.filter(({ value }) => value.vlans.length > 0).map(({ value }) => value.name));
  for (const { value: rif, path } of rifs) {
    if (rif.addresses.length > 0 || trunks.has(rif.name)) continue;
    report(
      'warning',
      path,
      `${rif.name} has no addresses: nobody can use the gateway on it`,
      'Add "addresses: [ADDRESS/LENGTH]".',
    );
  }
}

/** Only a router between inside networks does without zones. */
function withoutZones(inside: readonly Placed<RouterIfaceConfig>[], outside: readonly unknown[], report: Report): void {
  const [first] = inside;
  if (first === undefined || (outside.length === 0 && inside.length > 1)) return;
  const message = `${first.value.name} is inside, but there are no zones: what its hosts send to an outside network is refused`;
  report('warning', first.path, message, 'Add "zones:" with their source prefixes and local addresses.');
}

/** An inside subnet of which no zone translates a single address. */
function unmatched({ zones }: Draft, inside: readonly Placed<RouterIfaceConfig>[], report: Report): void {
  const matches = new Spans<undefined>();
  for (const { value: zone } of zones) for (const match of zone.match) matches.add(spanOf(match), undefined);
  for (const { value: rif, path } of inside) {
    for (const [i, address] of rif.addresses.entries()) {
      const subnet = network(address);
      if (matches.touches(spanOf(subnet))) continue;
      report(
        'warning',
        [...path, 'addresses', i],
        `no zone matches ${formatPrefix(subnet)}: what its hosts send to an outside network is refused`,
        `Add ${formatPrefix(subnet)} to the match of a zone, or a last zone with "match: 0.0.0.0/0".`,
      );
    }
  }
}

/** A zone whose sources are neither in an inside subnet nor routed to one: replies would not find them. */
function unreached(draft: Draft, inside: readonly Placed<RouterIfaceConfig>[], report: Report): void {
  const reached = insideSpans(draft, inside);
  for (const { value: zone, path } of draft.zones) {
    if (zone.match.some((match) => reached.touches(spanOf(match)))) continue;
    report(
      'warning',
      [...path, 'match'],
      `no inside subnet and no route to an inside interface holds a source of zone ${zone.name}`,
      'Check the prefix, or add the route to these sources.',
    );
  }
}

/** A mapped host nobody has a way to. */
function unreachedHosts(
  draft: Draft,
  statics: readonly Placed<StaticEntry>[],
  inside: readonly Placed<RouterIfaceConfig>[],
  report: Report,
): void {
  const reached = insideSpans(draft, inside);
  for (const { value, path } of statics) {
    const { address } = value.inside;
    const host = hostOrder(address);
    if (reached.touches({ low: host, high: host })) continue;
    report(
      'warning',
      [...path, 'inside'],
      `no inside subnet and no route to an inside interface holds ${formatIpv4(address)}`,
      'Check the address, or add the route to it.',
    );
  }
}

/** Subnets of inside interfaces and what is routed to them. */
function insideSpans({ routing }: Draft, inside: readonly Placed<RouterIfaceConfig>[]): Spans<undefined> {
  const insideNames = new Set(inside.map((rif) => rif.value.name));
  const routed = routing.routes.flatMap(({ value: { to, type, nexthops } }) => {
    return type === 'unicast' && nexthops.some(({ dev }) => dev !== undefined && insideNames.has(dev)) ? [to] : [];
  });
  const reached = new Spans<undefined>();
  for (const subnet of [...routed, ...inside.flatMap((rif) => rif.value.addresses.map(network))])
    reached.add(spanOf(subnet), undefined);
  return reached;
}

/** Zones that refuse (ZON-2): nothing is wrong with them, but an operator should know. */
export function noteRefusing({ zones }: Draft, note: (path: Path, message: string) => void): void {
  for (const { value: zone, path } of zones) {
    if (zone.localAddresses.length > 0) continue;
    const leaving = zone.draining.length + zone.removed.length > 0;
    const why = leaving
      ? 'has no active address: its sources get no new session'
      : 'has no local addresses: its sources are refused';
    note([...path, 'localAddresses'], `zone ${zone.name} ${why}`);
  }
}
