import type { EastWestMemory } from './eastWestMemory.js';
import type { Plan, PlanHost, PlanNetwork, PlanPair, PlanPort, PlanRif, PlanSubnet } from './eastWestPlan.js';

/** What a host has to know by dvr.md 1.2, 2.13 and 5.2, looked up in the plan each time anew. */
export class EastWestTables {
  readonly #known = new Map<string, Map<string, string>>();

  constructor(
    private readonly plan: Plan,
    private readonly memory?: EastWestMemory,
  ) {}

  network(name: string): PlanNetwork {
    return this.plan.networks.find((one) => one.name === name)!;
  }

  subnet(name: string): PlanSubnet {
    return this.plan.subnets.find((one) => one.name === name)!;
  }

  host(name: string): PlanHost {
    return this.plan.hosts.find((one) => one.name === name)!;
  }

  rifsOf(router: string): PlanRif[] {
    return this.plan.rifs.filter((rif) => rif.router === router);
  }

  isPhysical(network: string): boolean {
    return ['vlan', 'flat'].includes(this.network(network).type);
  }

  /** Of any distributed router, wherever it has a replica. */
  isRif(mac: string): boolean {
    const distributed = new Set(this.plan.routers.filter((router) => router.distributed).map(({ name }) => name));
    return this.plan.rifs.some((rif) => rif.mac === mac && distributed.has(rif.router));
  }

  localPorts(network: string, host: string): PlanPort[] {
    return this.plan.ports.filter((port) => port.network === network && port.host === host && port.up);
  }

  /** Routers that a host has: those it needs, and for some time those it needed. */
  #routers(host: string): Set<string> {
    const there = this.plan.routers.filter(({ up, distributed }) => up && distributed);
    const kept = there.filter(({ name }) => this.memory?.keeps(host, name) === true);
    return new Set([...this.replicas(host), ...kept.map(({ name }) => name)]);
  }

  /** 2.16: whether a host passes a frame on to a port that was there: of tunnels, at first hand, and not back. */
  isLate(host: string, port: PlanPort, src: string, peer: string): boolean {
    if (!['vxlan', 'gre'].includes(this.network(port.network).type) || this.memory?.had(host, port.name) !== true) return false;
    const source = isHostMac(src) ? this.plan.hosts.find(({ mac }) => mac === src)?.name : this.ownerOf(port.network, src)?.host;
    return peer !== port.host && source === peer;
  }

  /** 5.2: routers of the networks of ports they serve, and those they share a network with. */
  replicas(host: string): Set<string> {
    const up = new Set(this.plan.routers.filter((router) => router.up && router.distributed).map(({ name }) => name));
    const networks = new Set(
      this.plan.ports
        .filter((port) => (port.host === host || port.migratingTo === host) && port.up && port.owner !== 'router')
        .map(({ network }) => network),
    );
    const found = new Set<string>();
    for (let before = -1; before !== found.size; ) {
      before = found.size;
      for (const { router, subnet } of this.plan.rifs)
        if (up.has(router) && networks.has(this.subnet(subnet).network)) found.add(router);
      for (const { router, subnet } of this.plan.rifs) if (found.has(router)) networks.add(this.subnet(subnet).network);
    }
    return found;
  }

  /** Interfaces on a network of routers that a host has. */
  rifsOn(network: string, host: string): PlanRif[] {
    const replicas = this.#routers(host);
    return this.plan.rifs.filter(({ router, subnet }) => replicas.has(router) && this.subnet(subnet).network === network);
  }

  /** I1: the port that has a MAC; of a pair's that several have who claimed it last. */
  ownerOf(network: string, mac: string): PlanPort | undefined {
    const ports = this.plan.ports.filter((port) => port.network === network);
    const own = ports.find((port) => port.mac === mac);
    const claim = this.#claims(network).findLast((one) => one.mac === mac);
    const pairs = ports.filter((port) => port.pairs.some((pair) => pair.mac === mac));
    const claimed = claim && ports.find(({ name }) => name === claim.port);
    const owner = own ?? claimed ?? (pairs.length === 1 ? pairs[0] : undefined);
    return owner?.host !== undefined && owner.up ? owner : undefined;
  }

  /** I5: addresses that somebody has for certain, with his MAC. */
  known(network: string): ReadonlyMap<string, string> {
    const before = this.#known.get(network);
    if (before !== undefined) return before;
    const ports = this.plan.ports.filter((port) => port.network === network);
    const bound = ports.filter(({ host, up }) => host !== undefined && up);
    const unbound = new Set(ports.filter(({ host }) => host === undefined).flatMap(({ addresses }) => addresses));
    const withAddress = (address: string): PlanPair[] =>
      ports.flatMap(({ pairs }) => pairs.filter((one) => one.length === 32 && one.address === address));
    const found = new Map<string, string>();
    for (const { addresses, mac } of bound)
      for (const address of addresses) if (!unbound.has(address) && withAddress(address).length === 0) found.set(address, mac);
    // One pair of one port, with the port's own MAC, is as good as claimed.
    for (const port of bound)
      for (const { address, length, mac } of port.pairs)
        if (length === 32 && mac === undefined && !unbound.has(address) && withAddress(address).length === 1)
          found.set(address, port.mac);
    for (const { address, mac } of this.#claims(network)) found.set(address, mac);
    this.#known.set(network, found);
    return found;
  }

  /** 2.11: the MAC that a port of a host is told for an address; undefined: nobody is known to have it. */
  answerTo(network: string, host: string, address: string): string | undefined {
    return this.rifsOn(network, host).find((rif) => rif.address === address)?.mac ?? this.known(network).get(address);
  }

  /** A MAC, with an address or (undefined) with any. */
  mayUse(port: PlanPort, mac: string, address: string | undefined): boolean {
    if (address === undefined) return mac === port.mac || port.pairs.some((pair) => pair.mac === mac);
    if (mac === port.mac && port.addresses.includes(address)) return true;
    return port.pairs.some((pair) => (pair.mac ?? port.mac) === mac && covers(pair, address));
  }

  mayHave(port: PlanPort, address: string): boolean {
    return port.addresses.includes(address) || port.pairs.some((pair) => covers(pair, address));
  }

  /** Those that count: the port is still there and may say so. */
  #claims(network: string): Plan['claims'] {
    const all = this.plan.claims.filter((claim) => {
      const port = this.plan.ports.find(({ name }) => name === claim.port)!;
      const may = port.pairs.some(
        (pair) => pair.length === 32 && pair.address === claim.address && (pair.mac ?? port.mac) === claim.mac,
      );
      return claim.network === network && port.host === claim.host && port.up && (may || !port.secure);
    });
    return all.filter((claim, i) => !all.some((later, k) => k > i && later.address === claim.address));
  }
}

export function isHostMac(mac: string): boolean {
  return mac.startsWith('fa:16:3f:');
}

function covers({ address, length }: { readonly address: string; readonly length: number }, other: string): boolean {
  const number = (text: string): number => text.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0);
  const size = 2 ** (32 - length);
  return Math.floor(number(address) / size) === Math.floor(number(other) / size);
}
