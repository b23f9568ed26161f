import type { StaticMappingConfig } from '../../../config/config.js';
import type { Claim } from '../../../objects/claims.js';
import { hasExits, reaches } from '../../../objects/hostAbilities.js';
import type { FloatingIpObject, HostObject, LportObject, NetworkObject, Objects } from '../../../objects/model.js';
import type { WireIpv4 } from '../../../types/ipv4.js';
import type { VirtualAddresses } from './virtualAddresses.js';

/** A mapping of an address on an external network: a floating IP, or a port of one. */
export interface Mapped {
  readonly network: string;
  readonly mapping: StaticMappingConfig;
}

/**
 * Where floating IPs are served (dvr.md 2.7, 2.10): each by its guest's host, or with its router's SNAT service, and never by
 * both. A pure function of the objects and of the claims that stand (`claims`), so nothing is left behind by a port that moves
 * (pitfalls 31, 32, 56).
 */
export class FloatingPlacement {
  readonly #lports: ReadonlyMap<string, LportObject>;
  readonly #hosts: ReadonlyMap<string, HostObject>;
  readonly #networks: ReadonlyMap<string, NetworkObject>;
  readonly #distributed: ReadonlySet<string>;
  /** "<network> <address>" -> port that has claimed it. */
  readonly #claimants: ReadonlyMap<string, string>;
  readonly #preset: ReadonlyMap<string, string>;

  constructor(
    private readonly objects: Objects,
    private readonly virtual: VirtualAddresses,
    claims: readonly Claim[],
  ) {
    this.#lports = new Map(objects.lports.map((port) => [port.name, port]));
    this.#hosts = new Map(objects.hosts.map((host) => [host.name, host]));
    this.#networks = new Map(objects.networks.map((network) => [network.name, network]));
    const up = objects.routers.filter(({ distributed, adminUp }) => distributed && adminUp);
    this.#distributed = new Set(up.map(({ name }) => name));
    const inTime = claims.toSorted((a, b) => a.revision - b.revision);
    this.#claimants = new Map(inTime.map(({ network, address, port }) => [`${network} ${address}`, port]));
    this.#preset = new Map(virtual.preset().map(({ port, address }) => [`${port.network} ${address}`, port.name]));
  }

  /** Host that serves a floating IP itself; undefined: the SNAT service does, wherever it is, or nobody, as nothing is associated with it. */
  hostOf({ lport, fixed, network, router, placement }: FloatingIpObject): string | undefined {
    if (placement === 'centralized' || lport === undefined || fixed === undefined || router === undefined) return undefined;
    const port = this.#ownerOf(lport, fixed);
    if (port?.host === undefined || !port.adminUp || !this.#distributed.has(router)) return undefined;
    const host = this.#hosts.get(port.host);
    return host !== undefined && hasExits(host) && reaches(host, this.#networks.get(network)) ? host.name : undefined;
  }

  /** Those that `host` serves itself. */
  on(host: string): FloatingIpObject[] {
    return this.objects.floatingIps.filter((one) => this.hostOf(one) === host);
  }

  /** What the SNAT service of a router serves of floating IPs (dvr.md 2.10): whole hosts, and forwarded ports. */
  central(router: string): Mapped[] {
    const own = this.objects.floatingIps.filter((one) => one.router === router);
    return own.flatMap((one) => {
      const { name, address, fixed, forwardings, network } = one;
      const host = fixed === undefined || this.hostOf(one) !== undefined ? [] : [mapping(name, undefined, address, 0, fixed, 0)];
      const ports = forwardings.map(({ protocol, port, fixed: to, toPort }) =>
        mapping(`${name} ${protocol}/${port}`, protocol, address, port, to, toPort),
      );
      return [...host, ...ports].map((made) => ({ network, mapping: made }));
    });
  }

  /** Who has a fixed address at present: its port, unless several may have it, which whoever announces it has (dvr.md 2.13). */
  #ownerOf(lport: string, fixed: WireIpv4): LportObject | undefined {
    const port = this.#lports.get(lport);
    if (port === undefined || !this.virtual.has(port.network, fixed)) return port;
    const key = `${port.network} ${fixed}`;
    return this.#lports.get(this.#claimants.get(key) ?? this.#preset.get(key) ?? '');
  }
}

function mapping(
  name: string,
  protocol: StaticMappingConfig['protocol'],
  external: WireIpv4,
  externalPort: number,
  inside: WireIpv4,
  insidePort: number,
): StaticMappingConfig {
  return {
    ...{ name, protocol },
    external: { address: external, port: externalPort },
    inside: { address: inside, port: insidePort },
  };
}
