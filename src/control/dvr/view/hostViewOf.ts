import { deviceOn } from '../../../objects/binding.js';
import { type Claim, standingClaims } from '../../../objects/claims.js';
import { grouped } from '../../../objects/grouped.js';
import type { LportDevice, LportObject, Objects, RifObject, RouterObject, SubnetObject } from '../../../objects/model.js';
import { maskOf, type WireIpv4 } from '../../../types/ipv4.js';
import type { Mac } from '../../../types/mac.js';
import { FloatingPlacement } from '../placement/floatingPlacement.js';
import { Placement } from '../placement/placement.js';
import { NO_SNAT_HOSTS, type SnatHosts } from '../placement/snatPlacement.js';
import { VirtualAddresses } from '../placement/virtualAddresses.js';
import { exitsOf, type WaysToExits } from './exitsOf.js';
import { NO_NUMBERS, type RememberedNumbers } from './floatingNumbers.js';
import {
  type DoorView,
  type HostView,
  type KnownAddress,
  type LportView,
  type NetworkView,
  NOTHING_REMEMBERED,
  type Remembered,
  type RouterView,
} from './hostView.js';
import { neighborsOf } from './neighborsOf.js';
import { externalAddresses, gatewaysOn, redirectsOf, routesOf, type Subnets, subnetsByName } from './redirect.js';
import { reservedOf } from './reservedOf.js';
import { servicesOf, type UniqueAddress, uniqueAddresses } from './servicesOf.js';

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
  snatHosts: SnatHosts = NO_SNAT_HOSTS,
  before: RememberedNumbers = NO_NUMBERS,
): HostView {
  const placement = new Placement(objects, snatHosts);
  const replicas = placement.routersOf(host.name, remembered.routers);
  const left = objects.lports.filter(({ name }) => remembered.relays.has(name)).map(({ network }) => network);
  const subnets = subnetsByName(objects);
  const virtual = new VirtualAddresses(objects.lports);
  const claims = standingClaims(claimed, objects.lports);
  const floating = new FloatingPlacement(objects, virtual, claims);
  const services = servicesOf(objects, host.name, snatHosts, subnets, (router) => floating.central(router));
  const { exits, ways, numbers } = exitsOf(objects, host.name, replicas, floating.on(host.name), before, subnets);
  const outside = [...services.flatMap(({ rifs }) => rifs.filter(({ role }) => role === 'outside')), ...exits];
  const served = [...services.flatMap(({ rifs }) => rifs), ...exits].map(({ network }) => network);
  const networks = new Set([...placement.networksOf(host.name, replicas), ...left, ...served]);
  const up = objects.lports.filter((port) => networks.has(port.network) && port.host !== undefined && port.adminUp);
  const macs = new Macs(objects.lports, claims);
  const unique = uniqueAddresses(objects, snatHosts).filter(({ network }) => networks.has(network));
  const known = [...knownAddresses(up, virtual, claims), ...unique.map(ofService)];
  const here = objects.lports.filter((port) => deviceOn(port, host.name) !== undefined);
  const rifs = grouped(objects.rifs, ({ router }) => router);
  const routers = objects.routers
    .filter(({ name }) => replicas.has(name))
    .map((router) => routerView(objects, router, rifs.get(router.name) ?? [], subnets, ways.get(router.name)));
  const elsewhere = grouped(
    [...up, ...unique].filter((one) => one.host !== host.name),
    ({ network }) => network,
  );
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
        const { name, type, id, physnet, mtu, external, unknownUnicast, arp } = network;
        const hosts = new Set(elsewhere.get(name)?.flatMap((one) => one.host ?? []));
        return {
          ...{ name, type, id, physnet, mtu, external: external === true },
          floodUnknown: unknownUnicast === 'flood',
          strictArp: arp === 'strict',
          presentOn: [...hosts].sort(),
        };
      }),
    lports: here.flatMap((port) => {
      const device = deviceOn(port, host.name);
      if (device === undefined) return [];
      // Until it is bound here it is where it was, for this host as for any other.
      const bound = port.host === host.name;
      const awaited = bound ? 0 : (remembered.awaited.get(port.name) ?? FIRST_MIGRATION);
      return [lportView(port, device, bound && port.adminUp ? macs.of(port) : [], awaited)];
    }),
    macs: [
      ...unique.flatMap(({ network, mac, host: at, router }) =>
        at === undefined || at === host.name ? [] : [{ network, mac, host: at, relayUntil: undefined, service: router }],
      ),
      ...up
        .filter((port) => port.host !== host.name)
        .flatMap((port) => {
          const { name, network } = port;
          const relayUntil = remembered.relays.get(name);
          return macs.of(port).map((mac) => ({ network, mac, host: port.host!, relayUntil, service: undefined }));
        }),
    ],
    known,
    reserved: reservedOf(objects, new Set([...here, ...outside].map(({ network }) => network)), unique),
    virtual: virtual.all().filter(({ network }) => networks.has(network)),
    rifMacs: rifMacsOf(objects),
    doors: doorsOf(objects, networks, subnets),
    routers,
    services,
    exits,
    numbers,
    neighbors: neighborsOf([...routers, ...services], known),
  };
}

function rifMacsOf({ routers, rifs }: Objects): Mac[] {
  const distributed = new Set(routers.flatMap((router) => (router.distributed ? [router.name] : [])));
  return rifs.filter(({ router }) => distributed.has(router)).map(({ mac }) => mac);
}

/** Of routers that are up: whether one has a replica here, or a host at all, is of no account to who asks by it. */
function doorsOf({ routers, rifs }: Objects, networks: ReadonlySet<string>, subnets: Subnets): DoorView[] {
  const up = new Set(routers.flatMap(({ name, adminUp }) => (adminUp ? [name] : [])));
  return rifs.flatMap(({ router, subnet, mac, snat }) => {
    const { network, cidr } = subnets.get(subnet)!;
    if (!networks.has(network) || !up.has(router)) return [];
    return [{ network, router, cidr, mac, macs: [mac, ...(snat === undefined ? [] : [snat.mac])] }];
  });
}

function ofService({ network, address, mac, host }: UniqueAddress): KnownAddress {
  return { network, address, mac, ...(host === undefined ? { isNowhere: true } : {}) };
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
  /** The same by port. */
  readonly #claims = new Map<string, readonly Claim[]>();

  constructor(lports: readonly LportObject[], claims: readonly Claim[]) {
    const inTime = [...claims].sort((a, b) => a.revision - b.revision);
    for (const { network, mac, port } of inTime) this.#claimed.set(keyOf(network, mac), port);
    this.#claims = grouped(inTime, ({ port }) => port);
    for (const port of lports)
      for (const mac of distinct(port)) {
        const key = keyOf(port.network, mac);
        this.#ports.set(key, (this.#ports.get(key) ?? 0) + 1);
      }
  }

  /** A port's own, those it has claimed an address with, and those of pairs that no other port has. */
  of(port: LportObject): Mac[] {
    const { name, network, mac: own, allowedPairs } = port;
    const claimed = (this.#claims.get(name) ?? []).flatMap((claim) =>
      claim.network === network && this.#claimed.get(keyOf(network, claim.mac)) === name ? [claim.mac] : [],
    );
    if (allowedPairs.length === 0 && claimed.length === 0) return [own];
    const pairs = distinct(port).filter((mac) => {
      const key = keyOf(network, mac);
      return mac.join() === own.join() || (!this.#claimed.has(key) && this.#ports.get(key) === 1);
    });
    return distinctMacs([...pairs, ...claimed]);
  }
}

function distinct({ mac, allowedPairs }: LportObject): readonly Mac[] {
  if (allowedPairs.length === 0) return [mac];
  return distinctMacs([mac, ...allowedPairs.flatMap((pair) => (pair.mac === undefined ? [] : [pair.mac]))]);
}

function distinctMacs(macs: readonly Mac[]): Mac[] {
  return [...new Map(macs.map((one) => [one.join(), one])).values()];
}

function keyOf(network: string, mac: Mac): string {
  return `${network} ${mac.join()}`;
}

function lportView(port: LportObject, device: LportDevice, macs: readonly Mac[], awaited: number): LportView {
  const { name, network, mac, addresses, portSecurity, adminUp, instance = name, project } = port;
  const own = port.addresses.map((address) => ({ mac, prefix: { address, mask: maskOf(32), length: 32 } }));
  const pairs = port.allowedPairs.map((pair) => ({ mac: pair.mac ?? mac, prefix: pair.prefix }));
  return {
    ...{ name, network, mac, addresses, macs, portSecurity, adminUp, instance, project },
    allowed: [...own, ...pairs],
    dhcpServer: port.owner === 'dhcp',
    ...{ awaited, device },
  };
}

function routerView(
  { floatingIps }: Objects,
  router: RouterObject,
  rifs: readonly RifObject[],
  subnets: ReadonlyMap<string, SubnetObject>,
  ways: WaysToExits | undefined,
): RouterView {
  const { name, rules } = router;
  const untranslated = ways?.untranslated ?? [];
  const own = untranslated.length === 0 ? [] : externalAddresses(router, floatingIps);
  const redirects = redirectsOf(router, rifs, subnets, untranslated, own);
  return {
    name,
    routes: [...routesOf(router, gatewaysOn(router, subnets)).internal, ...redirects.routes, ...(ways?.routes ?? [])],
    rules: [...rules, ...redirects.rules, ...(ways?.rules ?? [])],
    rifs: rifs.map((rif) => {
      const { network, cidr, gateway } = subnets.get(rif.subnet)!;
      return {
        ...{ name: rif.name, network, mac: rif.mac },
        address: { address: rif.address, mask: cidr.mask, length: cidr.length },
        isGateway: rif.address === gateway,
      };
    }),
  };
}
