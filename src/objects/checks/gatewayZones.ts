import { martian } from '../../config/checks/addresses.js';
import { reachable } from '../../config/checks/zoneAddresses.js';
import { checkZoneModes } from '../../config/checks/zoneModes.js';
import { checkZoneNames } from '../../config/checks/zoneNames.js';
import { checkZones } from '../../config/checks/zones.js';
import { formatPath, type Path, type Report, under } from '../../config/issues.js';
import { expand } from '../../config/resolve.js';
import { resolveZone } from '../../config/resolveZone.js';
import { covers, formatIpv4, formatPrefix, type Prefix, type WireIpv4 } from '../../types/ipv4.js';
import type { ObjectsDraft } from '../draft.js';
import type { GatewayDraft } from '../gatewayDraft.js';
import { grouped } from '../grouped.js';
import type { SubnetDraft } from '../subnetDraft.js';
import { overlap } from './subnets.js';

/** Zones that gateways are written with: as those of a configuration, with local addresses of the gateway's network or routed to it. */
export function checkGatewayZones(draft: ObjectsDraft, report: Report): void {
  const subnets = grouped(
    draft.subnets.map(({ value }) => value),
    ({ network }) => network,
  );
  const foreign = foreignSubnets(draft);
  const owners = new Map<WireIpv4, { readonly network: string; readonly path: Path }>();
  for (const { value: gateway, path } of draft.gateways) {
    if (gateway.zones === undefined) continue;
    const below = under(path, report);
    if (!gateway.enableSnat) below('warning', ['zones'], UNUSED, 'Remove zones, or enableSnat: false.');
    const zones = gateway.zones.map((zone, i) => ({ value: resolveZone(zone, 'default'), path: ['zones', i] }));
    checkZones({ entries: { zones: gateway.zones }, zones, rifs: [], ifacesComplete: false }, below);
    checkZoneModes({ zones }, below);
    checkZoneNames({ zones }, 'a zone of another gateway of the router (NETWORK/ZONE)', below);
    if (!gateway.isFirst) checkMatches(gateway, below);
    const own = subnets.get(gateway.network) ?? [];
    const others = foreign(gateway.router, gateway.network);
    for (const [i, zone] of gateway.zones.entries())
      for (const [at, { address: range }] of zone.localAddresses.entries()) {
        const here = [...path, 'zones', i, 'localAddresses', at];
        const addresses = expand(range);
        checkLocal(addresses, here, own, others, report);
        const taken = addresses.find((one) => (owners.get(one)?.network ?? gateway.network) !== gateway.network);
        if (taken !== undefined)
          report(
            'error',
            here,
            `${formatIpv4(taken)} is already ${formatPath(owners.get(taken)!.path)}`,
            'An external address belongs to one zone and to nothing else.',
            owners.get(taken)!.path,
          );
        for (const one of addresses) if (!owners.has(one)) owners.set(one, { network: gateway.network, path: here });
      }
  }
}

const UNUSED = 'translate nothing: with enableSnat: false what leaves by the gateway keeps its source';

/** Beside the sources that a gateway has, its zones only meet what is addressed to its network, or routed there. */
function checkMatches({ zones = [], sources }: GatewayDraft, report: Report): void {
  if (sources.length === 0) return;
  for (const [i, { match }] of zones.entries())
    if (!match.some((prefix) => sources.some((source) => overlap(prefix, source))))
      report(
        'warning',
        ['zones', i, 'match'],
        `matches none of the sources of the gateway (${sources.map(formatPrefix).join(', ')})`,
        'Match some of those, unless it is meant for what routes alone lead there.',
      );
}

interface Foreign {
  readonly cidr: Prefix;
  readonly what: string;
}

/** One fault for a range. `own`: subnets of the gateway's network; `others`: where its addresses cannot be. */
function checkLocal(
  addresses: readonly WireIpv4[],
  path: Path,
  own: readonly SubnetDraft[],
  others: readonly Foreign[],
  report: Report,
): void {
  for (const address of addresses) {
    const other = others.find(({ cidr }) => covers(cidr, address));
    const upstream = own.find(({ gateway }) => gateway === address);
    const why =
      martian(address) ??
      (other === undefined ? undefined : `is an address of ${other.what}`) ??
      (upstream === undefined ? undefined : `is the gateway of subnet ${upstream.name}, which its hosts send to`);
    if (why === undefined) continue;
    report(
      'error',
      path,
      `${formatIpv4(address)} ${why}`,
      "Use addresses of the gateway's network, or such as are routed to it.",
    );
    return;
  }
  if (own.length > 0)
    reachable(
      addresses,
      path,
      own.map(({ cidr }) => cidr),
      report,
    );
}

/** Subnets of other external networks, and of a router's own interfaces. */
function foreignSubnets({ networks, subnets, rifs }: ObjectsDraft): (router: string, network: string) => Foreign[] {
  const external = new Set(networks.flatMap(({ value }) => (value.external ? [value.name] : [])));
  const byName = new Map(subnets.map(({ value }) => [value.name, value]));
  const outer = subnets.flatMap(({ value }) => (external.has(value.network) ? [value] : []));
  const inner = grouped(
    rifs.map(({ value }) => value),
    ({ router }) => router,
  );
  return (router, network) => [
    ...outer.flatMap(({ name, cidr, network: of }) =>
      of === network ? [] : [{ cidr, what: `subnet ${name} of network ${of}` }],
    ),
    ...(inner.get(router) ?? []).flatMap((rif) => {
      const subnet = byName.get(rif.subnet);
      return subnet === undefined
        ? []
        : [{ cidr: subnet.cidr, what: `subnet ${subnet.name}, which the router has an interface on` }];
    }),
  ];
}
