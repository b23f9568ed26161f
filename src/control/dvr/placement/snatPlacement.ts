import { grouped } from '../../../objects/grouped.js';
import { networksOfService, reaches, takesService, takesServices } from '../../../objects/hostAbilities.js';
import type { Objects, RouterObject } from '../../../objects/model.js';

/** Router -> host that has its SNAT service at present. */
export type SnatHosts = ReadonlyMap<string, string>;

export const NO_SNAT_HOSTS: SnatHosts = new Map();

/** Routers whose service `host` has. */
export function ownOf(hosts: SnatHosts, host: string): Set<string> {
  return new Set([...hosts].flatMap(([router, on]) => (on === host ? [router] : [])));
}

/** True for a router with a part that is on one host: the SNAT service of a distributed one, or the whole of one that is not. */
export function hasOneHost({ distributed, adminUp, gateways }: RouterObject): boolean {
  return adminUp && (!distributed || gateways.length > 0);
}

/**
 * Hosts that may have a router's SNAT service (dvr.md 5.3), or all of a router that is not distributed, alive or not: those its gateways name, by
 * preference, or all in the order of their names. They take SNAT, are connected to what the router's networks are on, and are not draining.
 */
export function snatCandidates(objects: Objects, router: RouterObject): string[] {
  return candidatesAmong(objects)(router);
}

/** The same for many routers: what is looked up is put in order once. */
export function candidatesAmong(objects: Objects): (router: RouterObject) => string[] {
  const networkOf = new Map(objects.subnets.map(({ name, network }) => [name, network]));
  const networks = new Map(objects.networks.map((network) => [network.name, network]));
  const rifs = grouped(objects.rifs, ({ router }) => router);
  const hosts = objects.hosts.filter((host) => takesServices(host) && host.draining !== true);
  return (router) => {
    if (!hasOneHost(router)) return [];
    const { name, distributed, gateways } = router;
    const needed = networksOfService(gateways, rifs.get(name) ?? [], networkOf).map((one) => networks.get(one));
    const able = hosts.filter((host) => takesService(host, distributed) && needed.every((network) => reaches(host, network)));
    const preferred = [...new Set(gateways.flatMap((gateway) => gateway.hosts))];
    const order = preferred.length > 0 ? preferred : able.map((host) => host.name).sort();
    const names = new Set(able.map((host) => host.name));
    return order.filter((host) => names.has(host) && gateways.every((one) => one.hosts.length === 0 || one.hosts.includes(host)));
  };
}

/** True when the operator has said in which order the hosts are to be preferred. */
export function isOrdered({ gateways }: RouterObject): boolean {
  return gateways.some(({ hosts }) => hosts.length > 0);
}

/** Where every router's SNAT service is for hosts that have nobody to ask: the same on all that go by the same objects. */
export function snatHostsOf(objects: Objects): SnatHosts {
  return snatPlan(objects.routers, candidatesAmong(objects));
}

/**
 * Who is to have the SNAT service of these routers. Where the operator has said an order it is the first candidate; else the one
 * with the fewest services, and of several of these the one that a hash of the names says. `loads`: how many hosts have already.
 */
export function snatPlan(
  routers: readonly RouterObject[],
  candidatesOf: (router: RouterObject) => readonly string[],
  loads: ReadonlyMap<string, number> = new Map(),
): SnatHosts {
  const hosts = new Map<string, string>();
  const load = new Map(loads);
  const byName = routers.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  for (const router of byName) {
    const candidates = candidatesOf(router);
    const host = isOrdered(router) ? candidates[0] : leastLoaded(router.name, candidates, load);
    if (host === undefined) continue;
    hosts.set(router.name, host);
    load.set(host, (load.get(host) ?? 0) + 1);
  }
  return hosts;
}

/** Of `candidates` the one with the fewest routers; `load`: how many each has. */
function leastLoaded(router: string, candidates: readonly string[], load: ReadonlyMap<string, number>): string | undefined {
  let best: { readonly host: string; readonly load: number; readonly hash: number } | undefined;
  for (const host of candidates) {
    const one = { host, load: load.get(host) ?? 0, hash: hashOf(`${router} ${host}`) };
    if (best === undefined || one.load < best.load || (one.load === best.load && one.hash < best.hash)) best = one;
  }
  return best?.host;
}

/** FNV-1a: ties are to be spread over the hosts, in the same way on all of them. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
