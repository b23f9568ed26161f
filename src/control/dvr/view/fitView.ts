import type { RouteConfig } from '../../../config/config.js';
import { formatIpv4 } from '../../../types/ipv4.js';
import { type RoomTable, routerKey } from '../../stateIndex.js';
import type { Full, HostRoom, Needs } from './hostRoom.js';
import type { ExitView, HostView, RouterView, ServiceView } from './hostView.js';

/** Something that the objects want of this host and that a table of it has no room for. */
export interface TurnedAway {
  readonly kind: 'port' | 'router' | 'service' | 'floating IP';
  /** Name of the object; of a service its router. */
  readonly name: string;
  readonly table: RoomTable;
  /** Rows that the table has. */
  readonly limit: number;
  /** All that it needs rows for. */
  readonly needs: Needs;
}

/** A view that fits, and what was left out of the one that was asked for. */
export interface Fitted {
  readonly view: HostView;
  readonly turnedAway: readonly TurnedAway[];
}

/**
 * Leaves out of a view what this host has no room for, so that the rest works: what a cloud holds keeps no host from starting, and no change from
 * being taken over. Ports come first, then ways out, replicas and services; among those of a kind what was there before, then the others in order of
 * their names. `room` is used up.
 */
export function fitView(view: HostView, room: HostRoom): Fitted {
  const turnedAway: TurnedAway[] = [];
  const keep = <T>(
    kind: TurnedAway['kind'],
    all: readonly T[],
    nameOf: (one: T) => string,
    needsOf: (one: T) => Needs,
    isKnown: (one: T) => boolean,
  ): T[] => {
    const order = all.toSorted((a, b) => Number(isKnown(b)) - Number(isKnown(a)) || (nameOf(a) < nameOf(b) ? -1 : 1));
    const fits = new Set(
      order.filter((one) => {
        const needs = needsOf(one);
        const full: Full | undefined = room.take(needs);
        if (full !== undefined) turnedAway.push({ kind, name: nameOf(one), ...full, needs });
        return full === undefined;
      }),
    );
    return fits.size === all.length ? [...all] : all.filter((one) => fits.has(one));
  };
  const named = ({ name }: { readonly name: string }): string => name;
  const lports = keep(
    'port',
    view.lports,
    named,
    ({ name }) => ({ lports: [name] }),
    ({ name }) => room.knows('lports', name),
  );
  const exits = view.exits.flatMap((exit) => fitExit(exit, room, turnedAway) ?? []);
  const kept = routerSides(exits);
  const gone = new Set([...routerSides(view.exits)].filter((side) => !kept.has(side)));
  const routers = keep('router', view.routers, named, needsOfRouter, ({ name }) =>
    room.knows('routers', routerKey('replica', name)),
  );
  const ofRouter = ({ router }: ServiceView): string => router;
  const isKnown = ({ router }: ServiceView): boolean => room.knows('routers', routerKey('service', router));
  const replicas = new Map(view.routers.map((router) => [router.name, router.rifs.map(named)]));
  const services = keep('service', view.services, ofRouter, (one) => needsOfService(one, replicas.get(one.router)), isKnown);
  if (turnedAway.length === 0 && gone.size === 0) return { view, turnedAway };
  const rifs = new Set([
    ...[...routers, ...services].flatMap((one) => one.rifs.map(named)),
    ...exits.flatMap(({ rif, floating }) => [rif.name, ...floating.flatMap(({ own }) => own?.name ?? [])]),
  ]);
  const neighbors = view.neighbors.filter(({ rif }) => rifs.has(rif));
  const led = routers.map((router) => withoutExits(router, gone));
  return { view: { ...view, lports, exits, routers: led, services, neighbors }, turnedAway };
}

function needsOfRouter({ name, rifs }: RouterView): Needs {
  return { rifs: rifs.map((rif) => rif.name), routers: [routerKey('replica', name)] };
}

/** `replica`: interfaces of the one that is beside it, if there is one. */
export function needsOfService({ router, rifs, zones }: ServiceView, replica: readonly string[] | undefined): Needs {
  return {
    routers: [routerKey('service', router), ...(replica === undefined ? [] : [routerKey('replica', router)])],
    rifs: [...rifs.map(({ name }) => name), ...(replica ?? [])],
    zones: zones.map(({ name }) => name),
    addresses: zones.flatMap(({ localAddresses, draining }) => [...localAddresses, ...draining]),
  };
}

/** Of a way out what fits: itself, then pairs with routers, then floating IPs with MACs of their own; undefined: not even itself. */
function fitExit(exit: ExitView, room: HostRoom, turnedAway: TurnedAway[]): ExitView | undefined {
  const own: Needs = { routers: [routerKey('exit', exit.network)], rifs: [exit.rif.name] };
  const none = room.take(own);
  const full = new Map<string, Full & { readonly needs: Needs }>();
  const pairs = exit.pairs.filter(({ router, routerSide, exitSide }) => {
    const needs: Needs = { routers: [routerKey('replica', router)], rifs: [routerSide.name, exitSide.name] };
    const lacks = none ?? room.take(needs);
    if (lacks !== undefined) full.set(router, { ...lacks, needs: none === undefined ? needs : own });
    return lacks === undefined;
  });
  const floating = exit.floating.filter(({ address, router, own: rif }) => {
    const needs: Needs = rif === undefined ? {} : { rifs: [rif.name] };
    const lacks = full.get(router) ?? room.take(needs);
    if (lacks !== undefined) turnedAway.push({ kind: 'floating IP', name: formatIpv4(address), needs, ...lacks });
    return lacks === undefined;
  });
  if (none !== undefined) return undefined;
  if (pairs.length === exit.pairs.length) return floating.length === exit.floating.length ? exit : { ...exit, floating };
  const gone = new Set(exit.pairs.flatMap((pair) => (pairs.includes(pair) ? [] : [pair.exitSide.name])));
  const rules = exit.rules.filter(({ iif }) => iif === undefined || !gone.has(iif));
  return { ...exit, pairs, floating, rules, routes: exit.routes.filter((route) => !leavesBy(route, gone)) };
}

/** Without the routes to exits that are not there: what would have left by them is redirected to the SNAT service. */
function withoutExits(router: RouterView, gone: ReadonlySet<string>): RouterView {
  return gone.size === 0 ? router : { ...router, routes: router.routes.filter((route) => !leavesBy(route, gone)) };
}

function leavesBy({ nexthops }: RouteConfig, devs: ReadonlySet<string>): boolean {
  return nexthops.some(({ dev }) => dev !== undefined && devs.has(dev));
}

function routerSides(exits: readonly ExitView[]): Set<string> {
  return new Set(exits.flatMap(({ pairs }) => pairs.map(({ routerSide }) => routerSide.name)));
}
