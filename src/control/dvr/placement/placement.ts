import { isNeededOn } from '../../../objects/binding.js';
import type { LportObject, Objects } from '../../../objects/model.js';
import { NO_SNAT_HOSTS, type SnatHosts } from './snatPlacement.js';

/**
 * Which routers have a replica on which host (dvr.md 5.2): a pure function of the objects, computed anew whenever they change and never
 * stored. A router is needed where a port it serves is bound or migrating to, where its SNAT service is, and where a router it shares a network
 * with is.
 */
export class Placement {
  readonly #networkOf: ReadonlyMap<string, string>;
  readonly #routersOn = new Map<string, Set<string>>();
  readonly #networksOf = new Map<string, Set<string>>();
  /** The same of routers that are not distributed: they are on one host. */
  readonly #networksOfCentral = new Map<string, Set<string>>();

  constructor(
    private readonly objects: Objects,
    private readonly snatHosts: SnatHosts = NO_SNAT_HOSTS,
  ) {
    this.#networkOf = new Map(objects.subnets.map(({ name, network }) => [name, network]));
    const up = new Map(objects.routers.flatMap(({ name, distributed, adminUp }) => (adminUp ? [[name, distributed]] : [])));
    for (const { router, subnet } of objects.rifs) {
      const distributed = up.get(router);
      if (distributed === undefined) continue;
      const network = this.#networkOf.get(subnet)!;
      if (distributed) add(this.#routersOn, network, router);
      add(distributed ? this.#networksOf : this.#networksOfCentral, router, network);
    }
  }

  /** Names of the routers that have a replica on `host`: those it needs, and of `kept` those that there still are. */
  routersOf(host: string, kept: ReadonlySet<string> = new Set()): ReadonlySet<string> {
    const served = this.objects.lports.filter((port) => isNeededOn(port, host) && isServed(port));
    // A network, and not the subnet of an address: a port without one asks for one, or is about to get one.
    const { routers } = this.reach([...served.map(({ network }) => network), ...this.servicedNetworks(host)]);
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

  /** Names of the networks that `host` needs: those of its ports, those of its routers, which are `replicas`, and external ones. */
  networksOf(host: string, replicas: ReadonlySet<string> = this.routersOf(host)): ReadonlySet<string> {
    const networks = new Set(this.objects.lports.filter((port) => isNeededOn(port, host)).map(({ network }) => network));
    for (const router of replicas) for (const network of this.#networksOf.get(router)!) networks.add(network);
    for (const network of this.servicedNetworks(host)) networks.add(network);
    for (const network of this.externalOf(host)) networks.add(network);
    return networks;
  }

  /** External networks that `host` needs: of the gateways of routers whose SNAT service it has, and of its ports' floating addresses. */
  externalOf(host: string): ReadonlySet<string> {
    const { objects, snatHosts } = this;
    const own = objects.routers.filter(({ name }) => snatHosts.get(name) === host && this.#networksOnHost(name).size > 0);
    const mode = objects.hosts.find(({ name }) => name === host)?.mode;
    const ports = new Set(objects.lports.filter((port) => isNeededOn(port, host)).map(({ name }) => name));
    const floating = objects.floatingIps.filter(
      ({ placement, lport }) =>
        placement === 'distributed' && mode !== 'dvr_no_external' && lport !== undefined && ports.has(lport),
    );
    return new Set([...own.flatMap(({ gateways }) => gateways), ...floating].map(({ network }) => network));
  }

  /** All networks of the routers whose SNAT service is on `host`, or all of them, those of their gateways excepted. */
  servicedNetworks(host: string): string[] {
    return [...this.snatHosts].flatMap(([router, on]) => (on === host ? [...this.#networksOnHost(router)] : []));
  }

  #networksOnHost(router: string): ReadonlySet<string> {
    return this.#networksOf.get(router) ?? this.#networksOfCentral.get(router) ?? NONE;
  }
}

const NONE: ReadonlySet<string> = new Set();

/** True for a port that routers are there for. */
export function isServed({ owner, adminUp }: LportObject): boolean {
  return adminUp && owner !== 'router';
}

function add(map: Map<string, Set<string>>, key: string, value: string): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, new Set([value]));
  else known.add(value);
}
