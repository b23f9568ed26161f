import type { Config } from '../../../config/config.js';
import { grouped } from '../../../objects/grouped.js';
import type { Addresses } from '../../../tables/addresses.js';
import type { Fib } from '../../../tables/fib.js';
import { GATEWAY_ROUTER, NETWORK_IFACE, RifFlag } from '../../../tables/rifs.js';
import type { Routers } from '../../../tables/routers.js';
import type { Statics } from '../../../tables/statics.js';
import type { Zones } from '../../../tables/zones.js';
import { type BuiltAddress, buildAddresses, listAddresses } from '../../buildAddresses.js';
import type { BuiltRif } from '../../buildRifs.js';
import { buildStatics, staticEntries } from '../../buildStatics.js';
import type { RouterScope } from '../../routerScope.js';
import { compileFib } from '../../routing/compileFib.js';
import { FibStore } from '../../routing/fibStore.js';
import type { StateIndex } from '../../stateIndex.js';
import type { ExitView, HostView, RifView, RouterView, ServiceView } from '../view/hostView.js';
import { floatingAddresses } from './buildFloating.js';
import { exitRifs } from './exitRifs.js';

/** What has tables of its own. */
export type AnyRouterView = RouterView | ServiceView | ExitView;

/** A replica of a distributed router, the SNAT service of one, or an exit, compiled. */
export interface BuiltRouter {
  readonly view: AnyRouterView;
  readonly number: number;
  readonly rifs: readonly BuiltRif[];
  readonly scope: RouterScope;
  readonly fibStore: FibStore;
}

type AnyRifView = RifView | ServiceView['rifs'][number];

/** Router interfaces of the networks, with their numbers. */
export function listNetworkRifs(view: HostView, index: StateIndex): BuiltRif[] {
  const mtus = new Map(view.networks.map(({ name, mtu }) => [name, mtu]));
  const ofAll = [...view.routers, ...view.services].flatMap((router) => router.rifs.map((rif) => ({ router, rif })));
  // Of several on a network the one with the gateway's address comes first: the data plane takes it when nothing else decides.
  const gatewaysFirst = ofAll.toSorted((a, b) => Number(b.rif.isGateway) - Number(a.rif.isGateway));
  const made = gatewaysFirst.map(({ router, rif }) => ({
    index: index.rif(rif.name),
    iface: NETWORK_IFACE,
    vlan: 0,
    config: asConfig(rif),
    mtu: mtus.get(rif.network)!,
    router: numberOf(router, index),
    network: index.network(rif.network),
    flags: flagsOf(rif) | ('leased' in router && router.leased === true ? RifFlag.Leased : 0),
    zones: zonesBy(router, rif),
  }));
  return [...made, ...exitRifs(view, index)];
}

/** All that have tables of their own: replicas, then services and exits. */
export function routersOf({ routers, services, exits }: HostView): AnyRouterView[] {
  return [...routers, ...services, ...exits];
}

/** Whatever objects are called: a service's name may be that of somebody's router. */
function numberOf(view: AnyRouterView, index: StateIndex): number {
  if ('router' in view) return index.router('service', view.router);
  return 'floating' in view ? index.router('exit', view.network) : index.router('replica', view.name);
}

/** Which zones are of what leaves by an interface (Rif.Zones). */
function zonesBy(router: AnyRouterView, rif: AnyRifView): number {
  if (!('ofGateways' in router) || router.ofGateways.length === 0) return 0;
  return router.rifs.filter(({ role }) => role === 'outside').findIndex(({ name }) => name === rif.name) + 1;
}

function flagsOf(rif: AnyRifView): number {
  if (!('role' in rif)) return 0;
  return RifFlag.Unique | (rif.role === 'inside' || rif.translates ? 0 : RifFlag.Untranslated);
}

function asConfig(rif: AnyRifView): BuiltRif['config'] {
  const { name, mac, address } = rif;
  return {
    name,
    role: 'role' in rif ? rif.role : 'inside',
    mac,
    mtu: undefined,
    addresses: [address],
    group: 0,
    reversePath: 'off',
  };
}

/** `before`: those of the configuration in force; what did not change of their tables stays. */
export function buildRouters(
  view: HostView,
  rifs: readonly BuiltRif[],
  routing: Config['routing'],
  index: StateIndex,
  before: readonly BuiltRouter[],
): BuiltRouter[] {
  const ofRouter = grouped(rifs, ({ router }) => router);
  const inForce = new Map(before.map((one) => [one.number, one]));
  return routersOf(view).map((router) => {
    const number = numberOf(router, index);
    const own = ofRouter.get(number) ?? [];
    const known = inForce.get(number);
    const scope = routerScopeOf(router, routing);
    return {
      view: router,
      number,
      rifs: own,
      scope,
      fibStore: compileFib(scope, own, [], index.addresses(), known?.fibStore ?? new FibStore()),
    };
  });
}

const NO_NAT: Pick<RouterScope, 'zones' | 'ofGateways' | 'staticMappings' | 'reject'> = {
  ...{ zones: [], ofGateways: [], staticMappings: [], reject: 'silent' },
};

/** What a replica is compiled from: it translates nothing; its SNAT service does. */
export function routerScopeOf(router: AnyRouterView, routing: Config['routing']): RouterScope {
  const { routes, rules } = router;
  const { zones, ofGateways, staticMappings, reject } = 'zones' in router ? router : NO_NAT;
  return { routes, rules, zones, ofGateways, staticMappings, reject, routing };
}

/** What addresses are to a router. */
export function addressesOf({ view, rifs, scope }: Pick<BuiltRouter, 'view' | 'rifs' | 'scope'>): BuiltAddress[] {
  return [...('floating' in view ? floatingAddresses(view, rifs) : []), ...listAddresses(scope, rifs, [])];
}

/** The gateway's tables and those of the routers, by number. `zonesOf`: in the order of `routers`. */
export function tablesOfRouters(
  gateway: { readonly [K in keyof Routers]: Routers[K][number] },
  routers: readonly BuiltRouter[],
  zonesOf: readonly Zones[],
  pools: ReadonlyMap<number, number>,
): Routers {
  const count = Math.max(GATEWAY_ROUTER, ...routers.map(({ number }) => number)) + 1;
  const fibs = new Array<Fib>(count).fill(gateway.fibs);
  const addresses = new Array<Addresses>(count).fill(gateway.addresses);
  const zones = new Array<Zones>(count).fill(gateway.zones);
  const statics = new Array<Statics>(count).fill(gateway.statics);
  routers.forEach((router, i) => {
    const { number, fibStore, scope } = router;
    fibs[number] = fibStore.snapshot();
    addresses[number] = buildAddresses(addressesOf(router), pools);
    zones[number] = zonesOf[i]!;
    statics[number] = buildStatics(staticEntries(scope));
  });
  return { fibs, addresses, zones, statics };
}
