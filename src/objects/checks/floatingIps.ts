import { formatPath, type Path, type Report } from '../../config/issues.js';
import { formatIpv4 } from '../../types/ipv4.js';
import type { ObjectsDraft } from '../draft.js';
import { checkIsExternal } from './externalNetworks.js';

/** Floating IPs: of an external network, a way to what they are for, one for a fixed address and network, and nothing twice (dvr.md 1.1). */
export function checkFloatingIps(draft: ObjectsDraft, report: Report): void {
  const networks = new Map(draft.networks.map(({ value }) => [value.name, value]));
  for (const { value, path } of draft.floatingIps) {
    const network = networks.get(value.network);
    checkIsExternal(network, path, report);
    if (value.name === '')
      report('error', [...path, 'name'], 'is missing: a floating IP without an address needs one', 'Write a name or an address.');
    if (value.lport !== undefined && value.forwardings.length > 0)
      report(
        'error',
        [...path, 'forwardings'],
        'stand beside lport: a floating IP is that of a port or forwards ports (mutually exclusive)',
        'Remove lport, or use another floating IP for the forwardings.',
      );
    if (canBeJudged(draft))
      for (const { key, message, remedy } of value.faults) report('error', [...path, ...key], message, remedy);
    checkForwardings(value, path, report);
  }
  checkFixed(draft, report);
}

/** A router, interface or gateway that could not be read may be the one that is missed. */
function canBeJudged({ complete }: ObjectsDraft): boolean {
  return complete.routers && complete.subnets && complete.networks;
}

function checkForwardings({ forwardings }: ObjectsDraft['floatingIps'][number]['value'], path: Path, report: Report): void {
  const before = new Map<string, Path>();
  for (const [i, { protocol, port }] of forwardings.entries()) {
    const at = [...path, 'forwardings', i, 'port'];
    const other = before.get(`${protocol} ${port}`);
    if (other === undefined) before.set(`${protocol} ${port}`, at);
    else report('error', at, `${protocol} ${port} is already ${formatPath(other)}`, 'A port leads to one place.', other);
  }
}

/** One for a fixed address on a network; and none for a port whose ports another one of the network forwards (pitfall 34). */
function checkFixed({ floatingIps }: ObjectsDraft, report: Report): void {
  const fixed = new Map<string, Path>();
  const ports = new Map<string, Path>();
  for (const { value, path } of floatingIps) {
    if (value.lport === undefined) continue;
    const at = [...path, 'lport'];
    ports.set(`${value.network} ${value.lport}`, at);
    if (value.fixed === undefined) continue;
    const key = `${value.network} ${value.lport} ${value.fixed}`;
    const before = fixed.get(key);
    if (before === undefined) fixed.set(key, at);
    else
      report(
        'error',
        at,
        `${formatIpv4(value.fixed)} of lport ${value.lport} has a floating IP of network ${value.network} by ${formatPath(before)}`,
        'A fixed address has one floating IP of a network; remove one of the two.',
        before,
      );
  }
  for (const { value, path } of floatingIps)
    for (const [i, { lport }] of value.forwardings.entries()) {
      const other = ports.get(`${value.network} ${lport}`);
      if (other === undefined) continue;
      report(
        'error',
        [...path, 'forwardings', i, 'lport'],
        `lport ${lport} cannot have both a floating IP of network ${value.network} and ports forwarded by another one (mutually exclusive), which is ${formatPath(other)}`,
        'Remove one of the two.',
        other,
      );
    }
}
