import { networksOfService, reaches, takesService } from '../../../objects/hostAbilities.js';
import type { HostObject, NetworkObject, Objects, RouterObject } from '../../../objects/model.js';
import { snatCandidates } from './snatPlacement.js';

/**
 * Why no host has the SNAT service of a router (dvr.md 5.3): none may have it, or none of those that may forwards. `away`:
 * "silent", "stopped", "starting", of a host that is known not to. `storeAway`: seconds that the store of several hosts does not answer.
 */
export function whyNowhere(
  objects: Objects,
  router: RouterObject,
  away: (host: string) => string | undefined,
  storeAway?: number,
): string {
  const candidates = snatCandidates(objects, router);
  if (candidates.length === 0) return whyNoCandidate(objects, router);
  if (storeAway !== undefined)
    return `the store does not answer for ${Math.round(storeAway)} s, so none of those that share it (${candidates.join(', ')}) may serve it until it does`;
  const states = candidates.map((name) => ({ name, state: away(name) }));
  const alive = states.flatMap(({ name, state }) => (state === undefined ? [name] : []));
  if (alive.length > 0) return `nobody has taken it yet; of those that may there is ${alive.join(', ')}`;
  return `no candidate forwards: ${states.map(({ name, state }) => `${name} is ${state}`).join(', ')}`;
}

function whyNoCandidate(objects: Objects, router: RouterObject): string {
  if (!router.adminUp) return `adminUp of ${router.name} is false`;
  const kind = router.distributed ? 'dvr_snat' : 'dvr_snat or legacy';
  const hosts = objects.hosts.filter((host) => takesService(host, router.distributed));
  if (hosts.length === 0) return `no host is of mode ${kind}`;
  const ready = hosts.filter(({ draining }) => draining !== true);
  if (ready.length === 0) return `all hosts of mode ${kind} are draining: ${namesOf(hosts)}`;
  const networks = networksToReach(objects, router);
  const able = ready.filter((host) => networks.every((network) => reaches(host, network)));
  if (able.length > 0) {
    const wanted = router.gateways.flatMap((gateway) => (gateway.hosts.length === 0 ? [] : [gateway.hosts.join(', ')]));
    return `its gateways want it at ${wanted.join(' and at ')}; those that could have it: ${namesOf(able)}`;
  }
  const missing = networks.filter((network) => !ready.some((host) => reaches(host, network)));
  const all = missing.length > 0 ? missing : networks;
  const needs = [...new Set(all.map(needOf))].join(' and ');
  return `no host of mode ${kind} that is not draining has ${needs}: ${namesOf(ready)}`;
}

function networksToReach({ networks, subnets, rifs }: Objects, { name, gateways }: RouterObject): (NetworkObject | undefined)[] {
  const networkOf = new Map(subnets.map((subnet) => [subnet.name, subnet.network]));
  const own = rifs.filter(({ router }) => router === name);
  return networksOfService(gateways, own, networkOf).map((one) => networks.find((network) => network.name === one));
}

function namesOf(hosts: readonly HostObject[]): string {
  return hosts.map(({ name }) => name).join(', ');
}

/** What a host has to have for a network to reach it. */
function needOf(network: NetworkObject | undefined): string {
  return network?.physnet === undefined ? 'a vtep' : `physnet ${network.physnet}`;
}
