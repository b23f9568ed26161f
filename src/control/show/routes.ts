import type { RouteConfig, RouterAddress, RouteTypeName } from '../../config/config.js';
import { parseNumber, U32 } from '../../config/ipValues.js';
import { SCOPE_HOST, SCOPE_LINK } from '../../config/resolveRouting.js';
import { TABLE_LOCAL, TABLE_MAIN } from '../../config/routingConfig.js';
import { broadcastOf } from '../../config/routingModel.js';
import { routeRow } from '../../config/routingRows.js';
import { AddressKind } from '../../tables/addresses.js';
import { covers, hostOrder, maskOf, network, type Prefix, type WireIpv4 } from '../../types/ipv4.js';
import { isFault, type Parsed } from '../../types/parsed.js';
import type { RouteRow } from '../../types/showRouting.js';
import type { BuiltAddress } from '../buildAddresses.js';
import type { BuiltRif } from '../buildRifs.js';
import type { RoutingOf } from './routerScope.js';
import { rifNames } from './totals.js';

/** A table, or all of them. */
export type TableChoice = number | 'all';

export const MAIN: TableChoice = TABLE_MAIN;

const PROTO_KERNEL = 2;
const LAST_OCTET = 0xff;

interface Listed {
  readonly route: RouteConfig;
  /** In place of the name of the protocol. */
  readonly proto?: 'zone' | 'mapping';
}

/** The number or name somebody asks for; main when nothing is said. */
export function tableOf(word: string | null, names: ReadonlyMap<number, string>): Parsed<TableChoice> {
  if (word === null) return { value: MAIN };
  if (word === 'all') return { value: 'all' };
  const named = [...names].find(([, name]) => name === word)?.[0];
  const number = named === undefined ? parseNumber(word, 1, U32) : { value: named };
  if (!isFault(number)) return number;
  return { fault: `there is no table "${word.slice(0, LONGEST_ECHO)}"`, missing: true };
}

const LONGEST_ECHO = 40;

/** Routes in the order in which the kernel lists them: by tables, destinations, and as they are tried. */
export function showRoutes({ built }: { readonly built: RoutingOf }, choice: TableChoice): RouteRow[] {
  const listed: Listed[] = [
    ...built.config.routes.map((route) => ({ route })),
    ...built.rifs.flatMap(ownRoutes).map((route) => ({ route })),
    ...built.addresses.filter(({ kind }) => kind === AddressKind.Zone).map((one) => answered(one, rifNames(built).get(one.rif))),
  ];
  const tables = tableOrder(listed);
  return listed
    .filter(({ route }) => choice === 'all' || route.table === choice)
    .sort((a, b) => tables.get(a.route.table)! - tables.get(b.route.table)! || byDestination(a.route, b.route))
    .map(({ route, proto }) => {
      const row = routeRow(route, built.config.tableNames);
      const nexthops = row.nexthops.map((way, i) => ({ ...way, ...flagsOf(built, way.dev, route.nexthops[i]!.via ?? 0) }));
      return { ...row, nexthops, ...(proto === undefined ? {} : { proto }) };
    });
}

/** What is known of the link and of the gateway. */
function flagsOf({ rifs, fibStore }: RoutingOf, dev: string, gateway: number): { dead?: true; linkdown?: true } {
  const rif = rifs.find(({ config }) => config.name === dev);
  const state = rif === undefined ? undefined : fibStore.stateOf(rif.index, gateway);
  return { ...(state?.dead ? { dead: true } : {}), ...(state?.linkdown ? { linkdown: true } : {}) };
}

/** The kernel's tables are in 256 lists, by the last octet of their numbers; the newest comes first in each. */
function tableOrder(listed: readonly Listed[]): ReadonlyMap<number, number> {
  const numbers = [...new Set(listed.map(({ route }) => route.table))].reverse();
  return new Map(numbers.sort((a, b) => (a & LAST_OCTET) - (b & LAST_OCTET)).map((table, i) => [table, i]));
}

function byDestination(a: RouteConfig, b: RouteConfig): number {
  return hostOrder(a.to.address) - hostOrder(b.to.address) || b.to.length - a.to.length || b.tos - a.tos || a.metric - b.metric;
}

/** What the kernel makes of an interface's addresses. Further ones of a subnet are secondary: their source is the first one. */
function ownRoutes({ config: { name, addresses } }: BuiltRif): RouteConfig[] {
  return addresses.flatMap((own, i) => {
    const primary = addresses.slice(0, i).find((one) => one.length === own.length && covers(one, own.address));
    const made = (table: number, type: RouteTypeName, scope: number, to: Prefix): RouteConfig => {
      return ownRoute(table, type, scope, to, name, (primary ?? own).address);
    };
    const local = made(TABLE_LOCAL, 'local', SCOPE_HOST, host(own.address));
    return primary !== undefined ? [local] : [local, ...subnetRoutes(own, made)];
  });
}

function subnetRoutes(
  own: RouterAddress,
  made: (table: number, type: RouteTypeName, scope: number, to: Prefix) => RouteConfig,
): RouteConfig[] {
  if (own.length === 32) return [];
  const connected = made(TABLE_MAIN, 'unicast', SCOPE_LINK, network(own));
  return own.length === 31 ? [connected] : [connected, made(TABLE_LOCAL, 'broadcast', SCOPE_LINK, host(broadcastOf(own)))];
}

function answered({ address, rif, mapped }: BuiltAddress, device: string | undefined): Listed {
  const dev = rif < 0 ? undefined : device;
  const route = ownRoute(TABLE_LOCAL, 'local', SCOPE_HOST, host(address as WireIpv4), dev, undefined);
  return { route, proto: mapped ? 'mapping' : 'zone' };
}

function ownRoute(
  table: number,
  type: RouteTypeName,
  scope: number,
  to: Prefix,
  dev: string | undefined,
  source: WireIpv4 | undefined,
): RouteConfig {
  const nexthops = [{ via: undefined, dev, weight: 1, onlink: false }];
  const own = { tos: 0, metric: 0, mtu: undefined, realm: undefined, protocol: PROTO_KERNEL };
  return { table, to, type, scope, source, nexthops, ...own };
}

function host(address: WireIpv4): Prefix {
  return { address, mask: maskOf(32), length: 32 };
}
