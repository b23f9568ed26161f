import { WindroseError } from '../errors/catalog.js';
import { floatingIpOf, floatingIpRecord, gatewaysOf, gatewaysRecord, snatOf, snatRecord } from '../objects/gatewayRecords.js';
import type { FloatingIpObject, LportObject, Objects } from '../objects/model.js';
import {
  hostOf,
  hostRecord,
  lportOf,
  lportRecord,
  networkOf,
  networkRecord,
  rifOf,
  rifRecord,
  routerOf,
  routerRecord,
  subnetOf,
  subnetRecord,
} from '../objects/records.js';
import { formatIpv4, type WireIpv4 } from '../types/ipv4.js';
import { formatMac, type Mac, parseMac } from '../types/mac.js';
import { isFault } from '../types/parsed.js';
import { withGateways, withSnat } from './joined.js';
import { readKey } from './readKey.js';
import type { KeyValue, Put, Store } from './store.js';
import { recordIn, textIn } from './values.js';

/** Where objects stand in a store (dvr.md 5.6). Beside the records are keys that make something unique, or that lead to a record. */

export const HOST_MAC = 'hostmac/h/';
export const MAC_HOST = 'hostmac/m/';
/** Gateways of a router, beside its record. */
export const GATEWAYS = 'gw/';
/** SNAT services on subnets, beside the records of interfaces. */
export const SNAT = 'sg/';
export const FLOATING = 'fip/';
export const SCHEMA = 'meta/schema';
/** Of the layout of the keys (schema.ts). */
export const SCHEMA_VERSION = 2;

/** What objects are all of: keys of others, and the host MACs, which are not declared but drawn, stay. */
const OBJECTS = /^(host|net|seg|subnet|port|ip|mac|hostport|router|rif|subrif|gw|sg|fip|fipfix)\//;

export function isObjectKey(key: string): boolean {
  return OBJECTS.test(key);
}

/** Put by every transaction that changes objects, with what it changes: its revision is the newest of them, a deletion's too. */
export const CHANGED = 'meta/objects';

export function changedPut(): Put {
  return { key: CHANGED, value: JSON.stringify({ at: Date.now() }) };
}

/** The last change of the objects: its revision, and when it was made (milliseconds since 1970); undefined: there was none. */
export async function lastChange(
  store: Pick<Store, 'range'>,
): Promise<{ readonly revision: number; readonly at: number } | undefined> {
  const found = await readKey(store, CHANGED);
  if (found === undefined) return undefined;
  const { at } = recordIn(found.value);
  return typeof at === 'number' ? { revision: found.modRevision, at } : undefined;
}

/** The record of a port. */
export function keyOfPort({ network, name }: Pick<LportObject, 'network' | 'name'>): string {
  return `port/${network}/${name}`;
}

/** By which a host finds the ports that are bound to it, or are about to be. */
export function keyOfHostPort(host: string, { network, name }: Pick<LportObject, 'network' | 'name'>): string {
  return `hostport/${host}/${network}/${name}`;
}

/** The record of a floating IP. */
export function keyOfFloatingIp({ network, address }: Pick<FloatingIpObject, 'network' | 'address'>): string {
  return `${FLOATING}${network}/${formatIpv4(address)}`;
}

/** Every key that these objects are, with its value: a record, or the name that an index leads to. */
export function keysOf({ hosts, networks, subnets, lports, routers, rifs, floatingIps }: Objects): Map<string, unknown> {
  const keys = new Map<string, unknown>([[SCHEMA, SCHEMA_VERSION]]);
  const has = (network: string, { address, mac }: { readonly address: WireIpv4; readonly mac: Mac }, name: string): void => {
    keys.set(`ip/${network}/${formatIpv4(address)}`, name);
    keys.set(`mac/${network}/${formatMac(mac)}`, name);
  };
  for (const host of hosts) {
    keys.set(`host/${host.name}`, hostRecord(host));
    if (host.mac === undefined) continue;
    keys.set(`${HOST_MAC}${host.name}`, formatMac(host.mac));
    keys.set(`${MAC_HOST}${formatMac(host.mac)}`, host.name);
  }
  for (const network of networks) {
    keys.set(`net/${network.name}`, networkRecord(network));
    if (network.type !== 'local') keys.set(`seg/${network.type}/${network.physnet ?? '-'}/${network.id}`, network.name);
  }
  const networkOfSubnet = new Map(subnets.map(({ name, network }) => [name, network]));
  for (const subnet of subnets) keys.set(`subnet/${subnet.network}/${subnet.name}`, subnetRecord(subnet));
  for (const port of lports) {
    keys.set(keyOfPort(port), lportRecord(port));
    for (const address of port.addresses) keys.set(`ip/${port.network}/${formatIpv4(address)}`, port.name);
    keys.set(`mac/${port.network}/${formatMac(port.mac)}`, port.name);
    for (const host of [port.host, port.migratingTo]) if (host !== undefined) keys.set(keyOfHostPort(host, port), port.name);
  }
  for (const router of routers) {
    keys.set(`router/${router.name}`, routerRecord(router));
    if (router.gateways.length > 0) keys.set(`${GATEWAYS}${router.name}`, gatewaysRecord(router.name, router.gateways));
    for (const gateway of router.gateways) has(gateway.network, gateway, `qg-${router.name}`);
  }
  for (const rif of rifs) {
    const network = networkOfSubnet.get(rif.subnet)!;
    keys.set(`rif/${rif.router}/${rif.subnet}`, rifRecord(rif));
    keys.set(`subrif/${rif.subnet}/${rif.router}`, rif.name);
    has(network, rif, rif.name);
    if (rif.snat === undefined) continue;
    keys.set(`${SNAT}${rif.router}/${rif.subnet}`, snatRecord(rif, rif.snat));
    has(network, rif.snat, `sg-${rif.subnet}`);
  }
  for (const floating of floatingIps) {
    const { network, address, lport, fixed } = floating;
    const text = formatIpv4(address);
    keys.set(keyOfFloatingIp(floating), floatingIpRecord(floating));
    has(network, floating, text);
    if (fixed !== undefined) keys.set(`fipfix/${network}/${lport}/${formatIpv4(fixed)}`, text);
  }
  return keys;
}

/** The objects that the keys of a store are. Throws STORE_NEWER for a layout of a later version, STORE_CORRUPT for what is no object. */
export function objectsIn(items: readonly KeyValue[]): Objects {
  const macs = new Map<string, string>();
  for (const { key, value } of items) {
    if (key === SCHEMA && Number(value) > SCHEMA_VERSION)
      throw new WindroseError('STORE_NEWER', SCHEMA, `layout ${value}, this program knows ${SCHEMA_VERSION}`);
    // One that cannot be read is none: its host draws another.
    const mac = key.startsWith(HOST_MAC) ? textIn(value) : '';
    if (!isFault(parseMac(mac))) macs.set(key.slice(HOST_MAC.length), mac);
  }
  const read = <T>(prefix: string, parse: (record: unknown) => T): T[] =>
    items.flatMap(({ key, value }) => {
      if (!key.startsWith(prefix)) return [];
      try {
        return [parse(JSON.parse(value))];
      } catch (error) {
        throw new WindroseError('STORE_CORRUPT', key, (error as Error).message.split('\n')[0], error);
      }
    });
  return {
    hosts: read('host/', (record) => hostOf(record, macs.get((record as { name: string }).name))),
    networks: read('net/', networkOf),
    subnets: read('subnet/', subnetOf),
    lports: read('port/', lportOf),
    routers: withGateways(read('router/', routerOf), read(GATEWAYS, gatewaysOf)),
    rifs: withSnat(read('rif/', rifOf), read(SNAT, snatOf)),
    floatingIps: read(FLOATING, floatingIpOf),
  };
}
