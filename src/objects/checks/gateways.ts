import { formatPath, type Path, type Report } from '../../config/issues.js';
import { formatPrefix, network, type Prefix } from '../../types/ipv4.js';
import type { ObjectsDraft } from '../draft.js';
import type { GatewayDraft } from '../gatewayDraft.js';
import { grouped } from '../grouped.js';
import { takesService, takesServices } from '../hostAbilities.js';
import { hasSnat } from '../rifDraft.js';
import type { SubnetDraft } from '../subnetDraft.js';
import { checkIsExternal } from './externalNetworks.js';
import { overlap } from './subnets.js';

type PlacedGateway = ObjectsDraft['gateways'][number];

/** Gateways of routers: on external networks, one on each, with a subnet there, and told apart by sources (dvr.md 1.1). */
export function checkGateways(draft: ObjectsDraft, report: Report): void {
  const networks = new Map(draft.networks.map(({ value }) => [value.name, value]));
  const onNetwork = grouped(
    draft.subnets.map(({ value }) => value),
    ({ network }) => network,
  );
  const rifs = grouped(draft.rifs, ({ path }) => path[1]);
  for (const ofRouter of grouped(draft.gateways, ({ path }) => path[1]).values()) {
    const before = new Map<string, Path>();
    for (const { value, path } of ofRouter) {
      const network = networks.get(value.network);
      checkIsExternal(network, path, report);
      const other = before.get(value.network);
      if (other === undefined) before.set(value.network, path);
      else
        report(
          'error',
          [...path, 'network'],
          `network ${value.network} is already that of ${formatPath(other)}`,
          'A router has one gateway on a network; remove one of the two.',
          other,
        );
      if (network !== undefined && draft.complete.subnets)
        checkSubnet(value, path, onNetwork.get(value.network) ?? [], draft, report);
    }
    checkSources(ofRouter, report);
    checkOverlaps(ofRouter, rifs.get(ofRouter[0]!.path[1]) ?? [], draft, onNetwork, report);
  }
  checkServices(draft, report);
  checkHosts(draft, report);
}

function checkSubnet(
  { subnet: name, network, router }: GatewayDraft,
  path: Path,
  all: readonly SubnetDraft[],
  { subnets }: ObjectsDraft,
  report: Report,
): void {
  const at = [...path, 'subnet'];
  const names = all.map((one) => one.name).join(', ');
  if (all.length === 0) {
    report('error', at, `network ${network} has no subnet that router ${router} could be on`, 'Add one to subnets.');
    return;
  }
  if (name === undefined) {
    report('error', at, `is missing: network ${network} has several (${names})`, 'Write which of them.');
    return;
  }
  const subnet = all.find((one) => one.name === name);
  if (subnet === undefined) {
    const other = subnets.find(({ value }) => value.name === name)?.value;
    if (other !== undefined)
      report('error', at, `subnet ${name} is one of network ${other.network}`, `Subnets of ${network}: ${names}.`);
  } else if (subnet.gateway === undefined)
    report('warning', at, `subnet ${name} has no gateway, and nothing beyond it is reached`, 'Give the subnet a gateway.');
}

/** The first has what the others have no source of; of two that overlap nobody could say whose a packet is. */
function checkSources(gateways: readonly PlacedGateway[], report: Report): void {
  const before: { readonly prefix: Prefix; readonly path: Path }[] = [];
  for (const { value, path } of gateways) {
    if (value.isFirst && value.sources.length > 0)
      report(
        'error',
        [...path, 'sources'],
        'the first gateway of a router is the way of all sources that others have not',
        'Remove them, or put another gateway first.',
      );
    else if (!value.isFirst && value.sources.length === 0)
      report(
        'error',
        [...path, 'sources'],
        'is missing: the first gateway of the router is the way of all other sources',
        'Write which sources leave by this one.',
      );
    for (const [i, prefix] of value.sources.entries()) {
      const at = [...path, 'sources', i];
      const whole = formatPrefix(network(prefix));
      if (whole !== formatPrefix(prefix))
        report('warning', at, `${formatPrefix(prefix)} has host bits set; ${whole} is used`, `Write ${whole}.`);
      const other = before.find((one) => overlap(one.prefix, prefix));
      before.push({ prefix, path: at });
      if (other !== undefined && !value.isFirst)
        report(
          'error',
          at,
          `${formatPrefix(prefix)} overlaps ${formatPrefix(other.prefix)} of ${formatPath(other.path)}`,
          'A source leaves by one gateway.',
          other.path,
        );
    }
  }
}

/** A router knows one way to a subnet, inside or outside. */
function checkOverlaps(
  gateways: readonly PlacedGateway[],
  rifs: ObjectsDraft['rifs'],
  { subnets }: ObjectsDraft,
  onNetwork: ReadonlyMap<string, readonly SubnetDraft[]>,
  report: Report,
): void {
  const cidrs = new Map(subnets.map(({ value }) => [value.name, value.cidr]));
  for (const { value: gateway, path } of gateways)
    for (const outer of onNetwork.get(gateway.network) ?? [])
      for (const { value: rif, path: at } of rifs) {
        const cidr = cidrs.get(rif.subnet);
        if (cidr === undefined || !overlap(cidr, outer.cidr)) continue;
        const inner = `${formatPrefix(cidr)} of ${formatPath(at)}`;
        report(
          'error',
          [...path, 'network'],
          `subnet ${outer.name} (${formatPrefix(outer.cidr)}) of network ${gateway.network} overlaps ${inner}, and a router knows one way there`,
          'Use subnets that do not overlap, or another router.',
          at,
        );
      }
}

/** What is written of an SNAT service that there is not. */
function checkServices({ routers }: ObjectsDraft, report: Report): void {
  for (const { value: router, path } of routers) {
    if (hasSnat(router)) continue;
    const why = router.distributed ? 'the router has no gateway' : 'the router is not distributed';
    for (const [i, rif] of router.interfaces.entries())
      for (const key of ['snat', 'snatMac'] as const)
        if (rif[key] !== undefined)
          report('error', [...path, 'interfaces', i, key], `is of an SNAT service, and there is none: ${why}`, 'Remove the key.');
  }
}

/** Hosts that gateways name and that cannot have them; what drains has to have something to give up. */
function checkHosts(draft: ObjectsDraft, report: Report): void {
  const hosts = new Map(draft.hosts.map(({ value }) => [value.name, value]));
  const networks = new Map(draft.networks.map(({ value }) => [value.name, value]));
  const onOne = new Set(draft.routers.flatMap(({ value }) => (value.distributed ? [] : [value.name])));
  for (const { value: gateway, path } of draft.gateways)
    for (const [i, name] of gateway.hosts.entries()) {
      const host = hosts.get(name);
      const physnet = networks.get(gateway.network)?.physnet;
      if (host === undefined) continue;
      const at = [...path, 'hosts', i];
      if (!takesService(host, !onOne.has(gateway.router)))
        report(
          'warning',
          at,
          `host ${name} has mode ${host.mode}, and takes no gateway${host.mode === 'legacy' ? ' of a distributed router' : ''}`,
          'Give it mode dvr_snat, or leave it out.',
        );
      else if (physnet !== undefined && !host.physnets.includes(physnet))
        report(
          'warning',
          at,
          `host ${name} is not connected to ${physnet} of network ${gateway.network}, and takes no gateway there`,
          `Add ${physnet} to the physnets of the host, or leave it out.`,
        );
    }
  for (const { value, path } of draft.hosts)
    if (value.draining && !takesServices(value))
      report(
        'warning',
        [...path, 'draining'],
        `a host of mode ${value.mode} has no gateways to give up`,
        'Leave it out, or give the host mode dvr_snat.',
      );
}
