import { getJson } from '../../src/cli/controlClient.js';
import type { NeighborRow } from '../../src/types/show.js';
import type { FdbRow } from '../../src/types/showObjects.js';
import type { EastWestMemory } from '../property/eastWestMemory.js';
import type { Plan, PlanRif } from '../property/eastWestPlan.js';
import { EastWestTables } from '../property/eastWestTables.js';

/** Routers that a host has, needed or kept for a while, as it says itself: what else it has to know follows from them. */
export type Kept = Pick<EastWestMemory, 'keeps' | 'had'>;

/** What a host lists of its tables. */
export interface Listed {
  readonly neighbors: readonly NeighborRow[];
  readonly fdb: readonly FdbRow[];
}

export async function listed(socket: string): Promise<Listed> {
  const [neighbors, fdb] = await Promise.all(['neighbors', 'fdb'].map((noun) => getJson(socket, `/v1/show/${noun}`)));
  return { neighbors: neighbors as NeighborRow[], fdb: fdb as FdbRow[] };
}

/** Routers that a host has, by the places of their interfaces. */
function routersOf(plan: Plan, { fdb }: Listed): Set<string> {
  const names = new Set(fdb.flatMap(({ kind, to }) => (kind === 'router' ? [to] : [])));
  return new Set(plan.rifs.filter(({ name }) => names.has(name)).map(({ router }) => router));
}

/** Which routers hosts have that list these. */
export function keptBy(hosts: ReadonlyMap<string, Listed>, plan: Plan): Kept {
  const routers = new Map([...hosts].map(([host, all]) => [host, routersOf(plan, all)]));
  const there = new Set(plan.routers.filter(({ up, distributed }) => up && distributed).map(({ name }) => name));
  return { keeps: (host, router) => there.has(router) && routers.get(host)?.has(router) === true, had: () => false };
}

/**
 * Where a host's tables are not what the model makes of the store's content, as lines; none: they are. `mayKeep`: whether it may still have a router
 * that it does not need. Of what only such a router has to do with it may know little, but nothing wrong.
 */
export function differences(plan: Plan, host: string, all: Listed, mayKeep: (router: string) => boolean): string[] {
  const needed = new EastWestTables(plan).replicas(host);
  const there = routersOf(plan, all);
  const wrong = [...there].filter((router) => !needed.has(router) && !mayKeep(router));
  const must = entries(plan, host, needed);
  const may = entries(plan, host, new Set([...needed, ...there]));
  const neighbors = all.neighbors.filter(({ state }) => state === 'PERMANENT');
  const places = all.fdb.filter(({ network }) => may.networks.has(network));
  const has = new Set([
    ...neighbors.map(({ address, mac, dev }) => `neighbor ${dev} ${address} ${mac}`),
    ...places.map(({ network, mac, kind, to }) => `mac ${network} ${mac} ${kind} ${to}`),
  ]);
  return [
    ...wrong.map((router) => `${host} has router ${router} without need`),
    ...[...must.lines].filter((one) => !has.has(one)).map((one) => `${host} lacks ${one}`),
    ...[...has].filter((one) => !may.lines.has(one)).map((one) => `${host} has ${one}`),
  ];
}

/** Permanent neighbours and places of MACs that a host has with these routers, and the networks they are on. */
function entries(plan: Plan, host: string, routers: ReadonlySet<string>): { lines: Set<string>; networks: Set<string> } {
  const t = new EastWestTables(plan);
  const networkOf = ({ subnet }: PlanRif): string => t.subnet(subnet).network;
  const rifs = plan.rifs.filter(({ router }) => routers.has(router));
  const neighbors = rifs.flatMap((rif) => {
    const others = rifs.filter((one) => one !== rif && networkOf(one) === networkOf(rif));
    return [...t.known(networkOf(rif)), ...others.map(({ address, mac }) => [address, mac] as const)]
      .filter(([address]) => address.startsWith(t.subnet(rif.subnet).stem))
      .map(([address, mac]) => `neighbor ${rif.name} ${address} ${mac}`);
  });
  const served = plan.ports.filter((port) => (port.host === host || port.migratingTo === host) && port.up);
  const networks = new Set([...served.map(({ network }) => network), ...rifs.map(networkOf)]);
  const places = [...networks].flatMap((network) => {
    const ports = plan.ports.filter((port) => port.network === network);
    const macs = new Set(ports.flatMap(({ mac, pairs }) => [mac, ...pairs.flatMap((pair) => pair.mac ?? [])]));
    return [...macs].flatMap((mac) => {
      const owner = t.ownerOf(network, mac);
      if (owner === undefined) return [];
      if (owner.host === host) return [`mac ${network} ${mac} port ${owner.name}`];
      if (t.network(network).type === 'local') return [];
      return [`mac ${network} ${mac} ${t.isPhysical(network) ? 'physnet physnet1' : `remote ${owner.host}`}`];
    });
  });
  return {
    lines: new Set([...neighbors, ...places, ...rifs.map((rif) => `mac ${networkOf(rif)} ${rif.mac} router ${rif.name}`)]),
    networks,
  };
}
