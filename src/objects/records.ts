import { parseAddressRange } from '../config/addressing.js';
import { resolveRoute, resolveRule } from '../config/resolveRouting.js';
import { routeSchema } from '../config/routeSchema.js';
import type { RouteConfig, RuleConfig } from '../config/routingConfig.js';
import { routeText, ruleText } from '../config/routingText.js';
import { ruleSchema } from '../config/ruleSchema.js';
import { SYSTEM_TABLES } from '../config/tableNames.js';
import { formatIpv4, formatPrefix, parseIpv4, parsePrefix, type WireIpv4, wireOrder } from '../types/ipv4.js';
import { formatAnyPrefix, parseAnyPrefix } from '../types/ipv6.js';
import { formatMac, type Mac, parseMac } from '../types/mac.js';
import { isFault, type Parsed } from '../types/parsed.js';
import type { HostObject, LportObject, NetworkObject, RifObject, RouterObject, SubnetObject } from './model.js';

/** Objects as plain JSON, which a person can read, and back: what a store holds. Every key is written; what is not there is null. */
type Text<T> = { readonly [K in keyof T]: unknown };

/** Without its MAC, which is kept apart (dvr.md 5.6). */
export function hostRecord(host: HostObject): Omit<Text<HostObject>, 'mac'> {
  const { name, vtep, mode, physnets, draining = false, externalAddresses = [] } = host;
  return {
    ...{ name, vtep: orNull(vtep, formatIpv4), mode, physnets, draining },
    externalAddresses: externalAddresses.map(({ network, address }) => ({ network, address: formatIpv4(address) })),
  };
}

export function networkRecord({ name, type, id, physnet = null as never, ...rest }: NetworkObject): Text<NetworkObject> {
  const { mtu, unknownUnicast, arp, external = false, floatingMac = 'perHost' } = rest;
  return { name, type, id, physnet, mtu, unknownUnicast, arp, external, floatingMac };
}

export function subnetRecord({ name, network, cidr, gateway, pools, addressScope }: SubnetObject): Text<SubnetObject> {
  const ranges = pools?.map(({ low, high }) => `${formatIpv4(wireOrder(low))}-${formatIpv4(wireOrder(high))}`);
  return {
    ...{ name, network, cidr: formatPrefix(cidr), gateway: orNull(gateway, formatIpv4), pools: ranges ?? null },
    addressScope: addressScope ?? null,
  };
}

export function lportRecord(port: LportObject): Text<LportObject> {
  const { name, network, mac, addresses, host, device, portSecurity, allowedPairs, owner, adminUp } = port;
  return {
    ...{ name, network, mac: formatMac(mac), addresses: addresses.map(formatIpv4), host: host ?? null },
    device: device === undefined ? null : { ...device, netns: device.netns ?? null },
    ...{ migratingTo: port.migratingTo ?? null, migratingNetns: port.migratingNetns ?? null },
    portSecurity,
    allowedPairs: allowedPairs.map((pair) => ({ address: formatAnyPrefix(pair.prefix), mac: orNull(pair.mac, formatMac) })),
    ...{ owner, adminUp },
    ...identity(port.instance, port.project),
  };
}

/** Without its gateways, which are kept apart. */
export function routerRecord({ name, distributed, adminUp, routes, rules }: RouterObject): Omit<Text<RouterObject>, 'gateways'> {
  const { names } = SYSTEM_TABLES;
  return {
    ...{ name, distributed, adminUp },
    routes: routes.map((route) => routeText(route, names)),
    rules: rules.map((rule) => ruleText(rule, names)),
  };
}

/** Without its SNAT service, which is kept apart. */
export function rifRecord({ name, router, subnet, address, mac }: RifObject): Omit<Text<RifObject>, 'snat'> {
  return { name, router, subnet, address: formatIpv4(address), mac: formatMac(mac) };
}

type Read = Readonly<Record<string, never>>;

export function hostOf(record: unknown, mac: string | undefined): HostObject {
  const { name, vtep, mode, physnets } = record as Read;
  // Records of earlier versions have neither.
  const { draining = false, externalAddresses = [] } = record as Partial<Record<string, never>>;
  return {
    ...{ name, vtep: orUndefined(vtep, parseIpv4), mode, physnets, mac: orUndefined(mac ?? null, parseMac), draining },
    externalAddresses: (externalAddresses as Read[]).map(({ network, address }) => ({
      network: network!,
      address: sound<WireIpv4>(parseIpv4(address!)),
    })),
  };
}

export function networkOf(record: unknown): NetworkObject {
  const { name, type, id, physnet, mtu, unknownUnicast, arp, external, floatingMac } = record as Read;
  return {
    ...{ name, type, id, physnet: physnet ?? undefined, mtu, unknownUnicast, arp },
    // Records of earlier versions have neither.
    ...{ external: external ?? false, floatingMac: floatingMac ?? 'perHost' },
  };
}

export function subnetOf(record: unknown): SubnetObject {
  const { name, network, cidr, gateway, pools, addressScope } = record as Read;
  return {
    ...{ name, network, cidr: sound(parsePrefix(cidr, true)), gateway: orUndefined(gateway, parseIpv4) },
    pools: (pools as string[] | null)?.map((range) => sound(parseAddressRange(range))),
    addressScope: addressScope ?? undefined,
  };
}

export function lportOf(record: unknown): LportObject {
  const { name, network, mac, addresses, host, device, portSecurity, allowedPairs, owner, adminUp } = record as Read;
  const { kind, name: deviceName, netns } = (device ?? {}) as Read;
  const { migratingTo, migratingNetns, instance, project } = record as Read;
  return {
    ...{ name, network, mac: sound(parseMac(mac)), host: host ?? undefined, portSecurity, owner, adminUp },
    addresses: (addresses as string[]).map((address) => sound(parseIpv4(address))),
    device: device === null ? undefined : { kind, name: deviceName, netns: netns ?? undefined },
    // Records of earlier versions have neither.
    ...{ migratingTo: migratingTo ?? undefined, migratingNetns: migratingNetns ?? undefined },
    allowedPairs: (allowedPairs as Read[]).map((pair) => ({
      prefix: sound(parseAnyPrefix(pair.address!)),
      mac: orUndefined<Mac>(pair.mac!, parseMac),
    })),
    ...identity(instance, project),
  };
}

/** Keys that are there only with a value. */
export function identity(instance: string | undefined, project: string | undefined): Pick<LportObject, 'instance' | 'project'> {
  return { ...(instance === undefined ? {} : { instance }), ...(project === undefined ? {} : { project }) };
}

export function routerOf(record: unknown): RouterObject {
  const { name, distributed, adminUp, routes, rules } = record as Read;
  return {
    ...{ name, distributed, adminUp },
    routes: (routes as string[]).map((line) => resolveRoute(routeSchema.parse(line), SYSTEM_TABLES) as RouteConfig),
    rules: (rules as string[]).map((line) => resolveRule(ruleSchema.parse(line), SYSTEM_TABLES) as RuleConfig),
    gateways: [],
  };
}

export function rifOf(record: unknown): RifObject {
  const { name, router, subnet, address, mac } = record as Read;
  return { name, router, subnet, address: sound<WireIpv4>(parseIpv4(address)), mac: sound(parseMac(mac)), snat: undefined };
}

function orNull<T>(value: T | undefined, format: (value: T) => string): string | null {
  return value === undefined ? null : format(value);
}

function orUndefined<T>(text: string | null, parse: (text: string) => Parsed<T>): T | undefined {
  return text === null ? undefined : sound(parse(text));
}

/** Throws for a text that nothing of ours has written. */
function sound<T>(parsed: Parsed<T>): T {
  if (isFault(parsed)) throw new Error(parsed.fault);
  return parsed.value;
}
