import { once } from '../../config/checks/ifaces.js';
import { formatPath, type Path, type Report } from '../../config/issues.js';
import { formatMac, type Mac } from '../../types/mac.js';
import type { ObjectsDraft } from '../draft.js';
import { drawByKey, macKey, macOn } from '../drawMacs.js';
import { drawnExits } from '../exitMac.js';
import { isHostMac } from '../hostMacs.js';

const BASE = 'fa:16:3f:00:00:00/24';

/** MACs: of ports and router interfaces once on a network, and none of those that hosts have (dvr.md 1.1). */
export function checkMacs(draft: ObjectsDraft, report: Report): void {
  const networkOf = new Map(draft.subnets.map(({ value }) => [value.name, value.network]));
  const taken = new Map<string, { readonly path: Path; readonly owner: string }>();
  const take = (owner: string, network: string | undefined, mac: Mac, path: Path): void => {
    notOfHosts(mac, path, report);
    if (network === undefined) return;
    const key = macOn(network, mac);
    const before = taken.get(key);
    if (before === undefined) taken.set(key, { path, owner });
    // Two of one name have one drawn MAC; the name is what is wrong with them.
    else if (before.owner !== owner) {
      const what = `${formatMac(mac)} is already ${formatPath(before.path)} on network ${network}`;
      report('error', path, what, 'Give each its own MAC, or leave it out to have one drawn.', before.path);
    }
  };
  const ofRouters = new Map<string, Path>();
  const takeForRouter = (owner: string, network: string | undefined, mac: Mac, path: Path, key: string): void => {
    take(owner, network, mac, [...path, key]);
    if (network !== undefined) ofRouters.set(macOn(network, mac), path);
  };
  for (const { value, path } of draft.rifs) {
    const { router, subnet, mac, snat } = value;
    const network = networkOf.get(subnet);
    takeForRouter(macKey.rif(router, subnet), network, mac, path, 'mac');
    if (snat !== undefined) takeForRouter(macKey.snat(router, subnet), network, snat.mac, path, 'snatMac');
  }
  for (const { value, path } of draft.gateways)
    takeForRouter(macKey.gateway(value.router, value.network), value.network, value.mac, path, 'mac');
  for (const { value, path } of draft.floatingIps)
    if (value.address !== undefined)
      take(macKey.floating(value.network, value.address), value.network, value.mac, [...path, 'mac']);
  for (const { network, host, mac } of exitsOf(draft, new Set(taken.keys())))
    take(macKey.exit(network, host.value.name), network, mac, host.path);
  for (const { value, path } of draft.lports) {
    take(macKey.lport(value.network, value.name), value.network, value.mac, [...path, 'mac']);
    for (const [i, pair] of value.allowedPairs.entries()) {
      const at = [...path, 'allowedPairs', i, 'mac'];
      if (pair.mac === undefined) continue;
      notOfHosts(pair.mac, at, report);
      const router = ofRouters.get(macOn(value.network, pair.mac));
      if (router !== undefined)
        report(
          'error',
          at,
          `${formatMac(pair.mac)} is the MAC of ${formatPath(router)}`,
          'No port may send as a router.',
          router,
        );
    }
  }
  for (const { value, path } of draft.hosts)
    if (value.mac !== undefined && !isHostMac(value.mac))
      report(
        'error',
        [...path, 'mac'],
        `${formatMac(value.mac)} is not in ${BASE}`,
        'Hosts are known by it; leave it out to have one drawn.',
      );
  once(
    draft.hosts,
    ({ mac }) => (mac === undefined ? '' : formatMac(mac)),
    () => 'mac',
    'MAC',
    'Give each host its own.',
    report,
  );
}

/** What hosts send to external networks with, beside those MACs: ports have to keep out of their way (exitMac.ts). */
function exitsOf({ hosts, networks }: ObjectsDraft, taken: ReadonlySet<string>) {
  const placed = new Map(hosts.map((host) => [host.value.name, host]));
  return networks
    .filter(({ value }) => value.external)
    .flatMap(({ value: { name: network } }) =>
      [...drawnExits([...placed.keys()], network, new Set(taken), drawByKey)].map(([host, mac]) => {
        return { network, host: placed.get(host)!, mac };
      }),
    );
}

function notOfHosts(mac: Mac, path: Path, report: Report): void {
  if (isHostMac(mac)) report('error', path, `${formatMac(mac)} is in ${BASE}, which only hosts have`, 'Use another MAC.');
}
