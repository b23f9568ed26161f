import { isNeededOn } from '../../objects/binding.js';
import type { LportObject, Objects } from '../../objects/model.js';

/**
 * Which routers have a replica on which host (dvr.md 5.2): a pure function of the objects, computed anew whenever they change and never
 * stored. A router is needed where a port it serves is bound or migrating to, and where a router it shares a network with is.
 */
export class Placement {
  readonly #networkOf: ReadonlyMap<string, string>;
  readonly #routersOn = new Map<string, Set<string>>();
  readonly #networksOf = new Map<string, Set<string>>();

  constructor(private readonly objects: Objects) {
    this.#networkOf = new Map(objects.subnets.map(({ name, network }) => [name, network]));
    const up = new Set(objects.routers.filter(({ distributed, adminUp }) => distributed && adminUp).map(({ name }) => name));
    for (const { router, subnet } of objects.rifs) {
      if (!up.has(router)) continue;
      const network = this.#networkOf.get(subnet)!;
      add(this.#routersOn, network, router);
      add(this.#networksOf, router, network);
    }
  }

  /** Names of the routers that have a replica on `host`: those it needs, and of `kept` those that there still are. */
  routersOf(host: string, kept: ReadonlySet<string> = new Set()): ReadonlySet<string> {
    const served = this.objects.lports.filter((port) => isNeededOn(port, host) && isServed(port));
    // A network, and not the subnet of an address: a port without one asks for one, or is about to get one.
    const { routers } = this.reach(served.map(({ network }) => network));
    return new Set([...routers, ...[...kept].filter((router) => this.#networksOf.has(router))]);
  }

  /** Routers that can be reached from these networks, and every network these are on, the given ones among them. */
  reach(from: Iterable<string>): { readonly routers: ReadonlySet<string>; readonly networks: ReadonlySet<string> } {
    const routers = new Set<string>();
    const networks = new Set(from);
    // A set that grows while it is walked is walked to its end.
    for (const network of networks)
      for (const router of this.#routersOn.get(network) ?? []) {
        routers.add(router);
        for (const other of this.#networksOf.get(router)!) networks.add(other);
      }
    return { routers, networks };
  }

  /** Names of the networks that `host` needs: those of its ports, and those of its routers, which are `replicas`. */
  networksOf(host: string, replicas: ReadonlySet<string> = this.routersOf(host)): ReadonlySet<string> {
    const networks = new Set(this.objects.lports.filter((port) => isNeededOn(port, host)).map(({ network }) => network));
    for (const router of replicas) for (const network of this.#networksOf.get(router)!) networks.add(network);
    return networks;
  }
}

/** True for a port that routers are there for. */
export function isServed({ owner, adminUp }: LportObject): boolean {
  return adminUp && owner !== 'router';
}

function add(map: Map<string, Set<string>>, key: string, value: string): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, new Set([value]));
  else known.add(value);
}
