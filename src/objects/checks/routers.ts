import { checkRoutes } from '../../config/checks/routes.js';
import { checkRules } from '../../config/checks/rules.js';
import { formatPath, type Path, type Report } from '../../config/issues.js';
import { formatPrefix, type Prefix } from '../../types/ipv4.js';
import type { ObjectsDraft } from '../draft.js';
import type { RouterRouting } from '../routerRouting.js';
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
      );
    else if (other !== undefined)
      report(
        'error',
        at,
        `${formatPrefix(subnet.cidr)} overlaps ${formatPrefix(other.cidr)} of ${formatPath(other.path)}, and a router knows one way there`,
        'Use subnets that do not overlap, or another router.',
      );
    others.push({ subnet: value.subnet, cidr: subnet.cidr, path });
  }
  for (const [path, one] of routing) {
    const below: Report = (severity, at, message, remedy) => report(severity, [...path, ...at], message, remedy);
    checkRoutes(one, below);
    checkRules(one, below);
  }
}
