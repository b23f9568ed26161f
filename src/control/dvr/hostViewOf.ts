import { deviceOn } from '../../objects/binding.js';
import { type Claim, standingClaims } from '../../objects/claims.js';
import type { LportDevice, LportObject, Objects } from '../../objects/model.js';
import { covers, maskOf, type WireIpv4 } from '../../types/ipv4.js';
import type { Mac } from '../../types/mac.js';
import {
  type HostView,
  type LportView,
  type NetworkView,
  NOTHING_REMEMBERED,
  type Remembered,
  type RifView,
  type RouterView,
} from './hostView.js';
import { Placement } from './placement.js';
import { VirtualAddresses } from './virtualAddresses.js';

/** Number of a migration where nobody counts them. */
const FIRST_MIGRATION = 1;

/** Who the host is, beside what the objects say of it. */
export interface ThisHost {
  readonly name: string;
  readonly mac: Mac;
  readonly prefix: HostView['hostMacPrefix'];
}

/**
 * What a host has to know (dvr.md 5.1): a pure function of the objects, so that it is the same in whichever order they came, and of the
 * little that is remembered of them for some seconds.
 */
export function hostViewOf(
  objects: Objects,
  host: ThisHost,
  claimed: readonly Claim[] = [],
  remembered: Remembered = NOTHING_REMEMBERED,
): HostView {
  const placement = new Placement(objects);
  const replicas = placement.routersOf(host.name, remembered.routers);
  const left = objects.lports.filter(({ name }) => remembered.relays.has(name)).map(({ network }) => network);
  const networks = new Set([...placement.networksOf(host.name, replicas), ...left]);
  const up = objects.lports.filter((port) => networks.has(port.network) && port.host !== undefined && port.adminUp);
  const virtual = new VirtualAddresses(objects.lports);
  const claims = standingClaims(claimed, objects.lports);
  const macs = new Macs(objects.lports, claims);
  const known = knownAddresses(up, virtual, claims);
  const routers = objects.routers.filter(({ name }) => replicas.has(name)).map((router) => routerView(objects, router));
  return {
    host: host.name,
    hostMac: host.mac,
    hostMacPrefix: host.prefix,
    vteps: objects.hosts.flatMap(({ name, vtep, mac }) =>
      name === host.name || vtep === undefined ? [] : [{ host: name, address: vtep, mac }],
    ),
    networks: objects.networks
      .filter(({ name }) => networks.has(name))
      .map((network): NetworkView => {
        const { name, type, id, physnet, mtu, unknownUnicast, arp } = network;
        const hosts = new Set(up.filter((port) => port.network === name && port.host !== host.name).map((port) => port.host!));
        return {
          ...{ name, type, id, physnet, mtu },
          floodUnknown: unknownUnicast === 'flood',
          strictArp: arp === 'strict',
          presentOn: [...hosts].sort(),
        };
      }),
    lports: objects.lports.flatMap((port) => {
      const device = deviceOn(port, host.name);
      if (device === undefined) return [];
      // Until it is bound here it is where it was, for this host as for any other.
      const bound = port.host === host.name;
      const awaited = bound ? 0 : (remembered.awaited.get(port.name) ?? FIRST_MIGRATION);
      return [lportView(port, device, bound && port.adminUp ? macs.of(port) : [], awaited)];
    }),
    macs: up
      .filter((port) => port.host !== host.name)
      .flatMap((port) => {
        const { name, network } = port;
        const relayUntil = remembered.relays.get(name);
        return macs.of(port).map((mac) => ({ network, mac, host: port.host!, relayUntil }));
      }),
    known,
    virtual: virtual.all().filter(({ network }) => networks.has(network)),
    rifMacs: rifMacsOf(objects),
    routers,
    neighbors: routers.flatMap(({ rifs }) => rifs.flatMap((rif) => neighborsOf(rif, known, routers))),
  };
}

function rifMacsOf({ routers, rifs }: Objects): Mac[] {
  const distributed = new Set(routers.flatMap((router) => (router.distributed ? [router.name] : [])));
  return rifs.filter(({ router }) => distributed.has(router)).map(({ mac }) => mac);
}

/** Who is in the subnet of a router interface for certain: ports, and interfaces of other routers on the same network (dvr.md 2.17). */
function neighborsOf(rif: RifView, known: HostView['known'], routers: readonly RouterView[]): HostView['neighbors'] {
  const others = routers.flatMap(({ rifs }) => rifs).filter((other) => other !== rif);
  const all = [...known, ...others.map(({ network, mac, address }) => ({ network, mac, address: address.address }))];
  return all
    .filter(({ network, address }) => network === rif.network && covers(rif.address, address))
    .map(({ address, mac }) => ({ rif: rif.name, address, mac }));
}

/** Fixed addresses of bound ports that nobody else may have (I5), what was claimed, and pairs as good as claimed. */
function knownAddresses(up: readonly LportObject[], virtual: VirtualAddresses, claims: readonly Claim[]): HostView['known'] {
  const fixed = up.flatMap(({ network, addresses, mac }) =>
    addresses.filter((address) => !virtual.has(network, address)).map((address) => ({ network, address, mac })),
  );
  const there = new Set(up);
  const names = new Set(up.map(({ name }) => name));
  const told = claims.filter(({ port }) => names.has(port));
  const taken = new Set(told.map(({ network, address }) => `${network} ${address}`));
  const preset = virtual.preset().filter(({ port, address }) => there.has(port) && !taken.has(`${port.network} ${address}`));
  return [
    ...fixed,
    ...told.map(({ network, address, mac }) => ({ network, address, mac })),
    ...preset.map(({ port, address }) => ({ network: port.network, address: address as WireIpv4, mac: port.mac })),
  ];
}

/** Whose a MAC is, network by network: a pair's that several ports have belongs to whoever claims it (dvr.md 2.13). */
class Macs {
  readonly #ports = new Map<string, number>();

  /** MAC in a network -> port that claimed an address with it last. */
  readonly #claimed = new Map<string, string>();

  constructor(lports: readonly LportObject[], claims: readonly Claim[]) {
    for (const { network, mac, port } of [...claims].sort((a, b) => a.revision - b.revision))
      this.#claimed.set(`${network} ${mac.join()}`, port);
    for (const port of lports)
      for (const mac of distinct(port)) {
        const key = `${port.network} ${mac.join()}`;
        this.#ports.set(key, (this.#ports.get(key) ?? 0) + 1);
      }
  }

  /** A port's own, those it has claimed an address with, and those of pairs that no other port has. */
  of(port: LportObject): Mac[] {
    const { name, network, mac: own } = port;
    const claimed = [...this.#claimed].flatMap(([key, by]) => (by === name && key.startsWith(`${network} `) ? [macIn(key)] : []));
    const pairs = distinct(port).filter((mac) => {
      const key = `${network} ${mac.join()}`;
      return mac.join() === own.join() || (!this.#claimed.has(key) && this.#ports.get(key) === 1);
    });
    return distinctMacs([...pairs, ...claimed]);
  }
}

function distinct({ mac, allowedPairs }: LportObject): Mac[] {
  return distinctMacs([mac, ...allowedPairs.flatMap((pair) => (pair.mac === undefined ? [] : [pair.mac]))]);
}

function distinctMacs(macs: readonly Mac[]): Mac[] {
  return [...new Map(macs.map((one) => [one.join(), one])).values()];
}

/** Of a key "network 2,0,0,0,0,1". */
function macIn(key: string): Mac {
  return Uint8Array.from(key.slice(key.lastIndexOf(' ') + 1).split(','), Number);
}

function lportView(port: LportObject, device: LportDevice, macs: readonly Mac[], awaited: number): LportView {
  const { name, network, mac, portSecurity, adminUp } = port;
  const own = port.addresses.map((address) => ({ mac, prefix: { address, mask: maskOf(32), length: 32 } }));
  const pairs = port.allowedPairs.map((pair) => ({ mac: pair.mac ?? mac, prefix: pair.prefix }));
  return {
    ...{ name, network, mac, macs, portSecurity, adminUp },
    allowed: [...own, ...pairs],
    dhcpServer: port.owner === 'dhcp',
    ...{ awaited, device },
  };
}

function routerView(objects: Objects, { name, routes, rules }: Objects['routers'][number]): RouterView {
  const subnets = new Map(objects.subnets.map((subnet) => [subnet.name, subnet]));
  return {
    ...{ name, routes, rules },
    rifs: objects.rifs
      .filter(({ router }) => router === name)
      .map((rif) => {
        const { network, cidr, gateway } = subnets.get(rif.subnet)!;
        return {
          ...{ name: rif.name, network, mac: rif.mac },
          address: { address: rif.address, mask: cidr.mask, length: cidr.length },
          isGateway: rif.address === gateway,
        };
      }),
  };
}
