import type { Config } from '../../config/config.js';
import type { Addresses } from '../../tables/addresses.js';
import type { Fib } from '../../tables/fib.js';
import { GATEWAY_ROUTER, NETWORK_IFACE } from '../../tables/rifs.js';
import type { Routers } from '../../tables/routers.js';
import { buildAddresses, listAddresses } from '../buildAddresses.js';
import type { BuiltRif } from '../buildRifs.js';
import type { RouterScope } from '../routerScope.js';
import { compileFib } from '../routing/compileFib.js';
import { FibStore } from '../routing/fibStore.js';
import type { StateIndex } from '../stateIndex.js';
import type { HostView, RifView, RouterView } from './hostView.js';

/** A replica of a distributed router, compiled. */
export interface BuiltRouter {
  readonly view: RouterView;
  readonly number: number;
  readonly rifs: readonly BuiltRif[];
  readonly fibStore: FibStore;
}

/** Router interfaces of the networks, with their numbers. */
export function listNetworkRifs(view: HostView, index: StateIndex): BuiltRif[] {
  const mtus = new Map(view.networks.map(({ name, mtu }) => [name, mtu]));
  const ofAll = view.routers.flatMap((router) => router.rifs.map((rif) => ({ router, rif })));
  // Of several on a network the one with the gateway's address comes first: the data plane takes it when nothing else decides.
  const gatewaysFirst = ofAll.toSorted((a, b) => Number(b.rif.isGateway) - Number(a.rif.isGateway));
  return gatewaysFirst.map(({ router, rif }) => ({
    index: index.rif(rif.name),
    iface: NETWORK_IFACE,
    vlan: 0,
    config: asConfig(rif),
    mtu: mtus.get(rif.network)!,
    router: index.router(router.name),
    network: index.network(rif.network),
  }));
}

function asConfig({ name, mac, address }: RifView): BuiltRif['config'] {
  return { name, role: 'inside', mac, mtu: undefined, addresses: [address], group: 0, reversePath: 'off' };
}

/** `before`: those of the configuration in force; what did not change of their tables stays. */
export function buildRouters(
  view: HostView,
  rifs: readonly BuiltRif[],
  routing: Config['routing'],
  index: StateIndex,
  before: readonly BuiltRouter[],
): BuiltRouter[] {
  return view.routers.map((router) => {
    const number = index.router(router.name);
    const own = rifs.filter((rif) => rif.router === number);
    const known = before.find((one) => one.number === number);
    const scope = scopeOf(router, routing);
    return {
      view: router,
      number,
      rifs: own,
      fibStore: compileFib(scope, own, [], new Map(), known?.fibStore ?? new FibStore()),
    };
  });
}

export function scopeOf({ routes, rules }: RouterView, routing: Config['routing']): RouterScope {
  return { routes, rules, zones: [], staticMappings: [], routing };
}

/** The gateway's tables and those of the routers, by number. */
export function tablesOfRouters(
  gateway: { readonly fib: Fib; readonly addresses: Addresses },
  routers: readonly BuiltRouter[],
  routing: Config['routing'],
): Routers {
  const count = Math.max(GATEWAY_ROUTER, ...routers.map(({ number }) => number)) + 1;
  const fibs = new Array<Fib>(count).fill(gateway.fib);
  const addresses = new Array<Addresses>(count).fill(gateway.addresses);
  for (const { number, rifs, fibStore, view } of routers) {
    fibs[number] = fibStore.snapshot();
    addresses[number] = buildAddresses(listAddresses(scopeOf(view, routing), rifs, []), new Map());
  }
  return { fibs, addresses };
}
