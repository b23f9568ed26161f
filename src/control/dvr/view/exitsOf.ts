import type { RouteConfig, RuleConfig } from '../../../config/config.js';
import { DEFAULT_RULES, TABLE_MAIN } from '../../../config/routingConfig.js';
import { derived } from '../../../objects/derivedNames.js';
import { exitMac } from '../../../objects/exitMac.js';
import { hasExits, reaches } from '../../../objects/hostAbilities.js';
import type { FloatingIpObject, HostObject, NetworkObject, Objects, RouterObject } from '../../../objects/model.js';
import { covers, maskOf, type Prefix, type WireIpv4 } from '../../../types/ipv4.js';
import { type FloatingNumbers, type FloatingPlace, numbersOf, type RememberedNumbers } from './floatingNumbers.js';
import type { ExitPairView, ExitView, FloatingView } from './hostView.js';
import {
  defaultRoute,
  type GatewayOn,
  gatewaysOn,
  lookupRule,
  numberOf,
  routesOf,
  SCOPE_PRIORITY,
  type Subnets,
} from './redirect.js';

/** Table of a replica that leads to the exit of its first gateway's network; those of the others follow in their order (dvr.md 4.1). */
const FLOATING_TABLE = 16;

/** What leads from a router's replica to exits. */
export interface WaysToExits {
  readonly rules: readonly RuleConfig[];
  readonly routes: readonly RouteConfig[];
  /** Subnets that leave by one as they are. */
  readonly untranslated: readonly Prefix[];
}

/** A router's gateway on the network of an exit, with what of the router leaves by it. */
interface Leaving {
  readonly router: RouterObject;
  readonly table: number;
  readonly gateways: readonly GatewayOn[];
  readonly on: GatewayOn;
  readonly floating: readonly FloatingIpObject[];
  readonly untranslated: readonly Prefix[];
  readonly pair: ExitPairView;
}

/**
 * The exits of a host (dvr.md 2.7): one for each external network that it is connected to and that a router with a replica here
 * (`replicas`) leaves by. A router does that with floating IPs that this host serves (`floating`), or with subnets of the
 * network's address scope.
 */
export function exitsOf(
  objects: Objects,
  host: string,
  replicas: ReadonlySet<string>,
  floating: readonly FloatingIpObject[],
  before: RememberedNumbers,
  subnets: Subnets,
): { readonly exits: ExitView[]; readonly ways: ReadonlyMap<string, WaysToExits>; readonly numbers: FloatingNumbers } {
  const self = objects.hosts.find(({ name }) => name === host);
  if (self === undefined || !hasExits(self)) return { exits: [], ways: new Map(), numbers: numbersOf([], before) };
  const numbers = numbersOf(placesOf(floating), before, undefined, linksOf(objects, self, replicas, subnets));
  const ways = new Map<string, WaysToExits>();
  const here = objects.routers.filter(({ name }) => replicas.has(name));
  const external = new Set(here.flatMap(({ gateways }) => gateways.map(({ network }) => network)));
  const exits = objects.networks.flatMap((network) => {
    if (!external.has(network.name) || !reaches(self, network)) return [];
    const leaving = here.flatMap((router) => leavingBy(objects, router, network, floating, numbers, subnets));
    if (leaving.length === 0) return [];
    for (const one of leaving) ways.set(one.router.name, joined(ways.get(one.router.name), waysTo(one, numbers)));
    return [exitView(objects, self, network, leaving)];
  });
  return { exits, ways, numbers };
}

/** Pairs for address scopes, which need no floating IP. */
function linksOf(
  objects: Objects,
  host: HostObject,
  replicas: ReadonlySet<string>,
  subnets: Subnets,
): { readonly router: string; readonly network: string }[] {
  const networks = new Map(objects.networks.map((network) => [network.name, network]));
  return objects.routers.flatMap((router) => {
    if (!replicas.has(router.name)) return [];
    const scoped = gatewaysOn(router, subnets).filter((on) => untranslatedBy(objects, router.name, on, subnets).length > 0);
    return scoped
      .filter(({ gateway }) => reaches(host, networks.get(gateway.network)))
      .map(({ gateway }) => ({ router: router.name, network: gateway.network }));
  });
}

/** What the floating IPs of this host need numbers for. */
function placesOf(floating: readonly FloatingIpObject[]): FloatingPlace[] {
  return floating.flatMap(({ address, network, router }) => (router === undefined ? [] : [{ address, network, router }]));
}

/** Subnets of a router that are of the address scope of a gateway's: nothing is translated between them. */
function untranslatedBy(objects: Objects, router: string, { subnet: { addressScope } }: GatewayOn, subnets: Subnets): Prefix[] {
  if (addressScope === undefined) return [];
  const own = objects.rifs.filter((rif) => rif.router === router).map(({ subnet }) => subnets.get(subnet)!);
  return own.filter((subnet) => subnet.addressScope === addressScope).map(({ cidr }) => cidr);
}

function leavingBy(
  objects: Objects,
  router: RouterObject,
  { name: network }: NetworkObject,
  floating: readonly FloatingIpObject[],
  numbers: FloatingNumbers,
  subnets: Subnets,
): Leaving[] {
  const gateways = gatewaysOn(router, subnets);
  const index = gateways.findIndex(({ gateway }) => gateway.network === network);
  const pair = numbers.pair(router.name, network);
  if (index < 0 || pair === undefined) return [];
  const on = gateways[index]!;
  const own = floating.filter((one) => {
    return one.router === router.name && one.network === network && numbers.priority(network, one.address) !== undefined;
  });
  const untranslated = untranslatedBy(objects, router.name, on, subnets);
  if (own.length === 0 && untranslated.length === 0) return [];
  return [
    {
      ...{ router, table: FLOATING_TABLE + index, gateways, on, floating: own, untranslated },
      pair: {
        router: router.name,
        routerSide: { name: derived.routerSide(router.name, network, index === 0), address: half(pair.router) },
        exitSide: { name: derived.exitSide(router.name, network, index === 0), address: half(pair.exit) },
        untranslated,
      },
    },
  ];
}

/** The rules of dvr.md 4.1: `from 10.0.0.11 lookup 16`, `default via 169.254.64.1 dev rfp-r table 16`. */
function waysTo({ floating, untranslated, table, pair }: Leaving, numbers: FloatingNumbers): WaysToExits {
  return {
    rules: [
      ...floating.map(({ network, address, fixed }) => lookupRule(numbers.priority(network, address)!, single(fixed!), table)),
      ...untranslated.map((cidr) => lookupRule(SCOPE_PRIORITY, cidr, table)),
    ],
    routes: [defaultRoute(pair.exitSide.address.address, pair.routerSide.name, table)],
    untranslated,
  };
}

function joined(before: WaysToExits | undefined, more: WaysToExits): WaysToExits {
  if (before === undefined) return more;
  return {
    rules: [...before.rules, ...more.rules],
    routes: [...before.routes, ...more.routes],
    untranslated: [...before.untranslated, ...more.untranslated],
  };
}

function exitView(objects: Objects, host: HostObject, network: NetworkObject, leaving: readonly Leaving[]): ExitView {
  const dev = derived.exitRif(network.name);
  const subnets = objects.subnets.filter((subnet) => subnet.network === network.name);
  const floating = leaving.flatMap((one) => one.floating.map((ip) => floatingView(ip, one.router.name, network)));
  const own = host.externalAddresses?.find((one) => one.network === network.name)?.address;
  const within = own === undefined ? undefined : subnets.find(({ cidr }) => covers(cidr, own))?.cidr;
  const address = own === undefined ? undefined : { ...(within ?? single(own)), address: own };
  const behind = floating.filter((one) => one.own === undefined);
  const upstream = subnets.find(({ gateway }) => gateway !== undefined)?.gateway;
  return {
    ...{ name: derived.exit(network.name), network: network.name },
    rif: { name: dev, mac: exitMac(objects, network.name, host.name), address, speaksAs: (behind[0] ?? floating[0])?.address },
    subnets: subnets.map(({ cidr }) => cidr),
    pairs: leaving.map(({ pair }) => pair),
    floating,
    rules: [
      ...DEFAULT_RULES,
      { ...lookupRule(SCOPE_PRIORITY, undefined, FLOATING_TABLE), iif: 'lo' },
      ...leaving.map(({ pair: { exitSide } }) => {
        const number = numberOf(exitSide.address.address);
        return { ...lookupRule(number, undefined, number), iif: exitSide.name };
      }),
    ],
    routes: [
      ...subnets.filter(({ cidr }) => cidr !== within).map(({ cidr }) => route(cidr, undefined, dev)),
      ...leaving.flatMap(toRouter),
      ...(upstream === undefined ? [] : [defaultRoute(upstream, dev, FLOATING_TABLE)]),
      ...leaving.flatMap((one) => upstreamOf(one, dev)),
    ],
  };
}

/** `192.168.1.101 via 169.254.64.0 dev fpr-r`: what is for the router. */
function toRouter({ floating, untranslated, pair: { routerSide, exitSide } }: Leaving): RouteConfig[] {
  const inside = [...floating.map(({ address }) => single(address)), ...untranslated];
  return inside.map((to) => route(to, routerSide.address.address, exitSide.name));
}

/** Where a router's traffic goes from the exit: its gateway's upstream, and its extra routes with a next hop on that network. */
function upstreamOf({ router, gateways, on, pair }: Leaving, dev: string): RouteConfig[] {
  const table = numberOf(pair.exitSide.address.address);
  const beyond = routesOf(router, gateways).external.flatMap((one) => {
    const nexthops = one.nexthops.filter(({ via }) => via !== undefined && covers(on.subnet.cidr, via));
    return nexthops.length === 0 ? [] : [{ ...one, table, nexthops: nexthops.map((hop) => ({ ...hop, dev })) }];
  });
  const { gateway } = on.subnet;
  return [...(gateway === undefined ? [] : [defaultRoute(gateway, dev, table)]), ...beyond];
}

function floatingView(ip: FloatingIpObject, router: string, { floatingMac }: NetworkObject): FloatingView {
  const { address, fixed, mac } = ip;
  const own = floatingMac === 'perFip' ? { name: derived.floatingRif(address), mac } : undefined;
  return { address, fixed: fixed!, router, own };
}

function route(to: Prefix, via: WireIpv4 | undefined, dev: string): RouteConfig {
  // Without a next hop it is on the link, as the kernel calls it.
  const scope = via === undefined ? 253 : 0;
  return { ...defaultRoute(0 as WireIpv4, dev, TABLE_MAIN), to, scope, nexthops: [{ via, dev, weight: 1, onlink: false }] };
}

function half(address: WireIpv4): Prefix {
  return { address, mask: maskOf(31), length: 31 };
}

function single(address: WireIpv4): Prefix {
  return { address, mask: maskOf(32), length: 32 };
}
