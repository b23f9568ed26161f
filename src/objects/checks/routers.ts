import { checkRoutes } from '../../config/checks/routes.js';
import { checkRules } from '../../config/checks/rules.js';
import { formatPath, type Path, type Report, under } from '../../config/issues.js';
import { TABLE_MAIN } from '../../config/routingConfig.js';
import { covers, formatIpv4, formatPrefix, type Prefix } from '../../types/ipv4.js';
import type { ObjectsDraft } from '../draft.js';
import { isOutside, leadsOut, type RouterRouting } from '../routerRouting.js';
import { overlap } from './subnets.js';

/** Routers: one interface for a subnet, subnets apart from each other (dvr.md 1.1), and rules and routes as in a configuration. */
export function checkRouters(draft: ObjectsDraft, routing: ReadonlyMap<Path, RouterRouting>, report: Report): void {
  const subnets = new Map(draft.subnets.map(({ value }) => [value.name, value]));
  const before = new Map<string, { subnet: string; cidr: Prefix; path: Path }[]>();
  for (const { value, path } of draft.rifs) {
    const subnet = subnets.get(value.subnet);
    const others = before.get(value.router) ?? [];
    before.set(value.router, others);
    if (subnet === undefined) continue;
    const at = [...path, 'subnet'];
    const same = others.find((one) => one.subnet === value.subnet);
    const other = others.find((one) => overlap(one.cidr, subnet.cidr));
    if (same !== undefined)
      report(
        'error',
        at,
        `router ${value.router} is already on subnet ${value.subnet} by ${formatPath(same.path)}`,
        'Remove one.',
        same.path,
      );
    else if (other !== undefined)
      report(
        'error',
        at,
        `${formatPrefix(subnet.cidr)} overlaps ${formatPrefix(other.cidr)} of ${formatPath(other.path)}, and a router knows one way there`,
        'Use subnets that do not overlap, or another router.',
        other.path,
      );
    others.push({ subnet: value.subnet, cidr: subnet.cidr, path });
  }
  const names = new Map(draft.routers.map(({ value, path }) => [path, value.name]));
  const withFloatingIps = new Set(draft.floatingIps.map((one) => one.value.router));
  for (const [path, one] of routing) {
    const below = under(path, report);
    checkRoutes(one, below);
    checkRules(one, below);
    checkWaysOut(one, below);
    if (withFloatingIps.has(names.get(path))) checkDefault(one, below);
  }
}

/** Routes by gateways: replicas have no such interface, so that all ways of one are, each with a next hop by which it is known. */
function checkWaysOut({ routing, rifs }: RouterRouting, report: Report): void {
  for (const { value: route, path, faults } of routing.routes) {
    const out = route.nexthops.map(({ dev }) => isOutside(dev, rifs));
    if (faults.length > 0 || !out.includes(true)) continue;
    if (out.includes(false))
      report(
        'error',
        [...path, 'nexthops'],
        'lead to networks of the router and out of it by a gateway',
        'Use next hops of one kind; those by a gateway are not known to replicas.',
      );
    for (const [i, { via, dev }] of route.nexthops.entries()) {
      if (!out[i] || (via !== undefined && rifs.some(({ value }) => value.name === dev && covers(value.addresses[0]!, via))))
        continue;
      const at = route.nexthops.length > 1 ? ['nexthops', i] : [];
      const what =
        via === undefined ? 'has no next hop, and leads' : `${formatIpv4(via)} is on no subnet of a gateway, and the route leads`;
      const message = `${what} out of the router by ${dev}`;
      report('error', [...path, ...at, via === undefined ? 'dev' : 'via'], message, 'Write a next hop of its subnet.');
    }
  }
}

/** What main has is asked before floating IPs and the SNAT service are (dvr.md 4.1). */
function checkDefault({ routing, rifs }: RouterRouting, report: Report): void {
  for (const { value: route, path, faults } of routing.routes)
    if (
      faults.length === 0 &&
      route.table === TABLE_MAIN &&
      route.to.length === 0 &&
      route.type !== 'throw' &&
      !leadsOut(route, rifs)
    )
      report(
        'warning',
        [...path, 'to'],
        'is every destination that is asked for, before floating IPs and gateways are: nothing of the router leaves by those',
        'Write the prefixes that are meant, or another table with a rule of some sources.',
      );
}
